"""The memory of duplicates: for every post id, where it stood first on its partition of `posts`.

`memory.py` decides and remembers; `buckets.py` keeps the ids in 16 to 24 bytes each; `chunks.py` knows which chunks the
changelog holds; `codec.py` is their wire form; `ids.py` says which ids pack. Knows neither Kafka nor the clock.
"""

from streams.tables.first_seen.memory import FirstSeen, reach

__all__ = ["FirstSeen", "reach"]
