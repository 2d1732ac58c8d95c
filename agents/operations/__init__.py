"""What operators do by command: examine the installation, list posts that need a person, retry dead letters.

Reads and reports; the pipeline runs without it.
"""
