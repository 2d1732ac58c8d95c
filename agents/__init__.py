"""What acts: ingest, the Faust agents, the simulated X and the `earshot` command."""
