from pathlib import Path

import pytest

from streams.errors import UserError
from streams.reading.topics.intent import NEEDED_TOPICS
from streams.reading.topics.intent_words import IntentWords
from streams.reading.topics.lexicon import Lexicon
from streams.reading.topics.overlay import OverlayError, parse
from streams.reading.topics.taxonomy import Taxonomy, TaxonomyError

TAXONOMY = b"""
version: 7
context: []
elsewhere: []
topics:
  - {id: waits, definition: d, class: O, phrases: [waited], unless: [waited tables]}
  - {id: food, definition: d, class: O, phrases: [cafeteria]}
  - {id: shots, definition: d, class: S, phrases: [vaccine]}
  - {id: staff_conduct, definition: d, class: O, phrases: [rude nurse]}
  - {id: rumor_misinfo_watch, definition: d, class: O, phrases: [a rumour]}
"""
OVERLAY = b"""
240010:
  off: [food]
  phrases: {waits: [the purple line], shots: [jab night]}
010033: {}
"""
TEXT = "waited in the Purple Line by the cafeteria, jab night"


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    (tmp_path / "taxonomy.yaml").write_bytes(TAXONOMY)
    (tmp_path / "own.yaml").write_bytes(OVERLAY)
    return Lexicon.load(str(tmp_path / "taxonomy.yaml"), str(tmp_path / "own.yaml"), {"240010", "010033"})


@pytest.mark.parametrize(
    ("hospital", "topics"),
    [("240010", ("shots", "waits")), ("010033", ("food", "waits")), ("350070", ("food", "waits"))],
)
def test_a_hospital_has_topics_of_its_own_and_no_other_sees_them(
    lexicon: Lexicon, hospital: str, topics: tuple[str, ...]
) -> None:
    assert lexicon.topics_for(hospital, TEXT, lexicon.topics_of(TEXT)) == topics
    assert {find.topic for find in lexicon.explain_topics(TEXT, hospital) if not find.why} == set(topics)


def test_a_topic_by_a_hospitals_own_phrase_is_sure(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("240010: {phrases: {facility_environment: [the purple line]}}")
    lexicon = Lexicon.load(hospital_topics_file=str(tmp_path / "own.yaml"), hospitals={"240010"})
    text = "by the purple line"
    topics = lexicon.topics_for("240010", text, lexicon.topics_of(text))
    assert topics == lexicon.sure_of(text, topics) == ("facility_environment",)


def test_a_switched_off_topic_says_so(lexicon: Lexicon) -> None:
    found = [find for find in lexicon.explain_topics("the cafeteria", "240010") if find.topic == "food"]
    assert [find.why for find in found] == ["switched off by the hospital"]


def test_a_hospitals_own_phrase_is_struck_by_the_topics_idioms(lexicon: Lexicon) -> None:
    assert lexicon.topics_for("240010", "waited tables", lexicon.topics_of("waited tables")) == ()


def test_a_service_line_by_a_hospitals_own_phrase_is_a_service_line(lexicon: Lexicon) -> None:
    assert lexicon.taxonomy.split(lexicon.topics_for("240010", "jab night", ())) == ((), ("shots",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"'999999':\n  off: []", "own.yaml: line 1: hospital 999999 is not in the directory"),
        (b"240010:\n  off: [waits,\n        parks]", "line 3: hospital 240010: there is no topic parks"),
        (b"240010:\n  phrases:\n    parks: [a]", "line 3: hospital 240010: there is no topic parks"),
        (b"240010:\n  phrases:\n    waits:\n    - a\n    - '!'", "line 5: hospital 240010: the phrase '!'"),
        (b"240010:\n  off: [waits]\n  phrases: {waits: [a]}", "line 3: .* is switched off and has phrases"),
        (b"240010:\n  of: [waits]", "line 1: .*unknown field `of`"),
        (b"240010:\n  off: waits", "line 1: Expected `array`, got `str`"),
        (b"240010: {}\n240010: {}", "line 2: `240010` stands twice"),
        (b"- 240010", "line 1: Expected `object`, got `array`"),
        (b"240010: [", "line 2: did not find expected node content"),
    ],
)
def test_a_wrong_entry_is_refused_in_one_line_with_its_place(text: bytes, message: str) -> None:
    with pytest.raises(OverlayError, match=message) as refused:
        parse(text, Taxonomy.parse(TAXONOMY), {"240010"}, "own.yaml")
    assert "\n" not in str(refused.value)


def test_an_empty_file_changes_nothing() -> None:
    assert parse(b"\n", Taxonomy.parse(TAXONOMY), (), "own.yaml") == {}


@pytest.mark.parametrize(("taxonomy", "own"), [("gone.yaml", ""), ("", "gone.yaml")])
def test_a_file_that_is_not_there_names_its_setting(taxonomy: str, own: str) -> None:
    with pytest.raises(UserError, match=r"gone.yaml: cannot be read \(No such file.*EARSHOT_\w+_FILE names"):
        Lexicon.load(taxonomy, own)


def test_a_wrong_taxonomy_is_refused_with_its_files_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 7")
    with pytest.raises(TaxonomyError, match=r"mine\.yaml: line 1: Object missing required field `context`"):
        Lexicon.load(str(file))


@pytest.mark.parametrize("topic", NEEDED_TOPICS)
def test_a_taxonomy_without_a_topic_that_the_code_names_is_refused_in_one_line(tmp_path: Path, topic: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TAXONOMY.decode().replace(f"id: {topic}", "id: renamed"))
    with pytest.raises(TaxonomyError, match=rf"mine\.yaml: it has no topic {topic}, which the rules") as refused:
        Lexicon.load(str(file))
    assert "\n" not in str(refused.value)


def test_the_shipped_intents_name_topics_of_the_shipped_taxonomy() -> None:
    assert set(IntentWords.load().grievances) | set(NEEDED_TOPICS) <= set(Taxonomy.load().by_id)
