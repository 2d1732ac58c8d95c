"""Bluesky as a live source, by its Jetstream: it sends every post there is, and ingest chooses its own.

`descriptor.py` is what the rest of Earshot sees of it. `source.py` puts the parts together. `stream.py` holds one
connection, `outcome.py` says how it ended and how long to wait. `cursor.py` keeps how far the wal has the stream.
`intake.py` makes records of an event, `memory.py` remembers accepted posts so that their end can be passed on.
`check.py` is what the doctor asks. Does not know what a post says, nor whether the Jetstream is the real one.
"""
