"""Public files into a directory's folder: the importers behind `earshot directory import`.

`store.py` reads and writes the folder, `report.py` says what became of each row, one module per kind of file knows
its columns. Rows are matched by header name, never by position; a file that would leave the directory wrong changes
nothing.
"""
