"""Imports files in the directory's own form: handles, goals and service areas, as the hospital's people keep them in a
spreadsheet.

Called by `import_run.py`. A row replaces the one of the same hospital and account, or hospital and goal. Rows are
checked one by one, so that a wrong row keeps no other out; `store.py` checks between rows.
"""

from collections.abc import Iterable

from agents.importers.report import Report
from agents.importers.store import KEYS, Rows
from agents.importers.table_file import Line
from streams.directory import files
from streams.directory.files import COLUMNS

OPTIONAL = ("valid_from", "valid_to")


def layouts(name: str) -> dict[str, tuple[str, ...]]:
    """Which columns are read."""
    return {column: (column,) for column in COLUMNS[name]}


def merge(name: str, rows: Rows, hospitals: Rows, lines: Iterable[Line], report: Report) -> Rows:
    """The rows of one of the folder's files with those of the file."""
    merged = dict(rows)
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        report.read += 1
        row = {column: line.values.get(column, "") for column in COLUMNS[name]}
        if name == files.HANDLES:
            row["handle"] = row["handle"].removeprefix("@")
        key = tuple(row[part] for part in KEYS[name])
        try:
            files.check_row(name, row)
            if (row["id"],) not in hospitals:
                raise ValueError(f"{row['id']} is not in {files.HOSPITALS}")
            if key in seen:
                raise ValueError(f"it stands on line {seen[key]} already")
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        seen[key] = line.number
        report.note(rows.get(key), row)
        merged[key] = row
    return merged
