"""What is kept apart until somebody reads: counted, slid and read in any order, sums and rows are those of plain
counting."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.tables.cells import CellSet
from streams.tables.hospitals import HospitalTables
from streams.tables.rolling import HOURLY, MOST_KEPT, Rolling
from streams.vocabulary import SPANS
from tests.hospital_records import AT, HOSPITALS, HOUR, Step, log_of, mention, steps, written

SETS = [CellSet(cells, False, -1) for cells in (["posts"], ["posts", "tier/local"], ["own"])]

Act = tuple[str, int, int, int]
"""What, how many hours ago or ahead, which cells, whose."""
acts = st.lists(
    st.tuples(
        st.sampled_from(("count", "count", "count", "slide", "sums", "people")),
        st.sampled_from((0, 0, 1, 2, 23, 24, 25, 30, 167, 168, 671, 672, 700, -1, -2, -30)),
        st.integers(0, len(SETS) - 1),
        st.integers(-1, 250),
    ),
    max_size=120,
)


@given(acts)
@settings(max_examples=300, deadline=None)
def test_windows_counted_slid_and_read_in_any_order_are_those_made_anew(drawn: list[Act]) -> None:
    cells: dict[int, Counter[str]] = {}
    people: dict[int, set[int]] = {}

    def made(end: int) -> Rolling:
        return Rolling(end, lambda hour: cells.get(hour, {}), lambda hour: people.get(hour, ()))

    rolling = made(HOUR)
    for what, ago, which, person in drawn:
        if what == "slide":
            rolling.advance(rolling.end + abs(ago))
        elif what == "sums":
            assert rolling.sums(HOURLY[which]) == made(rolling.end).sums(HOURLY[which])
        elif what == "people":
            assert rolling.people(HOURLY[which]) == made(rolling.end).people(HOURLY[which])
        else:
            hour = rolling.end - ago
            cells.setdefault(hour, Counter()).update(SETS[which].cells)
            if person >= 0:
                people.setdefault(hour, set()).add(person << 1 | which % 2)
            rolling.count(hour, SETS[which], person << 1 | which % 2 if person >= 0 else -1)
    anew = made(rolling.end)
    for span in HOURLY:
        assert rolling.sums(span) == anew.sums(span)
        assert rolling.people(span) == anew.people(span)


def test_windows_that_nobody_reads_keep_a_bounded_number_of_authors_apart() -> None:
    tables = HospitalTables()
    tables.apply(0, 0, mention(0))
    tables.people(0, "350070", "24h", AT / 1000)
    for number in range(1, MOST_KEPT + 10):
        tables.apply(0, number, mention(number, person=number << 6 | 1))
    rolling = tables._partitions[0].rolling["350070"]
    assert 0 < rolling._kept < 20
    assert tables.window(0, "350070", "24h", AT / 1000)["posts"] == MOST_KEPT + 10


@given(steps, st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_who_reads_changes_no_byte_of_a_row(drawn: list[Step], seed: int) -> None:
    unread, read, random = HospitalTables(), HospitalTables(), Random(seed)  # noqa: S311
    for offset, record in enumerate(log_of(drawn)):
        for tables in (unread, read):
            tables.apply(0, offset, record)
        if random.random() < 0.5:
            hospital, now = random.choice(HOSPITALS), record.at / 1000
            read.lifetime(0, hospital)
            read.window(0, hospital, random.choice(SPANS), now)
            read.people(0, hospital, "24h", now)
            read.cohort(0, hospital, HOUR - 24, HOUR)
            read.open(0, hospital, now)
        if random.random() < 0.1:
            assert written(read) == written(unread)
    assert written(read) == written(unread)
