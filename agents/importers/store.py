"""A directory's folder as rows: read, changed in memory, checked as a whole, written file by file.

Called by the importers, such as `import_run.py`, and by `earshot directory`. Keeps columns that Earshot does not know.
Each import changes one file and replaces it atomically.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from streams import directory
from streams.atomic_file import replace_file
from streams.directory import Directory, DirectoryError, WrongRowsError
from streams.directory.files import COLUMNS, HOSPITALS, rows

Rows = dict[tuple[str, ...], dict[str, str]]
"""Rows by key."""

KEYS: dict[str, tuple[str, ...]] = {
    HOSPITALS: ("id",),
    "handles.csv": ("id", "network", "handle"),
    "goals.csv": ("id", "goal"),
    "service_areas.csv": ("id", "zip"),
    "markets.csv": ("zip",),
}


class Store:
    """One folder."""

    def __init__(self, folder: Path) -> None:
        """A folder that is not there yet is an empty one. Raises `DirectoryError` for a folder that is wrong
        already."""
        self.folder = folder
        self._texts = directory.texts_of(folder) if (folder / HOSPITALS).exists() else {}
        if self._texts:
            directory.load(str(folder))

    def rows(self, name: str) -> Rows:
        """The rows of one file, in order; none if it is not there."""
        if name not in self._texts:
            return {}
        return {tuple(row.values[part] for part in KEYS[name]): row.values for row in rows(name, self._texts[name])}

    def checked(self, name: str, changed: Rows) -> tuple[str, Directory]:
        """The text of a file with these rows, and the directory with it. Raises `DirectoryError` if that is wrong."""
        text = written(COLUMNS[name], changed.values())
        try:
            return text, directory.parse({**self._texts, name: text})
        except WrongRowsError as error:
            raise DirectoryError("nothing is written, since the directory would be wrong", error.reasons) from None

    def write(self, name: str, text: str) -> None:
        """Replace one file, all at once. Raises `DirectoryError`."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            replace_file(self.folder / name, text.encode(), sync=True)
        except OSError as error:
            raise DirectoryError(f"{self.folder / name} cannot be written: {error.strerror}") from None
        self._texts[name] = text


def written(columns: Iterable[str], found: Iterable[Mapping[str, str]]) -> str:
    """Rows as CSV: the known columns first, then those that only the rows have."""
    found = list(found)
    header = list(dict.fromkeys([*columns, *(column for row in found for column in row)]))
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()
