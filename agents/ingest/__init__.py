"""From live sources to records on Kafka.

Each live source has a room of its own and is a `source.py`; `records.py` is what leaves one. `wal/` keeps it on the
disk, `pump.py` and `publisher.py` bring it to Kafka, `service.py` runs them all. Does not know what a post says.
"""
