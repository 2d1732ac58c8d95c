"""The oracle notices an answer counted twice, one lost before its question, and a question that never ends."""

from collections.abc import Callable

import pytest

from agents.kafka.stored import Stored
from agents.proving.oracle import counted
from agents.proving.question_oracle import Questions
from streams.records import Gone, Mention
from streams.tables.counted import Counted
from streams.tables.hospitals import HospitalTables
from streams.tables.questions import OPEN_SECONDS, Asked
from tests.tables.test_questions import START, answer, gone, question

LOG: list[Mention | Gone] = [
    question(0),
    answer(1, START + 600),
    answer(2, START + 3000),
    answer(3, START + 300, to="late", asked=START),
    question(4, post="late", at=START + 900),
    question(5, post="back"),
    gone(6, post="back", at=START + 1000),
    question(7, post="waits", intent="crisis", tier="unknown"),
    question(8, post="new", written=START + OPEN_SECONDS + 7200),
    answer(9, START + OPEN_SECONDS + 7300, to="new", asked=START + OPEN_SECONDS + 7200),
]


def difference(log: list[Mention | Gone]) -> int:
    """Of the question cells alone."""
    expected, tables = Questions(), HospitalTables()
    written = []
    for offset, record in enumerate(log):
        tables.apply(0, offset, record)
        written += tables.changes([0]).get(0, [])
        if isinstance(record, Gone):
            expected.withdraw(record.post)
        else:
            expected.add(record)
    changelog = [Stored(0, n, 0, key, value) for n, (key, value) in enumerate(written)]
    found = {cell: count for cell, count in counted(changelog).items() if cell[2].startswith("q/")}
    wanted = expected.cells()
    return sum(abs(wanted[cell] - found.get(cell, 0)) for cell in wanted.keys() | found.keys())


def test_right_rows_differ_by_nothing() -> None:
    assert difference(LOG) == 0


def twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question row that ended is counted again in its day and stays."""
    monkeypatch.setattr("streams.tables.question_rows.QuestionRows.end", lambda *_: None)
    monkeypatch.setattr("streams.tables.rows.Day.mature", _mature_unmarked)


def _mature_unmarked(day: object, slot: int, version: int, cells: dict[str, int], offset: int) -> None:
    assert version >= 0
    hours = day.cohorts.setdefault(slot // 360 % 24, {})  # type: ignore[attr-defined]
    for cell, count in cells.items():
        hours[cell] = hours.get(cell, 0) + count
    day.version = offset  # type: ignore[attr-defined]


def lost_before_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that comes first is forgotten."""
    take = Asked.take

    def forgetful(row: Asked, offset: int, one: Counted) -> bool:
        taken = take(row, offset, one)
        row.answers = {post: written for post, written in row.answers.items() if post in row.questions}
        return taken

    monkeypatch.setattr(Asked, "take", forgetful)


def withdrawal_unheard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that was taken back goes on waiting."""
    monkeypatch.setattr(Asked, "take_back", lambda *_: False)


def late_answer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last answer is taken for the first."""
    monkeypatch.setattr("streams.tables.questions.min", max, raising=False)


@pytest.mark.parametrize(
    "mutant", [twice, lost_before_its_question, withdrawal_unheard, late_answer_counts], ids=lambda one: one.__name__
)
def test_a_mutant_is_noticed(mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    assert difference(LOG) > 0
