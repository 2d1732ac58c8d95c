"""The hospital tables: lifetime and hour rows of every hospital whose partition this worker holds.

Owns which rows a record touches, which rows changed since they were last written, which copy of a row wins, and when
an hour expires. Called by the hospitals agent with records in offset order, by the changelog with restored rows, and
by the metrics collector, which reads. Does not know Kafka or the clock.
"""

from collections.abc import Iterable, Iterator

from streams.records import Mention, Tally
from streams.tables.rows import (
    Row,
    decode_row,
    encode_row,
    fold_mention,
    fold_tally,
    hour_key,
    hour_of,
    lifetime_key,
    service_lines,
)
from streams.vocabulary import LONGEST_WINDOW_DAYS

KEEP_HOURS = LONGEST_WINDOW_DAYS * 24

EXPIRE_HOURS = KEEP_HOURS + 48
"""An hour row goes this long after its hour. No post can still be replayed into it by then: `posts` is kept 24 h (its
segments an hour more), and `reading` gives no hour to a post that is older than `KEEP_HOURS` when Kafka takes it."""

HOUR_MS = 3_600_000


class HospitalTables:
    """Rows by partition of `mentions`, which is also the partition of their changelog."""

    def __init__(self, hospitals: Iterable[str]) -> None:
        self._lifetime = {hospital: lifetime_key(hospital) for hospital in hospitals}
        self._rows: dict[int, dict[str, Row]] = {}
        self._changed: dict[int, set[str]] = {}
        self._newest_hour: dict[int, int] = {}
        self._swept: dict[int, int] = {}

    # -- records in ---------------------------------------------------------------------------------------------------

    def apply(self, partition: int, offset: int, record: Mention | Tally) -> bool | None:
        """Fold one record of `mentions` into its rows.

        True: it counted. False: the rows contain it already. None: its hospital is not in the directory.
        """
        key = self._lifetime.get(record.hospital)
        if key is None:
            return None
        if isinstance(record, Tally):
            key = service_lines(key)
        counted = self._fold(partition, key, offset, record)
        if record.hour >= 0:
            key = hour_key(record.hospital, record.hour)
            if isinstance(record, Tally):
                key = service_lines(key)
            counted = self._fold(partition, key, offset, record) or counted
        now = record.at // HOUR_MS
        if now > self._newest_hour.get(partition, 0):
            self._newest_hour[partition] = now
        return counted

    def _fold(self, partition: int, key: str, offset: int, record: Mention | Tally) -> bool:
        rows = self._rows.setdefault(partition, {})
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row()
        applied = fold_tally(row, offset, record) if isinstance(record, Tally) else fold_mention(row, offset, record)
        if applied:
            self._changed.setdefault(partition, set()).add(key)
        return applied

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take a row from the changelog if it is newer than the one held. A tombstone ends an expired hour."""
        name = key.decode()
        rows = self._rows.setdefault(partition, {})
        if value is None:
            rows.pop(name, None)
            return
        row = decode_row(value)
        held = rows.get(name)
        if held is None or row.version > held.version:
            rows[name] = row

    def changes(self, partitions: Iterable[int]) -> dict[int, list[tuple[bytes, bytes | None]]]:
        """Rows of `partitions` changed since the last call, and tombstones of expired ones, ready for the changelog."""
        changes: dict[int, list[tuple[bytes, bytes | None]]] = {}
        for partition in partitions:
            rows = self._rows.get(partition, {})
            records: list[tuple[bytes, bytes | None]] = [
                (key.encode(), encode_row(rows[key])) for key in sorted(self._changed.pop(partition, ()))
            ]
            for key in self._expired(partition):
                del rows[key]
                records.append((key.encode(), None))
            if records:
                changes[partition] = records
        return changes

    def _expired(self, partition: int) -> list[str]:
        horizon = self._newest_hour.get(partition, 0) - EXPIRE_HOURS
        if horizon <= self._swept.get(partition, 0):
            return []
        self._swept[partition] = horizon
        return [key for key in self._rows.get(partition, {}) if 0 <= hour_of(key) < horizon]

    def touch(self, partition: int) -> None:
        """Have every row of a partition written once more at the next commit."""
        self._changed.setdefault(partition, set()).update(self._rows.get(partition, ()))

    def drop(self, partition: int) -> None:
        """Forget a partition that another worker holds now."""
        for kept in (self._rows, self._changed, self._newest_hour, self._swept):
            kept.pop(partition, None)

    # -- reading ------------------------------------------------------------------------------------------------------

    def rows(self, partitions: Iterable[int]) -> Iterator[tuple[str, Row]]:
        """Every row of these partitions, with its key."""
        for partition in partitions:
            yield from self._rows.get(partition, {}).items()

    def lifetime(self, partition: int, hospital: str) -> tuple[Row, Row]:
        """A hospital's lifetime row and its service-line row; empty ones where nothing was counted yet."""
        rows = self._rows.get(partition, {})
        key = lifetime_key(hospital)
        return rows.get(key, _NOTHING), rows.get(service_lines(key), _NOTHING)


_NOTHING = Row()
