"""A pipeline's rows and memory of duplicates, carried to another number of partitions.

In the new Kafka topics offsets begin at 0, so what is carried stands before all of them: rows have version -1 and no
marks, facts have the offsets -n to -1. Why that is right: docs/exactness.md, chapter 12. Called by
`agents/operations/migration.py`, which reads and writes the changelogs; which partition a key belongs to is told. Does
not know Kafka or the clock.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from streams.tables.first_seen import codec
from streams.tables.first_seen.codec import Fact
from streams.tables.first_seen.ids import LONG, SHORT, key_of, post_of
from streams.tables.hospitals import HospitalTables
from streams.tables.question_kinds import Kinds
from streams.tables.question_rows import PREFIX
from streams.tables.questions import Asked, decode_asked, encode_asked
from streams.tables.rows import Day, Head, decode_day, decode_head, encode_day, encode_head, version_of

CHUNK_FACTS = 10_000
"""Of one record: some 170 KB, and of a busy day an hour or less, so that facts expire in time."""

VERSION = -1
"""Of a moved row: below that of every record of the new `mentions`."""


# -- rows -------------------------------------------------------------------------------------------------------------


def rows(tables: HospitalTables, partitions: Iterable[int]) -> Iterator[tuple[str, bytes, bytes]]:
    """Hospital, new key and moved value of every row. `tables`: restored and complete."""
    for partition in partitions:
        for hospital, key, value in tables.every(partition):
            row = _decoded(key, value)
            if isinstance(row, Asked):
                row.moved(VERSION)
                yield hospital, key_of_moved(key), encode_asked(row.row, row.kinds)
                continue
            row.version, row.marks, row.tally_marks = VERSION, {}, {}
            if isinstance(row, Day):
                row.since, row.matured = {}, {}
            yield hospital, key, encode_head(row) if isinstance(row, Head) else encode_day(row)


def key_of_moved(key: bytes) -> bytes:
    """A row's key in the new changelog. A question row is the first of its 10 seconds there: those before it
    have ended, and their tombstones stay behind."""
    return key.partition(b".")[0] if _is_question(key) else key


def _is_question(key: bytes) -> bool:
    return key.rpartition(b"/")[2].startswith(PREFIX.encode())


def newer(value: bytes, than: bytes | None) -> bool:
    """Whether a copy of a row wins over one that is held."""
    return than is None or version_of(value) > version_of(than)


def row_difference(key: bytes, before: bytes | None, moved: bytes | None) -> int:
    """Cells of a row that are not the same in both, and what keeps the moved one from standing before all records."""
    if before is None or moved is None:
        return 1 + sum(_cells(key, before or moved or b"").values())
    old, new = _cells(key, before), _cells(key, moved)
    row = _decoded(key, moved)
    proofs: list[object] = [row.version - VERSION, row.marks]
    if not isinstance(row, Asked):
        proofs.append(row.tally_marks)
    if isinstance(row, Day):
        proofs += row.since, row.matured
    return sum(abs(old[cell] - new[cell]) for cell in old.keys() | new.keys()) + sum(map(bool, proofs))


def _decoded(key: bytes, value: bytes) -> Head | Day | Asked:
    if _is_question(key):
        return decode_asked(value, Kinds())
    return decode_head(value) if key.endswith(b"/head") else decode_day(value)


def _cells(key: bytes, value: bytes) -> Counter[tuple[str, int, str]]:
    """Everything that a row says, flat: (what, bucket, cell) -> count."""
    row = _decoded(key, value)
    cells: Counter[tuple[str, int, str]] = Counter()
    if isinstance(row, Asked):
        cells["last", 0, ""], cells["uncounted", 0, ""] = row.last_at, row.uncounted
        cells.update({("question", 0, f"{post} {question}"): 1 for post, question in row.questions.items()})
        cells.update({("answer", at, post): 1 for post, at in row.answers.items()})
        cells.update({("gone", 0, post): 1 for post in row.gone})
        return cells
    groups: dict[str, Mapping[int, Mapping[str, int]]]
    if isinstance(row, Head):
        groups = {"ever": {0: row.lifetime}, "five": row.fives, "tally": row.tally_hours}
        cells["swept", 0, ""] = row.swept
    else:
        groups = {"hour": row.hours, "cohort": row.cohorts}
    for what, buckets in groups.items():
        for bucket, counts in buckets.items():
            cells.update({(what, bucket, cell): count for cell, count in counts.items()})
    cells.update({("person", hour, str(one)): 1 for hour, people in row.people.items() for one in people})
    cells["closed", 0, ""] = row.closed
    return cells


# -- memory of duplicates ---------------------------------------------------------------------------------------------


class Remembered:
    """The facts that one new partition gets, gathered in any order: 20 or 28 bytes each."""

    def __init__(self) -> None:
        self._keys = {SHORT: bytearray(), LONG: bytearray()}
        self._offsets = {SHORT: array("q"), LONG: array("q")}
        self._seconds = {SHORT: array("q"), LONG: array("q")}
        self._odd: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """Take a fact with its old offset; again is no harm."""
        post, offset, at = fact
        if key := key_of(post):
            self._keys[len(key)] += key
            self._offsets[len(key)].append(offset)
            self._seconds[len(key)].append(at)
        else:
            self._odd.append(fact)

    def moved(self) -> list[Fact]:
        """The last fact of each post, in the order of their times, with offsets up to -1."""
        last: dict[str, tuple[int, int]] = {}
        for post, offset, at in self._facts():
            if (known := last.get(post)) is None or offset > known[1]:
                last[post] = (at, offset)
        # Of two posts of one second the id decides: every run must write the same.
        order = sorted((at, offset, post) for post, (at, offset) in last.items())
        return [(post, number - len(order), at) for number, (at, _, post) in enumerate(order)]

    def _facts(self) -> Iterator[Fact]:
        yield from self._odd
        for width, keys in self._keys.items():
            for number, (offset, at) in enumerate(zip(self._offsets[width], self._seconds[width], strict=True)):
                yield post_of(bytes(keys[number * width : (number + 1) * width])), offset, at


def chunks(moved: list[Fact]) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of the records that hold moved facts."""
    for start in range(0, len(moved), CHUNK_FACTS):
        chunk = codec.pack(moved[start : start + CHUNK_FACTS])
        yield codec.name(chunk.first, chunk.last), codec.encode(chunk)


def fact_difference(before: list[Fact], found: list[Fact]) -> int:
    """Facts that are not the same in both. `before`: as `Remembered.moved` has them; `found`: read back."""
    return len(set(before) ^ set(found)) + abs(len(before) - len(found))
