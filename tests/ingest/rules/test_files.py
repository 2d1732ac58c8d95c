"""The file of community queries: what may stand in it, and what is said of the rest."""

from pathlib import Path

import pytest

from agents.ingest.rules import files
from agents.ingest.rules.files import QueriesError
from agents.ingest.rules.model import Community, Place, Point, RuleSet, accounts_of
from agents.ingest.x.rule_text import stream_rules
from agents.simulated.stream_rules import parse as parse_rule
from streams import directory
from streams.settings import load

FARGO = directory.load().by_id["350070"]
FULL = """
fargo_births:
  keywords: [maternity ward, "labor and delivery", no, café]
  hashtags: [FargoBirths, médico]
  languages: [en, es]
  near: {hospital: "350070", miles: 10}
everything_in_corvallis:
  near: {place: "Corvallis, OR"}
"""


def parsed(text: str) -> tuple[Community, ...]:
    return files.parse(text.encode(), directory.load(), "queries.yaml")


def test_a_query_is_read_in_full() -> None:
    assert parsed(FULL) == (
        Community(
            "fargo_births",
            ("maternity ward", "labor and delivery", "no", "café"),
            ("FargoBirths", "médico"),
            ("en", "es"),
            Point(FARGO.longitude, FARGO.latitude, 10),
        ),
        Community("everything_in_corvallis", near=Place("Corvallis, OR")),
    )


@pytest.mark.parametrize("text", ["", "\n", "# none yet\n\n  # really\n"])
def test_a_file_of_nothing_but_comments_wants_nothing(text: str) -> None:
    assert parsed(text) == ()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("Births: {keywords: [er]}", 1, "the name 'Births' is not 1 to 40 of a-z, 0-9, _ and -"),
        ("a: {keywords: [er]}\na: {keywords: [icu]}", 2, "`a` stands twice"),
        ("a: {}", 1, "neither keywords nor hashtags nor near"),
        ("a: {languages: [en]}", 1, "neither keywords nor hashtags nor near"),
        ("a:\n  words: [er]", 2, "unknown field `words`"),
        ("a:\n  keywords: er", 2, "Expected `array`"),
        ("a:\n  keywords:\n  - er\n  - '#er'", 4, "hashtags go without #"),
        ("a: {keywords: ['@mayoclinic']}", 1, "accounts into the directory"),
        ("a: {keywords: ['...']}", 1, "has no word"),
        ("a: {keywords: ['say \"no\"']}", 1, "has a character that X might read as its own"),
        (f"a: {{keywords: [{'long ' * 30}]}}", 1, "has more than 100 characters"),
        ("a: {hashtags: ['#er']}", 1, "is not one word without #"),
        ("a: {hashtags: ['2026']}", 1, "is not one word without #"),
        ("a: {keywords: [er], languages: [English]}", 1, "is not two letters such as en"),
        ("a: {keywords: [er], languages: [aa,ab,ac,ad,ae,af,ag,ah,ai,aj,ak]}", 1, "more than 10 languages"),
        ("a: {near: {hospital: '999999'}}", 1, "hospital 999999 is not in the directory"),
        ("a:\n  near:\n    hospital: '350070'\n    miles: 26", 4, "miles is not 1 to 25"),
        ("a: {near: {hospital: '350070', place: Fargo}}", 1, "a hospital or a place, one of them"),
        ("a: {near: {miles: 5}}", 1, "a hospital or a place, one of them"),
        ("a: {keywords: [er]]}", 1, "did not find expected"),
        ("- a", 1, "Expected `object`"),
    ],
)
def test_a_wrong_entry_is_one_line_with_its_place(text: str, line: int, what: str) -> None:
    with pytest.raises(QueriesError) as refused:
        parsed(text)
    said = str(refused.value)
    assert said.startswith(f"queries.yaml: line {line}: ")
    assert what in said
    assert "\n" not in said


def test_the_setting_names_the_file_and_none_is_none(tmp_path: Path) -> None:
    path = tmp_path / "queries.yaml"
    path.write_text(FULL, "utf-8")
    day = "2026-11-24"
    wanted = files.load(load({"EARSHOT_COMMUNITY_QUERIES_FILE": str(path)}), day)
    assert [one.name for one in wanted.communities] == ["fargo_births", "everything_in_corvallis"]
    assert wanted.accounts == accounts_of(directory.load(), day)
    assert files.load(load({}), day).communities == ()
    path.unlink()
    with pytest.raises(QueriesError, match=r"EARSHOT_COMMUNITY_QUERIES_FILE=.*cannot be read"):
        files.load(load({"EARSHOT_COMMUNITY_QUERIES_FILE": str(path)}), day)


def test_the_longest_query_that_may_be_fits_a_search() -> None:
    word = "é" * 100
    text = f"{'a' * 40}: {{keywords: ['{word[:50]} {word[:49]}'], languages: [aa,ab,ac,ad,ae,af,ag,ah,ai,aj], "
    for near in ("hospital: '350070'", f"place: '{'x ' * 49}x'"):
        (community,) = parsed(text + f"near: {{{near}}}}}")
        wanted = RuleSet.of(directory.Directory(()), "", (community,))
        for rule in stream_rules(wanted, 512):
            parse_rule(rule.value, 512)


def test_the_example_of_the_docs_can_be_used() -> None:
    text = (Path(__file__).parents[3] / "docs" / "ingest.md").read_text("utf-8")
    (example,) = (part for part in text.split("```yaml\n")[1:] if "hashtags:" in part.partition("```")[0])
    assert len(parsed(example.partition("```")[0])) >= 3
