"""What a worker holds of its hospitals: tables, partitions, what the directory knows, surges judged.

Called by the parts of this room that make answers. Owns nothing of it: asks the worker's parts anew at each question.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from streams.directory.search import Named
from streams.figures.about import About, Names
from streams.figures.surges import Judged
from streams.tables.hospitals import HospitalTables


class Directory(msgspec.Struct, frozen=True):
    """The hospitals as one edit of the directory has them."""

    abouts: Mapping[str, About]
    partition_of: Mapping[str, int]
    """Hospital id -> its partition of `mentions`."""
    named: tuple[Named, ...]
    """What each is called."""


class Holdings:
    """One worker's."""

    def __init__(
        self,
        tables: HospitalTables,
        names: Names,
        directory: Callable[[], Directory],
        held: Callable[[], Iterable[int]],
        judged: Callable[[str], Judged | None],
    ) -> None:
        """`held`: partitions of `mentions` whose tables are complete and ours; `judged`: of a hospital id."""
        self.tables = tables
        self.names = names
        self._directory = directory
        self._held = held
        self.judged = judged

    @property
    def directory(self) -> Directory:
        """As it is now."""
        return self._directory()

    def held(self) -> frozenset[int]:
        """Partitions that are ours, now."""
        return frozenset(self._held())

    def ours(self) -> dict[str, int]:
        """The directory's hospitals that this worker holds, with their partitions."""
        held = self.held()
        return {hospital: number for hospital, number in self.directory.partition_of.items() if number in held}

    def of_partition(self, partition: int) -> Iterator[str]:
        """The directory's hospitals of a partition."""
        return (hospital for hospital, number in self.directory.partition_of.items() if number == partition)

    def about(self, hospital: str) -> About:
        """What the directory knows of one of its hospitals."""
        return self.directory.abouts[hospital]

    def version(self, hospital: str) -> object:
        """Another value whenever something was counted for the hospital, or its surges were judged."""
        partition = self.directory.partition_of[hospital]
        judged = self.judged(hospital)
        return self.tables.version(partition, hospital), judged.hour if judged is not None else None
