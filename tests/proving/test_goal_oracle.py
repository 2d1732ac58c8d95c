"""Goals and open questions are counted anew; broken figures, answers and expiry are noticed.

An answer that counts twice is `test_question_oracle.py`'s.
"""

from collections.abc import Callable

import msgspec
import pytest

from agents.kafka.stored import Stored
from agents.proving.goal_oracle import GoalOracle
from agents.proving.oracle import compared
from agents.proving.question_oracle import Questions
from agents.proving.recount import Recount
from streams.directory.hospital import GOALS
from streams.figures import hospital, responses
from streams.records import Gone, Mention
from streams.tables import question_counts
from streams.tables.counted import Counted
from streams.tables.hospitals import HospitalTables
from streams.tables.open_questions import Open
from streams.tables.questions import OPEN_SECONDS, Asked
from tests.tables.test_questions import START, answer, gone, question

DAY = 86_400


def log() -> list[Mention | Gone]:
    """Five days: questions, some answered soon, late or before they came, some taken back, some waiting."""
    found: list[Mention | Gone] = []
    for number in range(120):
        asked = START + number * 3600
        post = f"p{number}"
        tier = ("local", "regional", "unknown", "local")[number % 4]
        intent = ("question", "request", "complaint", "crisis", "compliment")[number % 5]
        ask = question(len(found), post=post, written=asked, tier=tier, intent=intent, person=number << 6 | 1)
        early = number % 7 == 3
        if not early:
            found.append(ask)
        if number % 3:
            after = (240, 2000, 9000, 50_000, 100_000)[number % 5]
            found.append(answer(len(found), asked + after, to=post, asked=asked, at=asked + (0 if early else after)))
        if early:
            found.append(msgspec.structs.replace(ask, offset=len(found), at=(asked + 300) * 1000))
        if number % 11 == 5:
            found.append(gone(len(found), post=post, at=asked + 200))
    return found


LOG = log()


def differences() -> dict[str, int]:
    """Part -> difference, as the whole oracle finds it."""
    recount, expected, tables, written = Recount(), Questions(), HospitalTables(), list[tuple[bytes, bytes | None]]()
    for offset, record in enumerate(LOG):
        tables.apply(0, offset, record)
        if offset % 20 == 19:
            written += tables.changes([0]).get(0, [])
        if isinstance(record, Gone):
            expected.withdraw(record.post)
        else:
            recount.add(record)
            expected.add(record)
    written += tables.changes([0]).get(0, [])
    changelog = [Stored(0, n, 0, key, value) for n, (key, value) in enumerate(written)]
    recount.cells.update(expected.cells())
    goals = GoalOracle(recount, expected, lambda _: 200_000)
    return dict(compared(recount, changelog, LOG[-1].at / 1000, goals=goals))


def test_right_figures_differ_by_nothing() -> None:
    assert differences() == {}


def test_every_goal_has_an_actual_at_some_moment() -> None:
    """Else nothing would be compared."""
    recount, expected = Recount(), Questions()
    for record in LOG:
        if not isinstance(record, Gone):
            recount.add(record)
            expected.add(record)
    oracle = GoalOracle(recount, expected, lambda _: 200_000)
    now, later = (oracle._facts("350070", LOG[-1].at / 1000 + days * DAY) for days in (0, 2))
    assert [name for name in now if name.startswith("open ") and not now[name]] == []
    assert [goal for goal in GOALS if later[goal] is None] == []


def an_answer_before_its_question_lost(patch: pytest.MonkeyPatch) -> None:
    take = Asked.take

    def forgetful(row: Asked, offset: int, one: Counted) -> bool:
        taken = take(row, offset, one)
        row.answers = {post: written for post, written in row.answers.items() if post in row.questions}
        return taken

    patch.setattr(Asked, "take", forgetful)


def a_question_that_never_expires(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question_counts, "OPEN_SECONDS", 1000 * OPEN_SECONDS)


def a_question_that_expires_early(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(question_counts, "OPEN_SECONDS", OPEN_SECONDS - 3600)


def questions_judged_too_soon(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(responses, "_LIMITS", {"1h": 0, "24h": 0, "72h": 0})


def questions_judged_too_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(responses, "_LIMITS", {name: seconds + 3600 for name, seconds in responses._LIMITS.items()})


def complaints_that_wait_in_the_goal(patch: pytest.MonkeyPatch) -> None:
    def every(_: object, about: object, now: object, asked: object, waits: dict[str, Open]) -> object:
        return right(_, about, now, asked, {**waits, "question": waits["every"]} if "every" in waits else waits)

    right: Callable[..., object] = hospital._goals
    patch.setattr(hospital, "_goals", every)


SEEN_IN: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    an_answer_before_its_question_lost: "goals",
    a_question_that_never_expires: "open",
    a_question_that_expires_early: "open",
    questions_judged_too_soon: "goals",
    questions_judged_too_late: "goals",
    complaints_that_wait_in_the_goal: "goals",
}


@pytest.mark.parametrize("mutant", SEEN_IN, ids=lambda one: one.__name__)
def test_a_mutant_is_noticed(mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    mutant(monkeypatch)
    assert differences().get(SEEN_IN[mutant], 0) > 0
