"""The write-ahead log (`wal`): what ingest has accepted, on this machine's disk until Kafka has it.

`entries.py` is a record's form on disk, `segments.py` the files and their repair, `cursor.py` how far Kafka has them.
Sources append to `wal.py`, the pump takes from it; `room.py` waits for room in it. Does not know Kafka, X, or what a
record says. The wal holds post text: folder 0700, files 0600; it deletes what Kafka has.
"""
