"""The write-ahead log (`wal`): what ingest has accepted, on this machine's disk until Kafka has it.

`entries.py` is a record's form on disk, `segments.py` the files and their repair, `cursor.py` how far Kafka has them,
`wal.py` the wal that the reading thread appends to and the pump takes from. Does not know Kafka, X, or what a record
says. It holds post text: folder 0700, files 0600, and what Kafka has is deleted.
"""
