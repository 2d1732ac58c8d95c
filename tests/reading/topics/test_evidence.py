"""Weights: the file's form, sums of many topics in one number, and what an edit of the taxonomy does."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.topics.evidence import ANY_POST, Evidence, EvidenceError
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.packing import number, pack, top_bits, zeros
from streams.reading.topics.taxonomy import Taxonomy
from streams.reading.topics.topic_matcher import TopicMatcher

HEAD = "# version 1\n"
SMALL = Taxonomy.parse(
    b"""
version: 1
context: [clinic]
elsewhere: []
topics:
  - {id: food, definition: d, class: O, phrases: [cafeteria], weak: [tray], unless: [cafeteria workers]}
  - {id: parks, definition: d, class: O, phrases: [garage]}
"""
)
WEIGHTS = Evidence.parse(
    HEAD
    + "\n".join(
        f"{phrase}\t{topic}\t{weight}"
        for phrase, topic, weight in [
            (ANY_POST, "food", -200), ("[food]", "food", 250), ("[food weak]", "food", 90), ("hot", "food", 120),
            ("cried*", "food", -300),
        ]
    )
)  # fmt: skip
MATCHER = TopicMatcher(SMALL, evidence=WEIGHTS)

lanes = st.dictionaries(st.integers(0, 30), st.integers(-2_000, 2_000), max_size=10)


@given(st.lists(lanes, max_size=200))
def test_every_number_of_a_packed_sum_is_its_own_sum(rows: list[dict[int, int]]) -> None:
    total = zeros(31) + sum(pack(row) for row in rows)
    for lane in range(31):
        expected = sum(row.get(lane, 0) for row in rows)
        assert number(total, lane) == expected
        assert bool(total & top_bits(31) & (1 << (24 * lane + 23))) == (expected >= 0)


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("the cafeteria", ("food",)),
        ("the cafeteria the cafeteria", ("food",)),
        ("a tray", ()),
        ("a hot tray", ("food",)),
        ("hot hot hot", ()),
        ("I cried in the cafeteria", ()),
        ("cafeteria workers", ()),
        ("hot garage", ("parks",)),
    ],
)
def test_a_topic_counts_when_the_evidence_reaches_zero(text: str, topics: tuple[str, ...]) -> None:
    assert MATCHER.topics_of(text) == topics
    assert {find.topic for find in MATCHER.explain(text) if not find.why} == set(topics)


def test_an_explanation_adds_up() -> None:
    told = [find for find in MATCHER.explain("a hot tray") if find.topic == "food"]
    assert [(find.phrase, find.weight) for find in told] == [("hot", 120), ("tray [food weak]", 90), (ANY_POST, -200)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("food\t1", "line 1 must be `# version N`"),
        (f"{HEAD}hot\tfood", "line 2 must be a phrase, a topic and a weight"),
        (f"{HEAD}hot\tfood\t1.5", "line 2 must be"),
        (f"{HEAD}hot\tfood\t1\nhot\tfood\t2", "line 3 must be .* stand once"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(EvidenceError, match=message):
        Evidence.parse(text)


def test_the_shipped_weights_know_every_topic_and_no_other() -> None:
    shipped = Evidence.load()
    assert set(shipped.topics) == set(Taxonomy.load().by_id)
    assert {topic for of in shipped.weights.values() for topic in of} == set(shipped.topics)


def test_a_phrase_that_somebody_adds_to_a_topic_counts_at_once(tmp_path: Path) -> None:
    text = "@SandsideHealth the quomble on 3 West again"
    assert Lexicon.load().topics_of(text) == ()
    shipped = (resources.files("streams.reading.topics") / "taxonomy.yaml").read_text(encoding="utf-8")
    edited = tmp_path / "taxonomy.yaml"
    before, after = shipped.split("- id: facility_environment", 1)
    edited.write_text(
        f"{before}- id: facility_environment{after.replace('phrases: [', 'phrases: [quomble, ', 1)}", encoding="utf-8"
    )
    assert Lexicon.load(str(edited)).topics_of(text) == ("facility_environment",)
