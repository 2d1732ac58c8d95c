"""`earshot tag` says what is read in a text and by which words."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from agents.cli import main


def tag(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["tag", *words], env=env)


def read(*words: str, **env: str) -> Any:
    result = tag(*words, "--json", **env)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_it_says_topics_with_their_class_intent_and_to_whom() -> None:
    found = read("@SandsideHealth the bathroom was filthy, is the oncology ward like that?")
    assert found["topics"] == ["cancer_care", "facility_environment"]
    assert found["classes"] == {"cancer_care": "S", "facility_environment": "O"}
    assert (found["intent"], found["addressed"], found["about"], found["attention"]) == ("question", True, True, False)
    told = [one for one in found["matches"] if one["what"] == "facility_environment" and one["counts"]]
    assert any("filthy" in one["phrase"] and one["weight"] > 0 for one in told)


def test_it_says_what_does_not_count_and_why() -> None:
    shown = tag("@SandsideHealth can't wait").stdout
    assert shown.startswith("topics     none\nintent     ")
    shown = tag("@SandsideHealth hours in the waiting room with my kid").stdout
    assert "found      '[any post]': wait_times -" in shown


def test_it_says_when_a_person_must_look() -> None:
    assert read("@SandsideHealth you gave her the wrong medication")["attention"]
    assert "; a person must look at it\n" in tag("@SandsideHealth I want to kill myself").stdout


def test_for_one_hospital_only_its_own_handles_and_words_count(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("240010: {off: [facility_environment], phrases: {emergency_care: [the purple zone]}}")
    text = "@ClevelandClinic a filthy bathroom in the purple zone"
    found = read(text, "--hospital", "240010", EARSHOT_HOSPITAL_TOPICS_FILE=str(own))
    assert (found["topics"], found["addressed"], found["about"]) == (["emergency_care"], False, False)
    assert read(text, "--hospital", "@clevelandclinic")["addressed"]


def test_an_unknown_hospital_is_one_line() -> None:
    for named in ("999999", "@nobody_at_all"):
        result = tag("x", "--hospital", named)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"Error: no hospital of the directory is {named!r}")


def test_a_text_of_nothing_is_about_nothing() -> None:
    assert read("")["topics"] == []
