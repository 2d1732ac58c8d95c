"""From live sources to records on Kafka.

Each live source is a folder with a descriptor; `source.py` says what a descriptor has, `sources.py` lists them.
`records.py` is what leaves a source. `wal/` keeps it on the disk, `pump.py` and `publisher.py` bring it to Kafka,
`service.py` runs them all. Does not know what a post says.
"""
