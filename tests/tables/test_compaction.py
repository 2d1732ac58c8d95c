"""Compaction keeps the last copy of a row, and a process that lost its partition may have written an old one last: no
count is lost, because the next owner writes such rows again."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables.test_hospital_tables import (
    Copies,
    Step,
    counted,
    expected,
    found,
    log_of,
    mention,
    restored,
    seen,
    steps,
    windows_of,
    written,
)


def compacted(copies: Copies) -> Copies:
    return list(dict(copies).items())


def test_a_row_whose_last_copy_is_stale_is_written_again_at_the_next_recovery() -> None:
    old = written(counted(mention(5)))
    fresh = written(counted(mention(5), mention(6)))
    assert written(restored([*fresh, *old])) == fresh
    assert written(restored([*old, *fresh])) == []
    assert written(restored([*fresh, *old, *fresh])) == []
    assert written(restored([*fresh, *fresh])) == []


@given(steps, st.data())
@settings(max_examples=100, deadline=None)
def test_a_second_owner_that_dies_soon_leaves_nothing_for_compaction_to_lose(
    drawn: Sequence[Step], data: st.DataObject
) -> None:
    log = log_of(drawn)
    committed = data.draw(st.integers(0, len(log)), "committed by the first owner")
    reached = data.draw(st.integers(committed, len(log)), "reached by the first owner")
    second_committed = data.draw(st.integers(committed, len(log)), "committed by the second owner")

    first, changelog = restored([]), list[tuple[bytes, bytes | None]]()
    for offset in range(committed):
        first.apply(0, offset, log[offset])
    changelog += written(first)
    for offset in range(committed, reached):
        first.apply(0, offset, log[offset])
    late = written(first)

    second = restored(changelog)
    for offset in range(committed, second_committed):
        second.apply(0, offset, log[offset])
    changelog += written(second)
    changelog += late  # the second owner dies before it writes its rows once more

    third = restored(changelog)
    for offset in range(second_committed, len(log)):
        third.apply(0, offset, log[offset])
    changelog += written(third)

    fourth = restored(compacted(changelog))
    assert found(fourth, log) == expected(log)
    now = log[-1].at / 1000
    assert seen(fourth, now) == windows_of(log, now)
