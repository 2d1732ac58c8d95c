"""The hospital directory: which hospitals Earshot listens for, where each is, its handles, and its planners' lists.

Called by `agents/ingest/rules/model.py` (which accounts to listen to) and `streams/reading/reader.py` (whom a post is
tied to), at start and after an edit. `hospital.py` defines a hospital, `files.py` what may stand in the folder's CSV
files; docs/directory.md says where each file comes from. Knows no post and watches no file: a directory never changes,
an edit makes another.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

from streams.directory import files
from streams.directory.files import COLUMNS, Crosswalk, WrongRowsError
from streams.directory.hospital import Accounts, Goal, Handle, Hospital, Kind, Ownership, Role
from streams.errors import UserError
from streams.vocabulary import NETWORKS

__all__ = [
    "Accounts", "Directory", "DirectoryError", "Goal", "Handle", "Hospital", "Kind", "Ownership", "Role",
    "WrongRowsError", "load", "parse", "shipped", "texts_of",
]  # fmt: skip


class DirectoryError(UserError):
    """The directory cannot be used. One line: the folder, and each bad row's file, line and reason."""

    def __init__(self, what: str, reasons: tuple[str, ...] = ()) -> None:
        """`reasons`: one for each bad row; empty if the fault lies in no row."""
        super().__init__(f"{what}: {'; '.join(reasons)}" if reasons else what)
        self.reasons = reasons or (what,)


class Directory:
    """All hospitals, by id and by account."""

    def __init__(self, hospitals: tuple[Hospital, ...], crosswalk: Crosswalk | None = None) -> None:
        """`crosswalk`: ZIP -> (HSA, HRR) where the directory has its own."""
        self.hospitals = hospitals
        self.by_id: Mapping[str, Hospital] = MappingProxyType({hospital.id: hospital for hospital in hospitals})
        self.accounts: Mapping[str, Mapping[str, tuple[Hospital, ...]]] = MappingProxyType(
            {
                network: _owners((handle, one) for one in hospitals for handle in one.accounts[network])
                for network in NETWORKS
            }
        )
        """Network -> account (lower case, without @) -> its hospitals. Ignores dates: people who wrote to a former
        account wrote to the hospital."""
        self.crosswalk: Crosswalk = MappingProxyType(dict(crosswalk or {}))

    def shown(self, most: int) -> frozenset[str]:
        """Ids of the hospitals that get series of their own on /metrics, at most so many: those with an account first,
        for nothing is heard of the others; then in the directory's order. The same in every worker."""
        first = sorted(self.hospitals, key=lambda one: not one.accounts.every)
        return frozenset(one.id for one in first[:most])


def load(folder: str = "") -> Directory:
    """The directory in a folder of CSV files, or the one that ships with Earshot. Raises `DirectoryError`, which names
    every bad row."""
    try:
        return parse(texts_of(Path(folder) if folder else shipped()))
    except WrongRowsError as error:
        raise DirectoryError(folder or "the shipped directory", error.reasons) from None


def shipped() -> Traversable:
    """The folder of the directory that ships with Earshot."""
    return resources.files(__name__) / "data"


def texts_of(folder: Traversable) -> dict[str, str]:
    """The texts of a directory's files, by name. Raises `DirectoryError` for a file that cannot be read."""
    found = {}
    for name in COLUMNS:
        file = folder / name
        try:
            if file.is_file():
                found[name] = file.read_text(encoding="utf-8")
        except OSError as error:
            raise DirectoryError(f"{file} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise DirectoryError(f"{file} is not UTF-8: save it as CSV, UTF-8") from None
    if files.HOSPITALS not in found:
        raise DirectoryError(
            f"{folder} has no {files.HOSPITALS}; EARSHOT_DIRECTORY_FOLDER names the folder, `earshot directory import` "
            "makes one"
        )
    return found


def parse(texts: Mapping[str, str]) -> Directory:
    """The directory in the texts of its files. Raises `WrongRowsError` with every bad row."""
    return Directory(*files.parse(texts))


def _owners(accounts: Iterable[tuple[Handle, Hospital]]) -> Mapping[str, tuple[Hospital, ...]]:
    found: dict[str, tuple[Hospital, ...]] = {}
    for handle, hospital in accounts:
        found[handle.handle] = (*found.get(handle.handle, ()), hospital)
    return MappingProxyType(found)
