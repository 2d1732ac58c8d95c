"""What ingest listens for, said once for every source.

`model.py` is the wanted rules: the directory's accounts and the communities that `files.py` reads. `matcher.py` finds
the posts that they want where a source sends every post; X's own folder writes them as its stream rules. `watch.py`
notices an edit. Knows no connection and no wal.
"""
