"""The rooms keep to themselves: read off the source, so that a violation names its line even where it is never run."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = (
    sys.stdlib_module_names
    - {"time", "socket", "asyncio", "threading", "subprocess", "random", "logging", "http", "urllib"}
) | {"msgspec", "yaml", "librt", "mypy_extensions"}
"""What the pure rooms may import: no network, no clock of their own, no chance."""
ROOMS = (
    "streams.vocabulary", "streams.records", "streams.errors", "streams.yaml_file", "streams.snowflake",
    "streams.directory", "streams.reading", "streams.tables", "streams.indicators", "streams.figures",
)  # fmt: skip


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, full name of the module) of every import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.relative_to(ROOT)}:{node.lineno}: a relative import"
            if node.module == "streams":
                yield from ((node.lineno, f"streams.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module or ""


def violations(folder: Path, allowed: tuple[str, ...], forbidden: tuple[str, ...] = ()) -> list[str]:
    """`file:line imports what` for everything outside `allowed` (if any) or inside `forbidden`."""

    def within(module: str, rooms: tuple[str, ...]) -> bool:
        return any(module == room or module.startswith(f"{room}.") for room in rooms)

    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sorted(folder.rglob("*.py"))
        for line, module in imports(path)
        if within(module, forbidden) or (allowed and not within(module, allowed) and module.split(".")[0] not in PURE)
    ]


@pytest.mark.parametrize("room", ["reading", "tables", "directory", "indicators", "figures"])
def test_the_middle_is_pure(room: str) -> None:
    assert (ROOT / "streams" / room / "__init__.py").exists()
    assert violations(ROOT / "streams" / room, ROOMS) == []


def test_streams_never_imports_agents_or_deploy() -> None:
    assert violations(ROOT / "streams", (), ("agents", "deploy")) == []


def test_deploy_imports_streams_only() -> None:
    assert violations(ROOT / "deploy", (), ("agents", "tests", "bench")) == []


def test_only_the_faust_room_touches_faust() -> None:
    """File by file: a module that lies beside the rooms is looked at, too."""
    found = violations(ROOT / "streams", (), ("faust", "mode", "aiokafka"))
    assert [line for line in found if not line.startswith("streams/faustkit/")] == []


def test_a_violation_names_its_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "bad.py").write_text("import csv\n\n\ndef late() -> None:\n    from faust import App\n")
    assert violations(tmp_path, ROOMS) == ["bad.py:5 imports faust"]
    assert violations(tmp_path, (), ("csv",)) == ["bad.py:1 imports csv"]
