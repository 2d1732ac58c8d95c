"""Imports public files into a directory's folder.

Called by `earshot directory import`. `store.py` reads and writes the folder, `report.py` says what became of each row,
and one module for each kind of file knows its columns. Columns are matched by header name, never by position. If a file
would leave the directory wrong, nothing is changed.
"""
