"""What the demo says of questions and answers, from the changelog alone."""

from agents.kafka.stored import Stored
from agents.proving.answer_times import lines
from tests.tables.test_questions import START, answer, counted, question

NAMES = {"350070": "Essentia Health-Fargo"}


def said(*records: object, now: int = START + 1200) -> list[str]:
    tables = counted(*records)  # type: ignore[arg-type] # mentions all
    return [*lines([Stored(0, n, 0, key, value) for n, (key, value) in enumerate(tables.changes([0])[0])], NAMES, now)]


def test_how_many_wait_and_how_fast_others_were_answered() -> None:
    found = said(
        question(0, post="a"), answer(1, START + 600, to="a"), question(2, post="b"),
        question(3, post="c", intent="crisis", written=START + 60),
        question(4, post="d", hospital="380014"), answer(5, START + 30, to="d", hospital="380014"),
    )  # fmt: skip
    assert found == [
        "questions to all hospitals: 4 in 28 days, 2 answered (half of them within 60 s), 2 wait, 1 of them calls for "
        "help, the oldest for 20 min",
        "questions to Essentia Health-Fargo: 3 in 28 days, 1 answered (half of them within 10 min), 2 wait, 1 of them "
        "calls for help, the oldest for 20 min",
        "questions to 380014: 1 in 28 days, 1 answered (half of them within 30 s), none waits",
    ]


def test_without_questions_it_says_so() -> None:
    assert said(question(0, intent="compliment")) == [
        "questions to all hospitals: 0 in 28 days, 0 answered, none waits"
    ]
