"""`earshot evaluate posts` on files written for it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agents.cli import main

POSTS = [
    {
        "text": "@SandsideHealth the bathroom was filthy",
        "topics": ["facility_environment"],
        "intent": "complaint",
        "addressed": True,
        "note": "not read",
    },
    {
        "text": "cancer screening at the mall by @SandsideHealth",
        "topics": ["cancer_care", "wait_times"],
        "intent": "question",
        "addressed": False,
    },
    {"text": "lunch", "topics": []},
]
LINES = "\n".join(["", *map(json.dumps, POSTS), ""])


def evaluate(path: Path, content: str) -> Result:
    path.write_text(content, encoding="utf-8")
    return CliRunner().invoke(main, ["evaluate", "posts", "--json", str(path)])


def test_json_lines_give_topics_intent_and_addressed(tmp_path: Path) -> None:
    figures = json.loads(evaluate(tmp_path / "posts.jsonl", LINES).stdout)
    assert list(figures) == ["n", "topics", "intent", "addressed"]
    assert figures["n"] == 3
    assert list(figures["topics"]) == ["macro_f1", "micro_f1", "per_topic"]
    assert figures["topics"]["per_topic"]["facility_environment"]["f1"] == 1
    assert figures["topics"]["per_topic"]["wait_times"] == {
        "precision": 0, "recall": 0, "f1": 0, "labelled": 1, "answered": 0,
    }  # fmt: skip
    assert figures["intent"]["confusion"]["complaint"] == {"complaint": 1}
    assert figures["addressed"] == {"accuracy": 1}


@pytest.mark.parametrize("between", ["|", ";", " ", "; "])
def test_a_csv_gives_topics_alone(tmp_path: Path, between: str) -> None:
    rows = f'id,text,topics\n1,"the bathroom, filthy",facility_environment{between}wait_times\n2,"two\nlines",\n'
    figures = json.loads(evaluate(tmp_path / "set.CSV", rows).stdout)
    assert list(figures) == ["n", "topics"]
    assert figures["n"] == 2
    assert {name: one["labelled"] for name, one in figures["topics"]["per_topic"].items()} == {
        "facility_environment": 1,
        "wait_times": 1,
    }


def test_a_label_that_is_no_topic_counts_as_missed_and_is_named(tmp_path: Path) -> None:
    result = evaluate(tmp_path / "set.csv", "text,topics\nx,wait_time\n")
    figures = json.loads(result.stdout)
    assert figures["unknown"] == ["wait_time"]
    assert figures["topics"]["macro_f1"] == 0
    assert result.exit_code == 1
    assert "no topic of the taxonomy: wait_time; did you mean wait_times?" in result.stderr


def test_people_get_lines_to_read(tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(LINES, encoding="utf-8")
    lines = CliRunner().invoke(main, ["evaluate", "posts", str(file)]).stdout.splitlines()
    assert lines[0].startswith("3 posts; topics: macro F1 0.")
    assert any(line.split()[:3] == ["facility_environment", "F1", "1.000,"] for line in lines)
    assert "  complaint: 1 of 1" in lines
    assert lines[-1] == "addressed: accuracy 1.000"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text": 7}\n', "a.jsonl: line 2: Expected `str`, got `int`"),
        ("a.jsonl", '{"text": "a", "intent": "anger"}', "a.jsonl: line 1: Invalid enum value 'anger'"),
        ("a.jsonl", "{", "a.jsonl: line 1: Input data was truncated"),
        ("a.jsonl", "\n", "a.jsonl: has no posts"),
        ("a.csv", "text,topic\na,b\n", "a.csv: the header has no column topics"),
        ("a.csv", "", "a.csv: the header has no column text and topics"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_the_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    result = evaluate(tmp_path / name, content)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\xff\xfe\x00")
    for name, message in (("gone.jsonl", "cannot be read (No such file"), ("a.jsonl", "is not UTF-8")):
        result = CliRunner().invoke(main, ["evaluate", "posts", str(tmp_path / name)])
        assert result.exit_code == 1
        assert message in result.stderr
