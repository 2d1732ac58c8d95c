"""docs/directory.md names all that may stand in a directory's files."""

from pathlib import Path

from streams.directory.files import COLUMNS
from streams.directory.hospital import GOALS, KINDS, OWNERSHIPS, ROLES
from streams.vocabulary import NETWORKS

PAGE = (Path(__file__).parents[2] / "docs/directory.md").read_text(encoding="utf-8")


def test_every_file_column_and_word_is_named() -> None:
    words = [*COLUMNS, *(column for columns in COLUMNS.values() for column in columns)]
    missing = [word for word in (*words, *KINDS, *OWNERSHIPS, *ROLES, *NETWORKS) if f"`{word}`" not in PAGE]
    assert not missing


def test_the_goals_are_those_declared() -> None:
    for goal, kind in GOALS.items():
        assert f"| `{goal}` | {kind.better} | {kind.unit} | {kind.meaning} |" in PAGE
