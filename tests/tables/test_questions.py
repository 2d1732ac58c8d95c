"""Questions and their answers: which meet, which wait, what the cohorts count, and that no crash changes it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import Gone, Mention, OpenTopics
from streams.tables.hospitals import HospitalTables
from streams.tables.question_counts import EVERY, URGENT
from streams.tables.questions import EDGES, MOST, OPEN_SECONDS, OpenMs
from streams.vocabulary import LONGEST_WINDOW_DAYS
from tests.payloads import cases

HOUR = 490_000
START = HOUR * 3600
"""Seconds since the epoch."""

Record = Mention | Gone


def question(offset: int, post: str = "q", written: int = START, at: int | None = None, **changes: Any) -> Mention:
    """A question put to a hospital, written at `written`, taken by Kafka at `at` (seconds; at once by default)."""
    fields: dict[str, Any] = {
        "hospital": "350070", "partition": 0, "offset": offset, "at": 1000 * (written if at is None else at),
        "hour": written // 3600, "written": written, "asked": written, "relation": "mentioned", "tier": "local",
        "precision": "city", "evidence": "profile", "confidence": 90, "distance_km": 3,
        "topics": OpenTopics((), frozenset()), "intent": "question", "addressed": True, "post": post, "reply_to": "",
        "person": 1,
    }  # fmt: skip
    return Mention(**(fields | changes))


def answer(
    offset: int, written: int, to: str = "q", asked: int = START, at: int | None = None, **changes: Any
) -> Mention:
    """The hospital's own reply to a post of the time `asked`."""
    fields: dict[str, Any] = {
        "relation": "author", "intent": "none", "addressed": False, "reply_to": to, "asked": asked, "person": -1,
        "post": f"a{offset}",
    }  # fmt: skip
    return question(offset, written=written, at=at, **(fields | changes))


def gone(offset: int, post: str = "q", at: int = START) -> Gone:
    return Gone(partition=0, offset=offset, at=1000 * at, post=post)


def counted(*records: Record) -> HospitalTables:
    tables = HospitalTables()
    for offset, record in enumerate(records):
        tables.apply(0, offset, record)
    return tables


def waiting(tables: HospitalTables, now: int, hospital: str = "350070") -> list[str]:
    return sorted(one.post for one in tables.waiting(0, hospital, now))


def cohort(tables: HospitalTables, hospital: str = "350070", hours: int = 100) -> Mapping[str, int]:
    return tables.cohort(0, hospital, HOUR - hours, HOUR + hours)


def test_a_question_waits_until_it_is_answered() -> None:
    tables = counted(question(0))
    assert waiting(tables, START + 60) == ["q"]
    tables.apply(0, 1, answer(1, START + 600))
    assert waiting(tables, START + 700) == []
    assert cohort(tables) == {
        "q/asked": 1, "q/intent/question/asked": 1, "q/near/local/asked": 1,
        "q/within/15m": 1, "q/intent/question/within/15m": 1, "q/near/local/within/15m": 1, "q/business/15m": 1,
    }  # fmt: skip


def test_a_question_waits_for_72_hours_and_no_longer() -> None:
    tables = counted(question(0))
    assert waiting(tables, START + OPEN_SECONDS) == ["q"]
    assert waiting(tables, START + OPEN_SECONDS + 1) == []


@pytest.mark.parametrize(
    "changes",
    [{"addressed": False}, {"intent": "compliment"}, {"intent": "information"}, {"asked": -1}, {"written": -1}],
)
def test_what_asks_nothing_of_the_hospital_does_not_wait(changes: dict[str, Any]) -> None:
    tables = counted(question(0, **changes))
    assert waiting(tables, START) == []
    assert cohort(tables) == {}


STEPS: dict[str, Any] = {"question": question, "answer": answer}


@pytest.mark.parametrize("case", cases("questions"), ids=lambda case: case["name"])
def test_how_a_question_and_an_answer_meet(case: dict[str, Any]) -> None:
    """Times are seconds after the question's; a step's own place in the list is its offset."""
    tables = HospitalTables()
    for offset, step in enumerate(case["steps"]):
        kind, told = next(iter(step.items()))
        told = dict(told or {})
        moment = START + told.pop("after", 0)
        arrives = START + told.pop("arrives", moment - START)
        if kind == "gone":
            tables.apply(0, offset, gone(offset, at=arrives, **told))
        elif kind == "answer":
            tables.apply(0, offset, answer(offset, moment, at=arrives, **told))
        else:
            tables.apply(0, offset, question(offset, written=moment, at=arrives, **told))
    for hospital, expected in case["then"].items():
        found = cohort(tables, hospital)
        within = {edge: count for edge in EDGES if (count := found.get(f"q/within/{edge}", 0))}
        assert {"asked": found.get("q/asked", 0), "within": within} == {
            "asked": expected["asked"], "within": expected.get("within", {}),
        }  # fmt: skip
        assert waiting(tables, START + case.get("now", 3600), hospital) == expected.get("waiting", [])


def test_answer_times_in_business_hours_follow_an_edit_of_the_hours() -> None:
    offices: dict[str, OpenMs] = {"350070": lambda start, end: end - start}
    tables = HospitalTables(offices.get)
    tables.apply(0, 0, question(0))
    tables.apply(0, 1, answer(1, START + 600))
    assert cohort(tables)["q/business/15m"] == 1
    offices["350070"] = lambda *_: 0
    assert cohort(tables)["q/business/1m"] == 1
    offices.clear()
    assert not [cell for cell in cohort(tables) if cell.startswith("q/business/")]
    assert cohort(tables)["q/within/15m"] == 1


def test_what_was_counted_in_a_day_keeps_the_hours_of_its_time() -> None:
    offices: dict[str, OpenMs] = {"350070": lambda start, end: end - start}
    tables = HospitalTables(offices.get)
    tables.apply(0, 0, question(0))
    tables.apply(0, 1, answer(1, START + 600))
    tables.apply(0, 2, question(2, post="later", written=START + OPEN_SECONDS + 7200))
    offices["350070"] = lambda *_: 0
    assert cohort(tables, hours=10)["q/business/15m"] == 1


def test_a_flood_of_questions_does_not_grow_a_row_and_is_said() -> None:
    tables = counted(*(question(n, post=str(n)) for n in range(MOST + 50)))
    assert len(waiting(tables, START)) == MOST
    assert cohort(tables)["q/uncounted"] == 50
    (value,) = (value for key, value in tables.changes([0])[0] if key.startswith(b"350070/q"))
    assert value is not None
    assert len(value) < 200_000


def test_questions_that_waited_their_time_are_counted_in_their_day_and_their_row_ends() -> None:
    tables = counted(question(0), answer(1, START + 60), question(2, post="unanswered"))
    before = cohort(tables)
    tables.changes([0])
    tables.apply(0, 3, question(3, post="later", written=START + OPEN_SECONDS + 7200))
    written = tables.changes([0])[0]
    key = b"350070/q%d" % (START // 10)
    assert dict(written)[key] is None
    assert written.index((key, None)) > next(n for n, (name, _) in enumerate(written) if name.startswith(b"350070/d"))
    assert cohort(tables, hours=10) == before


def restored(copies: Sequence[tuple[bytes, bytes | None]]) -> HospitalTables:
    tables = HospitalTables()
    for key, value in copies:
        tables.restore(0, key, value)
    tables.complete(0)
    return tables


def test_a_tombstone_that_a_lost_owner_writes_late_ends_no_later_row() -> None:
    end = START + OPEN_SECONDS + 7200
    log = [question(0), question(1, post="later", written=end), question(2, post="old", at=end + 60)]
    lost, owner = counted(*log[:2]), counted(*log)
    late = lost.changes([0])[0]
    assert any(value is None for _, value in late)
    third = restored([*owner.changes([0])[0], *late])
    assert cohort(third)["q/asked"] == cohort(owner)["q/asked"] == 3


Step = tuple[str, int, int, int]
"""Kind, minutes since the step before, which question, minutes from that question's time to this post's."""
steps = st.lists(
    st.tuples(
        st.sampled_from(("question", "question", "answer", "answer", "gone", "other")),
        st.sampled_from((0, 0, 1, 30, 61, 300, 2000, 4400)),
        st.integers(0, 4),
        st.sampled_from((1, 5, 59, 61, 600, 4300, 4400)),
    ),
    min_size=1,
    max_size=25,
)


def log_of(drawn: Sequence[Step]) -> list[Record]:
    """Questions are written 40 minutes apart, whenever they come."""
    found: list[Record] = []
    minute = START // 60
    for offset, (kind, passed, which, after) in enumerate(drawn):
        minute += passed
        asked = START + which * 2400
        if kind == "question":
            found.append(question(offset, post=str(which), written=asked, at=minute * 60))
        elif kind == "answer":
            found.append(answer(offset, asked + after * 60, to=str(which), asked=asked, at=minute * 60))
        elif kind == "gone":
            found.append(gone(offset, post=str(which), at=minute * 60))
        else:
            found.append(question(offset, post=f"o{offset}", written=minute * 60, intent="information"))
    return found


def shown(tables: HospitalTables, now: int) -> tuple[dict[str, int], list[str]]:
    """The counts of the longest window's hours, as days before it may have expired, and what waits."""
    hour = now // 3600
    return dict(tables.cohort(0, "350070", hour - 24 * LONGEST_WINDOW_DAYS, hour + 2000)), waiting(tables, now)


def open_by_kind(tables: HospitalTables, now: float) -> dict[str, tuple[int, int]]:
    """Number and oldest, of the list itself."""
    kinds: dict[str, list[int]] = {}
    for one in tables.waiting(0, "350070", now):
        urgent = [URGENT] if one.intent == "crisis" or "safety_event" in one.topics else []
        for kind in (EVERY, one.intent, *urgent):
            kinds.setdefault(kind, []).append(one.written)
    return {kind: (len(times), min(times)) for kind, times in kinds.items()}


@given(steps, st.data())
@settings(max_examples=400, deadline=None)
def test_counts_that_are_kept_are_those_of_the_list(drawn: list[Step], data: st.DataObject) -> None:
    log, tables = log_of(drawn), HospitalTables()
    for offset, record in enumerate(log):
        tables.apply(0, offset, record)
        if data.draw(st.booleans(), "somebody looks"):
            for later in (0, OPEN_SECONDS - 1200, OPEN_SECONDS + 60):
                now = record.at // 1000 + later
                found = {kind: (one.number, one.oldest) for kind, one in tables.open(0, "350070", now).items()}
                assert found == open_by_kind(tables, now)
            assert cohort(tables, hours=2000) == cohort(counted(*log[: offset + 1]), hours=2000)


def test_urgent_questions_are_counted_apart() -> None:
    safety = OpenTopics(("safety_event",), frozenset())
    tables = counted(question(0), question(1, post="c", intent="crisis"), question(2, post="s", topics=safety))
    assert {kind: one.number for kind, one in tables.open(0, "350070", START).items()} == {
        EVERY: 3, URGENT: 2, "question": 2, "crisis": 1,
    }  # fmt: skip


@given(steps, st.data())
@settings(max_examples=400, deadline=None)
def test_no_crash_replay_or_stale_copy_changes_an_answer(drawn: list[Step], data: st.DataObject) -> None:
    log = log_of(drawn)
    truth = counted(*log)
    now = log[-1].at // 1000
    committed = data.draw(st.integers(0, len(log)), "committed")
    reached = data.draw(st.integers(committed, len(log)), "reached")
    zombie, changelog = HospitalTables(), list[tuple[bytes, bytes | None]]()
    for offset in range(committed):
        zombie.apply(0, offset, log[offset])
        if data.draw(st.booleans(), "a checkpoint"):
            changelog += zombie.changes([0]).get(0, [])
    changelog += zombie.changes([0]).get(0, [])
    for offset in range(committed, reached):
        zombie.apply(0, offset, log[offset])
    last = zombie.changes([0]).get(0, [])
    stale = last[: data.draw(st.integers(0, len(last)), "records of the last write that became durable")]

    second = restored([*changelog, *(stale if data.draw(st.booleans(), "before the recovery") else [])])
    for offset in range(committed, len(log)):
        second.apply(0, offset, log[offset])
    assert shown(second, now) == shown(truth, now)

    third = restored([*changelog, *second.changes([0]).get(0, []), *stale])
    for offset in range(data.draw(st.integers(0, len(log)), "replayed from"), len(log)):
        third.apply(0, offset, log[offset])
    assert shown(third, now) == shown(truth, now)
