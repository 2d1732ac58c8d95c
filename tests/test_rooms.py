"""No two rooms import each other. `python -m tests.test_rooms` prints every arrow between rooms.

A room is a folder directly under `streams/`, `agents/` or `deploy/`, as README's tree shows them; the files that lie
beside the rooms of one of the three are a room too.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSES = ("streams", "agents", "deploy")
Arrows = Mapping[tuple[str, str], list[str]]
"""(importing room, imported room) -> `file:line` of each import."""


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a file. What `from a import b` brings is `a.b`: b may be a module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{one.name}") for one in node.names)


def room_of(root: Path, name: str) -> str | None:
    """The room of a dotted name; None if it is of no house."""
    house, *inner = name.split(".")
    if house not in HOUSES:
        return None
    return f"{house}/{inner[0]}" if inner and (root / house / inner[0]).is_dir() else house


def arrows(root: Path) -> Arrows:
    """Every arrow from one room to another."""
    found = defaultdict(list)
    for file in sorted(file for house in HOUSES for file in (root / house).rglob("*.py")):
        inside = file.relative_to(root)
        room = room_of(root, ".".join(inside.with_suffix("").parts))
        for line, name in imported(file):
            other = room_of(root, name)
            if room and other and room != other:
                found[room, other].append(f"{inside}:{line} imports {name}")
    return found


def mutual(found: Arrows) -> list[str]:
    """The imports of every two rooms that import each other."""
    return [one for (room, other), imports in sorted(found.items()) if (other, room) in found for one in imports]


def test_no_two_rooms_import_each_other() -> None:
    found = arrows(ROOT)
    assert len(found) > 50, "the rooms were not found"
    assert mutual(found) == []


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("streams/first/one.py", "streams/second/one.py", 2),
        ("streams/first/deeper/one.py", "streams/second/one.py", 2),
        ("streams/first/one.py", "streams/first/deeper/one.py", 0),
        ("streams/first/one.py", "streams/one.py", 2),
    ],
)
def test_a_mutual_import_is_found(tmp_path: Path, first: str, second: str, said: int) -> None:
    for file, other in ((first, second), (second, first)):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        folder, name = other.removesuffix(".py").replace("/", ".").rsplit(".", maxsplit=1)
        path.write_text(f"def late():\n    from {folder} import {name}\n")
    found = mutual(arrows(tmp_path))
    assert len(found) == said
    assert all(":2 imports " in one for one in found)


if __name__ == "__main__":
    made = arrows(ROOT)
    for (one, other), lines in sorted(made.items()):
        print(f"{one} -> {other} ({len(lines)}){' and back' if (other, one) in made else ''}")
