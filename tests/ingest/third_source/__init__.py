"""A pretended third source, which shows what a further one touches; see `test_third_source.py`."""
