"""The hospital tables: heads, days and windows of every hospital whose partition this worker holds.

Owns which rows a record touches, which rows changed since they were last written, which copy of a row wins, and when a
day expires. Called by the hospitals agent with records in offset order, by the changelog with restored rows, and by
whatever shows them. Any hospital that a mention names is counted; which ones are shown is the directory's. Does not
know Kafka or the clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from streams.records import Gone, ReadMention, Tally
from streams.tables.cells import Cells, add
from streams.tables.counted import Counted, Counting
from streams.tables.open_questions import Open
from streams.tables.partition_rows import HEAD, Key, PartitionRows, name_of
from streams.tables.periods import EXPIRE_DAYS, HOUR_MS, HOUR_SECONDS, HOURS_A_DAY, SLOTS_A_DAY, WINDOWS
from streams.tables.question_kinds import Kinds
from streams.tables.question_rows import PREFIX
from streams.tables.question_wire import Waiting
from streams.tables.questions import OpenMs
from streams.tables.rolling import Rolling
from streams.tables.rows import (
    Head,
    closes_before,
    decode_head,
    encode_day,
    encode_head,
    version_of,
    whole_day,
)
from streams.vocabulary import Span

_DAY_MS = 86_400_000


def _always_open(start: int, end: int) -> int:
    return end - start


class HospitalTables:
    """Rows by partition of `mentions`, which is also the partition of their changelog."""

    def __init__(self, office: Callable[[str], OpenMs | None] = lambda _: _always_open) -> None:
        """`office`: hospital id -> when its office is open, for the answer times in business hours; None: not known, so
        none are counted. It may change its answer: what a day has counted by then stays as it was."""
        self._partitions: dict[int, PartitionRows] = {}
        self._office = office
        self._kinds = Kinds()
        self._counting = Counting(self._kinds)

    def _of(self, partition: int) -> PartitionRows:
        found = self._partitions.get(partition)
        if found is None:
            found = self._partitions[partition] = PartitionRows(self._kinds)
        return found

    # -- records in ---------------------------------------------------------------------------------------------------

    def apply(self, partition: int, offset: int, record: ReadMention | Tally | Gone) -> bool:
        """Fold one record of `mentions` into its rows. False: they contain it already, or it touches none."""
        rows = self._partitions.get(partition)
        if rows is None:
            rows = self._of(partition)
        if isinstance(record, Gone):
            return rows.questions.take_back(offset, record)
        one = self._counting.of(record)
        hospital, at, hour = one.hospital, one.at, one.hour
        head = rows.heads.get(hospital)
        if head is None:
            head = rows.heads[hospital] = Head()
            head.closed = closes_before(at)
        counted = False
        if not head.contains(one):
            if (closing := head.closes(at, offset)) != head.closed:
                self._close(rows, hospital, head, closing, offset)
            if at // HOUR_MS > head.swept:
                self._mature(rows, hospital, head, at, offset)
            head.apply(offset, one)
            if not head.is_changed:
                head.is_changed = True
                rows.change(hospital)
            counted = True
        if hour >= head.closed:
            if counted and not (rows.superseded and hour in rows.superseded.get(hospital, ())):
                self._roll(rows, one)
        elif hour >= 0:
            counted = self._apply_late(rows, offset, one) or counted
        if one.slot >= 0:
            counted = self._ask(rows, offset, one) or counted
        rows.newest_at = max(rows.newest_at, at)
        return counted

    @staticmethod
    def _ask(rows: PartitionRows, offset: int, one: Counted) -> bool:
        """Take a question or an answer, unless its row ended with it: then its day has it."""
        ended = rows.ended(one.hospital, one.slot)
        return offset > ended and rows.questions.take(offset, one, (one.hospital, one.slot, ended))

    def _mature(self, rows: PartitionRows, hospital: str, head: Head, at: int, offset: int) -> None:
        """Move the counts of questions that waited their time to their days. Once an hour, by the records' own time."""
        head.swept = at // HOUR_MS
        for place, row in rows.questions.due(hospital, at):
            number = place[1] // SLOTS_A_DAY
            cells = row.cells(self._office(hospital))
            rows.day_to_change(hospital, number).mature(place[1], row.version, cells, offset)
            rows.change(hospital, number)
            rows.questions.end(place)

    def _close(self, rows: PartitionRows, hospital: str, head: Head, closing: int, offset: int) -> None:
        """Move the hours before `closing` to their days."""
        for hour in head.open_hours():
            if hour < closing:
                day = hour // HOURS_A_DAY
                rows.day_to_change(hospital, day).close(head, hour, offset)
                rows.change(hospital, day)
                head.forget(hour)
        head.closed = closing
        if ahead := rows.superseded.get(hospital):
            rows.superseded[hospital] = {hour for hour in ahead if hour >= closing}

    def _apply_late(self, rows: PartitionRows, offset: int, one: Counted) -> bool:
        """Count a record whose hour is closed in its day."""
        hospital, number = one.hospital, one.hour // HOURS_A_DAY
        day = rows.day(hospital, number)
        if day is not None and day.contains(one):
            return False
        day = rows.day_to_change(hospital, number)
        day.apply(offset, one)
        rows.change(hospital, number)
        self._roll(rows, one)
        return True

    @staticmethod
    def _roll(rows: PartitionRows, one: Counted) -> None:
        if (rolling := rows.rolling.get(one.hospital)) is not None:
            rolling.count(one.hour, one.cells, one.person)

    # -- changelog ----------------------------------------------------------------------------------------------------

    def restore(self, partition: int, key: bytes, value: bytes | None) -> None:
        """Take a row from the changelog if it is newer than the one held. A tombstone ends an expired day.

        Compaction keeps the last copy. Where an older one stands behind the newest, the row is written again.
        """
        rows = self._of(partition)
        hospital, _, row = key.decode().partition("/")
        if row == "head":
            if value is not None:
                held = rows.restored.get(hospital)
                known = version_of(held) if held is not None else rows.head_version(hospital)
                if rows.is_newer(hospital, HEAD, version_of(value), known):
                    rows.restored[hospital] = value
        elif row.startswith(PREFIX):
            rows.questions.restore(hospital, row[1:], value)
        elif row.startswith("d"):
            days, day = rows.days.setdefault(hospital, {}), int(row[1:])
            if value is None:
                days.pop(day, None)
                rows.open_days.pop((hospital, day), None)
                rows.stale.discard((hospital, day))
                rows.matured.discard((hospital, day))
            elif rows.is_newer(hospital, day, version_of(value), rows.day_version(hospital, day)):
                rows.keep(hospital, day, value)
                rows.open_days.pop((hospital, day), None)
        else:
            rows.first_rows.restore(hospital, row, value)

    def complete(self, partition: int) -> None:
        """The recovery of a partition ended: every row that Kafka has was restored."""
        rows = self._of(partition)
        for hospital, value in rows.restored.items():
            rows.heads[hospital] = decode_head(value)
        rows.restored.clear()
        self._carry_on(rows)
        for place, version in rows.questions.places():
            hospital, slot, _ = place
            if version <= rows.ended(hospital, slot):
                rows.questions.end(place)
        rows.superseded.clear()
        for hospital, head in rows.heads.items():
            ahead = {
                day * HOURS_A_DAY + hour
                for day in rows.days.get(hospital, ())
                if day >= head.closed // HOURS_A_DAY
                for hour in range(HOURS_A_DAY)
                if (found := rows.look(hospital, day)) is not None and found.is_closed(hour)
            }
            if ahead := {hour for hour in ahead if hour >= head.closed}:
                rows.superseded[hospital] = ahead
        rows.rolling.clear()
        rows.recoveries += 1

    def _carry_on(self, rows: PartitionRows) -> None:
        """Make today's rows of those of form 1. A head is the last that is written, so where one stands its days do,
        too."""
        for hospital, (head, days) in rows.first_rows.converted().items():
            if hospital in rows.heads:
                continue
            rows.heads[hospital] = head
            rows.change(hospital)
            for number, day in days.items():
                if rows.day(hospital, number) is None:
                    rows.open_days[hospital, number] = day
                    rows.change(hospital, number)
        rows.tombstones += rows.first_rows.keys()
        rows.first_rows.clear()

    def changes(self, partitions: Iterable[int]) -> dict[int, list[tuple[bytes, bytes | None]]]:
        """Rows of `partitions` changed since the last call, and tombstones of expired ones, ready for the changelog.

        Days before heads: an hour that left its head is in its day, whatever part of the list becomes durable.
        """
        changes: dict[int, list[tuple[bytes, bytes | None]]] = {}
        for partition in partitions:
            if (rows := self._partitions.get(partition)) is None:
                continue
            rows.changed |= rows.stale
            rows.stale.clear()
            records: list[tuple[bytes, bytes | None]] = []
            for key in sorted(rows.changed, reverse=True):
                hospital, day = key
                if day != HEAD:
                    if (changed := rows.open_days.pop(key, None)) is not None:
                        rows.keep(hospital, day, value := encode_day(changed))
                        records.append((name_of(key), value))
                    elif (kept := rows.days.get(hospital, {}).get(day)) is not None:  # else a tombstone ended it
                        records.append((name_of(key), whole_day(kept)))
            records += rows.questions.changes()
            for key in sorted(rows.changed):
                if key[1] == HEAD:
                    head = rows.heads[key[0]]
                    head.is_changed = False
                    records.append((name_of(key), encode_head(head)))
            rows.changed.clear()
            records += rows.questions.tombstones()
            records += [(key, None) for key in self._expired(rows)]
            if records:
                changes[partition] = records
        return changes

    def _expired(self, rows: PartitionRows) -> Iterator[bytes]:
        yield from rows.tombstones
        rows.tombstones.clear()
        first = rows.newest_at // _DAY_MS - EXPIRE_DAYS
        if first <= rows.swept:
            return
        rows.swept = first
        for hospital, days in rows.days.items():
            for day in [day for day in days if day < first]:
                del days[day]
                rows.matured.discard((hospital, day))
                yield name_of((hospital, day))

    def stands(self, partition: int, key: bytes, value: bytes | None) -> None:
        """A copy that came to the changelog behind the recovery. An older one than the row held is written over."""
        hospital, _, row = key.decode().partition("/")
        if (rows := self._partitions.get(partition)) is None or value is None:
            return
        if row == "head":
            rows.is_newer(hospital, HEAD, version_of(value), rows.head_version(hospital))
        elif row.startswith("d"):
            rows.is_newer(hospital, int(row[1:]), version_of(value), rows.day_version(hospital, int(row[1:])))
        elif row.startswith(PREFIX):
            rows.questions.stands(hospital, row[1:], version_of(value))

    def every(self, partition: int) -> Iterator[tuple[str, bytes, bytes]]:
        """Hospital, key and wire form of every row of a partition: for a pipeline that moves."""
        for key, packed in self._days_and_heads(self._of(partition)):
            yield key[0], name_of(key), packed
        yield from self._of(partition).questions.every()

    @staticmethod
    def _days_and_heads(rows: PartitionRows) -> Iterator[tuple[Key, bytes]]:
        for hospital, days in rows.days.items():
            for day, packed in days.items():
                if (hospital, day) not in rows.open_days:
                    yield (hospital, day), whole_day(packed)
        for key, changed in rows.open_days.items():
            yield key, encode_day(changed)
        for hospital, head in rows.heads.items():
            yield (hospital, HEAD), encode_head(head)

    def drop(self, partition: int) -> None:
        """Forget a partition that another worker holds now."""
        self._partitions.pop(partition, None)

    # -- reading ------------------------------------------------------------------------------------------------------

    def lifetime(self, partition: int, hospital: str) -> Cells:
        """A hospital's cells over its lifetime; none where nothing was counted yet. To be read, not kept."""
        rows = self._partitions.get(partition)
        head = rows.heads.get(hospital) if rows is not None else None
        return head.lifetime if head is not None else {}

    def window(self, partition: int, hospital: str, span: Span, now: float) -> Cells:
        """A hospital's cells in the window that ends at `now` (seconds since the epoch). `1h` is known for the last two
        hours, the others for 28 days. To be read, not kept."""
        rows = self._partitions.get(partition)
        if rows is None or hospital not in rows.heads:
            return {}
        if span == "1h":
            window, sums = WINDOWS[span], dict[str, int]()
            fives = rows.heads[hospital].fives
            for five in range(window.first(now), window.last(now) + 1):
                for cell, count in fives.get(five, {}).items():
                    sums[cell] = sums.get(cell, 0) + count
            return sums
        return self._rolling(rows, hospital, now).sums(span)

    def people(self, partition: int, hospital: str, span: Span, now: float) -> tuple[int, int]:
        """Estimates of the different authors in a window of hours: all, and local ones."""
        rows = self._partitions.get(partition)
        if rows is None or hospital not in rows.heads:
            return 0, 0
        return self._rolling(rows, hospital, now).people(span)

    def hour_shown(self, partition: int, hospital: str) -> int | None:
        """The last hour (since the epoch) of its windows of hours, as they are kept; None before they were asked for
        once. To ask for another hour costs milliseconds."""
        rows = self._partitions.get(partition)
        rolling = rows.rolling.get(hospital) if rows is not None else None
        return rolling.end if rolling is not None else None

    def _rolling(self, rows: PartitionRows, hospital: str, now: float) -> Rolling:
        """The hospital's windows at a moment. Those of the newest moment asked for are kept."""
        hour = int(now // HOUR_SECONDS)
        rolling = rows.rolling.get(hospital)
        if rolling is not None and hour >= rolling.end:
            if hour > rolling.end:
                rolling.advance(hour)
            return rolling
        made = Rolling(
            hour, lambda hour: self._hour(rows, hospital, hour), lambda hour: self._people(rows, hospital, hour)
        )
        if rolling is None:
            rows.rolling[hospital] = made
        return made

    @staticmethod
    def _hour(rows: PartitionRows, hospital: str, hour: int) -> Mapping[str, int]:
        head, day = rows.heads[hospital], rows.look(hospital, hour // HOURS_A_DAY)
        hour_of_day = hour % HOURS_A_DAY
        closed = day.cells_at(hour_of_day) if day is not None else {}
        if hour < head.closed or (day is not None and day.is_closed(hour_of_day)):
            return closed
        cells = head.hour_cells(hour)
        add(cells, closed)  # of a day that is ahead of a restored head
        return cells

    @staticmethod
    def _people(rows: PartitionRows, hospital: str, hour: int) -> Iterable[int]:
        head, day = rows.heads[hospital], rows.look(hospital, hour // HOURS_A_DAY)
        hour_of_day = hour % HOURS_A_DAY
        closed = day.people_at(hour_of_day) if day is not None else ()
        if hour < head.closed or (day is not None and day.is_closed(hour_of_day)):
            return closed
        return head.people.get(hour, set()).union(closed)

    def hourly(self, partition: int, hospital: str, first: int, last: int) -> Iterator[tuple[int, Cells]]:
        """(hour, cells) of every hour from `first` to `last` that has any, oldest first."""
        rows = self._partitions.get(partition)
        if rows is None or hospital not in rows.heads:
            return
        for hour in range(first, last + 1):
            if cells := self._hour(rows, hospital, hour):
                yield hour, cells

    def waiting(self, partition: int, hospital: str, now: float) -> list[Waiting]:
        """Questions put to a hospital that wait for an answer at `now` (seconds since the epoch), in no order."""
        rows = self._partitions.get(partition)
        if rows is None:
            return []
        return list(rows.questions.waiting(hospital, now))

    def open(self, partition: int, hospital: str, now: float) -> dict[str, Open]:
        """How many wait, and since when: by intent, and `EVERY` and `URGENT` (`question_counts.py`). Costs what changed
        since the last look."""
        rows = self._partitions.get(partition)
        return rows.questions.open(hospital, now) if rows is not None else {}

    def cohort(self, partition: int, hospital: str, first: int, last: int) -> Cells:
        """Counts of the questions asked in the hours from `first` to `last` (since the epoch): `q/asked`,
        `q/within/1h` (answered in over 30 minutes and up to an hour), the same by intent and nearness, and
        `q/business/1h`."""
        sums: dict[str, int] = {}
        for _, cells in self.hourly_cohorts(partition, hospital, first, last):
            add(sums, cells)
        return sums

    def hourly_cohorts(self, partition: int, hospital: str, first: int, last: int) -> Iterator[tuple[int, Cells]]:
        """The same by the hour in which they were asked; an hour may come several times. To be read, not kept."""
        if (rows := self._partitions.get(partition)) is None:
            return
        for number in range(first // HOURS_A_DAY, last // HOURS_A_DAY + 1):
            if (day := rows.look(hospital, number)) is not None:
                for hour_of_day, cells in day.cohorts.items():
                    if first <= (hour := number * HOURS_A_DAY + hour_of_day) <= last:
                        yield hour, cells
        for hour, cells in rows.questions.cells(hospital, self._office(hospital)):
            if first <= hour <= last:
                yield hour, cells

    def version(self, partition: int, hospital: str) -> tuple[int, int, int]:
        """Another value whenever something was counted for a hospital, or its rows were read anew."""
        if (rows := self._partitions.get(partition)) is None:
            return (-1, -1, -1)
        return rows.recoveries, rows.head_version(hospital), rows.questions.moves(hospital)

    def hospitals(self, partition: int) -> Iterable[str]:
        """Ids of the hospitals that were counted in a partition."""
        rows = self._partitions.get(partition)
        return rows.heads.keys() if rows is not None else ()
