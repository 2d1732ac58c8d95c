"""The resolver is measured on texts that were written for it and on none that it was tuned by alone."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli import main
from agents.evaluation.places import Figures, Labelled, evaluate, fate, load
from streams.reading.places.place import Abstention, Place
from streams.reading.places.resolver import Gazetteer

OWN_SET = Path(__file__).parents[1] / "cases" / "profile_locations.csv"
FARGO = Labelled("Fargo, ND", "US", "ND", "Fargo", (46.88, -96.79))
HEADER = "location,country,admin1,city,lat,lon\n"


def place(**changes: object) -> Place:
    values = {
        "country": "US", "admin1": "ND", "city": "Fargo", "latitude": 46.9, "longitude": -96.8, "precision": "city",
        "evidence": "profile", "confidence": 90, **changes,
    }  # fmt: skip
    return Place(**values)  # type: ignore[arg-type] # as given


def test_on_the_projects_own_set_an_answer_is_right_19_times_of_20() -> None:
    labels = load(OWN_SET)
    figures = evaluate(labels, Gazetteer.load())
    assert len(labels) >= 150
    assert figures.n == len({label.location for label in labels}), "no text stands twice"
    assert figures.precision >= 0.95
    assert figures.recall >= 0.90
    assert sum(not label.country for label in labels) >= 50, "what must be refused is well represented"


@pytest.mark.parametrize(
    ("label", "answer", "judged"),
    [
        (FARGO, place(), "right"),
        (FARGO, place(latitude=46.5), "right"),
        (FARGO, place(latitude=47.5), "wrong"),
        (FARGO, place(latitude=None, longitude=None, city=""), "wrong"),
        (FARGO, Abstention("ambiguous"), "missed"),
        (Labelled("ND", "US", "ND", "", None), place(latitude=None, longitude=None), "right"),
        (Labelled("ND", "US", "ND", "", None), place(admin1="MN"), "wrong"),
        (Labelled("USA", "US", "", "", None), place(admin1="MN"), "right"),
        (Labelled("nowhere", "", "", "", None), place(), "wrong"),
        (Labelled("nowhere", "", "", "", None), Abstention("junk"), "refused"),
    ],
)
def test_an_answer_is_judged_as_fine_as_its_label(label: Labelled, answer: Place | Abstention, judged: str) -> None:
    assert fate(label, answer) == judged


def test_the_figures_can_be_bad() -> None:
    labels = [FARGO, Labelled("Fargo, ND", "US", "MN", "", None), Labelled("Fargo, ND", "", "", "", None)]
    assert evaluate(labels, Gazetteer.load()) == Figures(3, 0.5, 0.3333, {})


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("location,country\n", "no column admin1, city, lat, lon"),
        (HEADER + "Fargo,US,ND,Fargo,north,west\n", "line 2: lat and lon"),
        (HEADER + "Fargo,US,ND,Fargo,99,0\n", "line 2: lat and lon"),
        (HEADER + "Fargo,,ND,,,\n", "line 2: a label without a country"),
        (HEADER, "has no rows"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_it(text: str, named: str, tmp_path: Path) -> None:
    file = tmp_path / "set.csv"
    file.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["evaluate", "places", str(file)])
    assert done.exit_code == 1
    assert named in done.output
    assert done.output.count("\n") == 1


def test_the_command_prints_the_figures_and_can_show_what_was_wrong(tmp_path: Path) -> None:
    file = tmp_path / "set.csv"
    file.write_text(HEADER + "Fargo ND,US,MN,,,\nearth,,,,,\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["evaluate", "places", str(file), "--verbose", "--json"])
    assert done.exit_code == 0
    wrong, figures = done.output.splitlines()
    assert '"wrong":"Fargo ND"' in wrong
    assert figures == '{"n":2,"recall":0.0,"precision":0.0,"abstained":{"junk":1}}'
    told = CliRunner().invoke(main, ["evaluate", "places", str(file)]).output
    assert told == "2 texts; recall 0.000, precision 0.000\n  1 without an answer: junk\n"
