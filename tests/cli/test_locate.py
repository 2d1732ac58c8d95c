"""`earshot locate` says where and why, for one text and for a file of them."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import main


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["locate", *words])


def a_file(folder: Path, content: str | bytes) -> str:
    path = folder / "places.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_a_place_across_the_state_line_is_explained() -> None:
    shown = run("Moorhead, MN", "--hospital", "350070")
    assert shown.exit_code == 0
    lines = dict(line.split(maxsplit=1) for line in shown.stdout.splitlines() if line[0] != " ")
    assert lines["place"].startswith("Moorhead, MN, US")
    assert lines["hospital"].startswith("350070 Essentia")
    assert lines["rule"].startswith("hsa: ")
    assert lines["tier"].startswith("local, ")


def test_json_has_the_same() -> None:
    shown = json.loads(run("Fargo, ND", "--hospital", "350070", "--json").stdout)
    assert shown["location"] == "Fargo, ND"
    assert (shown["place"]["city"], shown["place"]["precision"], shown["abstained"]) == ("Fargo", "city", None)
    assert shown["candidates"][0]["name"] == "Fargo"
    assert (shown["locality"]["tier"], shown["locality"]["rule"]) == ("local", "hsa")
    assert (shown["hospital"]["id"], shown["hospital"]["hsa"]["id"]) == ("350070", "35014")
    assert 10 <= shown["hospital"]["r_local"] <= 30


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("Fargo, ND", "a town beside what it lies in"),
        ("Portland", "a name alone, by far the largest of"),
        ("NOLA", "a name that people have for the town"),
        ("58102", "a ZIP code"),
        ("46.87, -96.78", "coordinates"),
        ("Cass County, ND", "a county beside its state"),
        ("Minnesota", "a state or province"),
        ("Canada", "a country"),
        ("Hogwarts", ""),
    ],
)
def test_it_says_what_the_text_was_taken_for(text: str, read_as: str) -> None:
    shown = json.loads(run(text, "--json").stdout)
    assert shown["read_as"].startswith(read_as)
    assert bool(shown["read_as"]) == (shown["place"] is not None)


def test_without_a_hospital_there_is_only_the_place() -> None:
    shown = json.loads(run("Fargo, ND", "--json").stdout)
    assert (shown["hospital"], shown["locality"]) == (None, None)
    assert "tier" not in run("Fargo, ND").stdout


def test_an_abstention_says_its_reason_and_what_it_might_have_been() -> None:
    shown = run("Springfield", "--hospital", "240010")
    assert "none: ambiguous" in shown.stdout
    assert "Springfield, MO, US" in shown.stdout
    assert "tier       unknown" in shown.stdout


@pytest.mark.parametrize("named", ["350070", "@InnovisHealth", "essentia"])
def test_a_hospital_is_found_by_id_handle_or_part_of_its_name(named: str) -> None:
    assert json.loads(run("Fargo", "--hospital", named, "--json").stdout)["hospital"]["id"] == "350070"


def test_a_name_of_several_hospitals_is_one_line_that_lists_them() -> None:
    shown = run("Fargo", "--hospital", "children")
    assert shown.exit_code == 1
    assert "223302 Boston Children's Hospital" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_a_hospital_that_is_not_there_is_one_line() -> None:
    shown = run("Fargo", "--hospital", "999999")
    assert shown.exit_code == 1
    assert shown.stderr.startswith("Error: no hospital of the directory is '999999'")


ROWS = 'id,location,hospital\n1,"Rochester, MN",240010\n2,"Rochester, MN",\n3,Hogwarts,240010\n'


def test_a_file_gives_a_row_for_each_of_its_rows(tmp_path: Path) -> None:
    shown = run("--csv", a_file(tmp_path, ROWS), "--hospital", "330101")
    rows = list(csv.DictReader(io.StringIO(shown.stdout)))
    assert [(row["location"], row["hospital"], row["tier"]) for row in rows] == [
        ("Rochester, MN", "240010", "local"),
        ("Rochester, MN", "330101", "national"),
        ("Hogwarts", "240010", "unknown"),
    ]
    assert rows[2]["abstained"] == "junk"


def test_a_file_as_json_is_a_line_for_each_row(tmp_path: Path) -> None:
    shown = run("--csv", a_file(tmp_path, ROWS), "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [row["tier"] for row in rows] == ["local", "", "unknown"]
    assert rows[0]["distance_km"] < 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("place\nFargo\n", "its header has no column location"),
        ("", "its header has no column location"),
        ("location,hospital\nFargo,350070\nFargo,nowhere-at-all\n", "line 3: no hospital of the directory"),
        ("location\nS\xe3o Paulo\n".encode("latin-1"), "is not UTF-8"),
        ('location\n"Fargo\n', "line 1: "),
    ],
)
def test_a_wrong_file_is_one_line_that_says_where(tmp_path: Path, content: str | bytes, said: str) -> None:
    shown = run("--csv", a_file(tmp_path, content))
    assert shown.exit_code == 1
    assert said in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    shown = run("--csv", str(tmp_path / "none.csv"))
    assert shown.exit_code == 1
    assert "cannot be read" in shown.stderr


@pytest.mark.parametrize("words", [(), ("Fargo", "--csv", "x.csv")])
def test_neither_or_both_of_text_and_file_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
