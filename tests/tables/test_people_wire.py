"""The authors of an hour come back from either form; a day that is over says the same, and travels as it was."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.tables.hospitals import HospitalTables
from streams.tables.people_wire import LEAST, pack_people, shrunk, unpack_people
from streams.tables.periods import HOUR_MS
from streams.tables.rows import kept_day, whole_day
from streams.tables.sketch import entry_of
from tests.hospital_records import AT, HOUR, mention

people = st.sets(st.integers(0, (1 << 21) - 1), max_size=400) | st.sets(st.integers(0, 300), max_size=300)


@given(people)
def test_authors_come_back_from_either_form(met: set[int]) -> None:
    packed = pack_people(met)
    small = shrunk(packed)
    assert unpack_people(packed) == unpack_people(small) == sorted(met)
    assert shrunk(small) == small
    assert (small == packed) == (len(met) < LEAST)


def test_thousands_of_authors_take_a_byte_each() -> None:
    drawn = Random(1)  # noqa: S311
    met = {entry_of(drawn.getrandbits(64)) << 1 | drawn.randrange(2) for _ in range(3500)}
    assert len(shrunk(pack_people(met))) < 1.1 * len(met)


def test_a_day_that_is_over_is_kept_smaller_and_says_the_same() -> None:
    tables, drawn, begin = HospitalTables(), Random(1), HOUR // 24 * 24  # noqa: S311
    number = 0
    for hour in range(30):
        for _ in range(100):
            at = AT + (begin + hour - HOUR) * HOUR_MS
            person = entry_of(drawn.getrandbits(64))
            tables.apply(0, number, mention(number, at=at, hour=begin + hour, written=at // 1000, person=person))
            number += 1
        if hour == 24:
            before = tables.people(0, "350070", "24h", (begin + 24) * 3600)
    value = dict(tables.changes([0])[0])[b"350070/d%d" % (begin // 24)]
    assert value is not None
    kept, _ = kept_day(value)
    assert len(kept) < 0.7 * len(value)
    assert whole_day(kept) == value
    assert {key: row for _, key, row in tables.every(0)}[b"350070/d%d" % (begin // 24)] == value
    assert tables.people(0, "350070", "24h", (begin + 24) * 3600) == before
    again = HospitalTables()
    for _, key, row in tables.every(0):
        again.restore(0, key, row)
    again.complete(0)
    assert again.people(0, "350070", "24h", (begin + 24) * 3600) == before
