"""Weights: the file's form, sums by topic, and what an edit of the taxonomy does."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import i64

from streams.reading.topics.evidence import ANY_POST, Evidence, EvidenceError
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.taxonomy import Taxonomy
from streams.reading.topics.topic_matcher import TopicMatcher
from streams.reading.topics.weights import LARGEST, Weights, numbers_for, require_fit, unfold

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

lanes = st.dictionaries(st.integers(0, 30), st.integers(-10_000, 10_000), max_size=10)


@given(st.lists(lanes, min_size=1, max_size=100))
@settings(deadline=None)  # it tells of sums, not of time
def test_rows_of_weights_add_up_by_lane(rows: list[dict[int, int]]) -> None:
    weights, numbers, sums = Weights(rows, 31), vec[i64]([7] + [0] * numbers_for(31)), vec[i64]([0] * 31)
    for row in range(len(rows)):
        weights.add(row, numbers, 1)
    unfold(numbers, 1, sums)
    assert list(sums) == [sum(row.get(lane, 0) for row in rows) for lane in range(31)]


def test_weights_whose_sum_would_change_a_neighbour_are_refused() -> None:
    require_fit([{0: LARGEST - 1, 1: LARGEST}, {0: -1}])
    with pytest.raises(ValueError, match="too many phrases"):
        require_fit([{0: LARGEST - 1}, {0: -2}])
    with pytest.raises(EvidenceError, match="too many phrases"):
        WEIGHTS.grown({"food": [f"dish {number}" for number in range(LARGEST // 100)]})


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


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("the cafeteria", ()),  # 50
        ("a hot cafeteria", ("food",)),  # 170
        ("the cafeteria, the garage", ("parks",)),  # without weights
        ("a hot cafeteria, the garage", ("food", "parks")),
    ],
)
def test_a_topic_is_sure_when_the_evidence_is_far_above_zero(text: str, sure: tuple[str, ...]) -> None:
    topics = MATCHER.topics_of(text)
    assert MATCHER.sure_of(text, topics) == sure
    assert MATCHER.sure_bits(text, topics) == sum(1 << topics.index(topic) for topic in sure)


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
        (
            HEAD + "\n".join(f"{ANY_POST}\ttopic{number}\t1" for number in range(63)),
            "63 topics have weights; at most 62",
        ),
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
