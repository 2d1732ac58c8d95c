"""Bluesky as a live source, by its Jetstream: every post there is, matched here.

`stream.py` holds one connection, `outcome.py` says how it ended and how long to wait, `cursor.py` keeps how far the wal
has the stream, `intake.py` makes records of an event, `memory.py` knows which posts were accepted so that their end can
be passed on, `source.py` is all of it. Does not know what a post says, nor whether the Jetstream is the real one.
"""
