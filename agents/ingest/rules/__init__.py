"""What is listened for, said once for every source.

`model.py` is the wanted rules: the directory's accounts and the communities that `files.py` reads. `x.py` compiles them
to X's stream rules and search queries, `local.py` matches a post by them where a source sends everything. `watch.py`
notices an edit. Knows no connection and no wal.
"""
