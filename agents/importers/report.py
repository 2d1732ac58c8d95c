"""What an import did, row by row.

Made by the importers, such as `cms.py`; shown by `earshot directory import`.
"""

from typing import Literal

import msgspec

Kind = Literal["cms", "hifld", "dartmouth", "service-area", "handles", "goals"]


class Noted(msgspec.Struct, frozen=True):
    """A row that was not taken, and why."""

    line: int
    reason: str


class Report(msgspec.Struct):
    """Counts of one import. Rows read are those added, changed, unchanged, left out, unmatched and rejected;
    but of a service area file, where many rows make one list, added and the like are of the lists."""

    kind: Kind
    file: str = ""
    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    left_out: int = 0
    """Good rows that are not wanted: of another state or a hospital not in the directory, closed, suppressed, or in
    `duplicates`."""
    duplicates: list[Noted] = []
    """Of those left out: further rows of a hospital that has a better one."""
    removed: int = 0
    """Rows of the folder that a file which replaces them no longer has."""
    vanished: list[str] = []
    """Hospitals of the folder that the file no longer has, in the states that it covers: id and name. They stay."""
    unmatched: list[Noted] = []
    """Good rows that belong to no hospital of the directory for certain, by name."""
    rejected: list[Noted] = []
    government: list[str] = []
    """Ids of government-owned hospitals among what was added or changed."""

    def reject(self, line: int, reason: str) -> None:
        """Note a row that was not taken."""
        self.rejected.append(Noted(line, reason))

    def note(self, before: dict[str, str] | None, after: dict[str, str]) -> None:
        """Count a row that was taken."""
        if before is None:
            self.added += 1
        elif before == after:
            self.unchanged += 1
        else:
            self.changed += 1
