"""`python -m agents.cli`: the `earshot` command of this very environment, for child processes."""

from agents.cli import main

main(prog_name="earshot")
