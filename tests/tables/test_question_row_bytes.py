"""A row of questions as bytes says what one of dicts would, whatever the ids; a withdrawal finds its question."""

import dataclasses
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.records import NEVER_ASKED, Gone, OpenTopics
from streams.tables import question_rows
from streams.tables.counted import Counting
from streams.tables.hospitals import HospitalTables
from streams.tables.question_kinds import Kinds
from streams.tables.question_wire import Question
from streams.tables.questions import Asked, Places, decode_asked, encode_asked
from streams.vocabulary import Intent
from tests.tables.test_questions import START, answer, question, waiting

# Numbers of X, hashes as Bluesky's, text whose length with what stands before it is that of a key, and others.
IDS = ("1", "1900000000000000007", "b" + "0" * 32, "b" + "01" * 16, "q", "sixsix", "fourteen signs", "ü" * 200)
TOPICS: tuple[tuple[str, ...], ...] = ((), ("wait_times",), ("wait_times", "billing"))
INTENTS: tuple[Intent, ...] = ("question", "complaint", "crisis")

Step = tuple[str, int, int, int, int]
"""Kind, which id, partition, which topics and intent, seconds."""
steps = st.lists(
    st.tuples(
        st.sampled_from(("question", "answer", "gone")),
        st.integers(0, len(IDS) - 1),
        st.sampled_from((0, 1, 255, 256, 65_535)),
        st.integers(0, 2),
        st.integers(0, 400_000),
    ),
    max_size=30,
)


@dataclasses.dataclass
class Row:
    """What a row says, told plainly."""

    last_at: int = 0
    version: int = -1
    marks: dict[int, int] = dataclasses.field(default_factory=dict)
    questions: dict[str, Question] = dataclasses.field(default_factory=dict)
    answers: dict[str, int] = dataclasses.field(default_factory=dict)
    gone: set[str] = dataclasses.field(default_factory=set)


def said(row: Asked) -> Row:
    return Row(row.last_at, row.version, row.marks, row.questions, row.answers, set(row.gone))


@given(steps, st.integers(0, 30))
@settings(max_examples=300, deadline=None)
def test_a_row_says_what_it_took(drawn: list[Step], looked_up_from: int) -> None:
    kinds = Kinds()
    row, plain, read = Asked(kinds), Row(), Counting(kinds).of
    for offset, (what, which, partition, how, after) in enumerate(drawn):
        post, at = IDS[which], START + after
        if offset == looked_up_from:
            row.places = Places(row.row)
        if what == "gone":
            assert row.asks(post) == (post in plain.questions)
            if post not in plain.questions:
                continue
            assert row.take_back(offset, partition, offset, 1000 * at, post)
            plain.gone.add(post)
        elif what == "answer":
            assert row.take(offset, read(answer(offset, at, to=post, partition=partition)))
            plain.answers[post] = min(at, plain.answers.get(post, at))
        else:
            topics = OpenTopics(TOPICS[how], frozenset())
            asked = question(offset, post, at, partition=partition, topics=topics, intent=INTENTS[how])
            assert row.take(offset, read(asked))
            plain.questions.setdefault(post, Question(at, INTENTS[how], "local", TOPICS[how]))
        plain.version, plain.last_at = offset, max(plain.last_at, 1000 * at)
        plain.marks[partition] = offset
        assert not row.take(offset, read(question(offset, post, partition=partition)))
        assert said(row) == plain
    elsewhere = Kinds()
    elsewhere.number("question", "national", ("phones",))
    again = decode_asked(encode_asked(row.row, kinds), elsewhere)
    assert said(again) == plain
    assert again.cells(None) == row.cells(None)


def test_an_id_that_only_two_neighbours_spell_is_not_found() -> None:
    row, kinds = Asked(Kinds()), Kinds()
    read = Counting(row.kinds).of
    first = 0x0807060504030201
    for offset, post in enumerate((first, 0x1817161514131211)):
        row.take(offset, read(question(offset, str(post), START)))
    inside = row.row.index(first.to_bytes(8, "little")) + 3
    spelt = str(int.from_bytes(row.row[inside : inside + 8], "little"))
    assert not row.asks(spelt)
    row.take(2, read(question(2, spelt, START)))
    assert row.asks(spelt)
    assert len(row.questions) == 3
    assert len(decode_asked(encode_asked(row.row, row.kinds), kinds).questions) == 3


def test_what_a_long_row_takes_is_what_a_searched_one_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[tuple[bytes, bytes | None]]] = []
    for searched, most in ((1 << 30, 0), (0, 0), (0, 40), (300, 1000)):
        monkeypatch.setattr(question_rows, "SEARCHED", searched)
        monkeypatch.setattr(question_rows, "MOST_PLACES", most)
        tables, random = HospitalTables(), Random(1)  # noqa: S311
        rows.append([])
        for offset in range(600):
            post = random.choice((str(random.randrange(90)), f"b{random.randrange(90):032x}", *IDS))
            if random.random() < 0.1:
                gone = Gone(partition=0, offset=offset, at=1000 * START, post=post, asked=START)
                tables.apply(0, offset, gone)
            elif random.random() < 0.3:
                tables.apply(0, offset, answer(offset, START + offset, to=post))
            else:
                tables.apply(0, offset, question(offset, post, START + random.randrange(9)))
            if random.random() < 0.02:
                rows[-1] += tables.changes([0])[0]
    assert len(rows[0]) > 10
    assert rows[0] == rows[1] == rows[2] == rows[3]


@pytest.mark.parametrize("asked", [START, -1])
@pytest.mark.parametrize("post", IDS)
def test_a_withdrawal_ends_the_waiting_with_or_without_the_time_of_its_post(post: str, asked: int) -> None:
    tables = HospitalTables()
    tables.apply(0, 0, question(0, post))
    tables.apply(0, 1, question(1, post, hospital="350002"))
    tables.apply(0, 2, question(2, "7"))
    assert tables.apply(0, 3, Gone(partition=0, offset=3, at=START, post=post, asked=asked))
    assert (waiting(tables, START), waiting(tables, START, "350002")) == (["7"], [])


def test_a_post_whose_id_says_no_time_is_no_question_that_waits() -> None:
    tables = HospitalTables()
    tables.apply(0, 0, question(0, "1"))
    assert not tables.apply(0, 1, Gone(partition=0, offset=1, at=START, post="x", asked=NEVER_ASKED))
    assert waiting(tables, START) == ["1"]
