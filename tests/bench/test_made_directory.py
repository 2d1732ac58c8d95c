"""A made-up directory is one that Earshot takes, with an account for each hospital."""

from pathlib import Path

from agents.simulated.people import targets
from bench import made_directory
from streams import directory


def test_it_loads_with_every_hospital_addressable(tmp_path: Path) -> None:
    found = directory.load(str(made_directory.write(tmp_path / "made", 5000)))
    assert len(found.hospitals) == len(targets(found)) == 5000
    assert len({one.zip for one in found.hospitals}) > 4000
