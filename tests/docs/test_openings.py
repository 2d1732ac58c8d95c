"""A module's opening names its callers; each of them exists and imports the module."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("streams", "agents", "deploy", "bench")
CALLED = re.compile(
    r"(?:(?<!\w)[Cc]alled|(?<!\w)[Uu]sed|Made|Read)(?: \w+){0,2}? by\b((?:[^.;:`(]|`[^`]*`|\.(?=\w)|\([^)]*\))*)"
)
"""From `Called by` to the end of the sentence."""
NAMED = re.compile(r"`([^`]+)`")


def module_of(path: Path) -> str:
    """`agents/cli/replay.py` -> `agents.cli.replay`; a folder's `__init__.py` is the folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))}


@cache
def imports(module: str) -> frozenset[str]:
    """The modules that a module imports; of `from a import b` both `a` and `a.b`, where they are modules."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found & MODULES.keys())


def reaches(caller: str, module: str) -> bool:
    """Whether a caller imports the module, or its package, whose `__init__` does; of a package, any part of it."""
    package = module.rpartition(".")[0]
    direct = imports(caller)
    if MODULES[module].name == "__init__.py" and any(one.startswith(f"{module}.") for one in direct):
        return True
    return module in direct or (package in direct and package in MODULES and module in imports(package))


def opening(module: str) -> str:
    """The module's docstring on one line."""
    return " ".join((ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8"))) or "").split())


def callers_named(text: str) -> list[str]:
    """What stands in backticks after `Called by` and the like, up to the end of the sentence."""
    return [name for sentence in CALLED.findall(text) for name in NAMED.findall(sentence)]


def candidates(name: str, module: str) -> list[str] | None:
    """The modules that a name may mean; None if it names none, but a function, a setting or another file."""
    if name.startswith("earshot "):
        command = name.split()[1].replace("-", "_")
        return [one for one in (f"agents.cli.{command}",) if one in MODULES]
    if name.startswith("make "):
        return None
    path = name.strip("/")
    if not re.fullmatch(r"[\w./-]+", path) or not (path.endswith(".py") or "/" in name):
        return None
    dotted = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    room = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    # The nearest first: beside the module, then in the rooms around it, then by the whole path.
    while room:
        if f"{room}.{dotted}" in MODULES:
            return _within(f"{room}.{dotted}", folder=not path.endswith(".py"))
        room = room.rpartition(".")[0]
    if dotted in MODULES or (ROOT / path).is_dir():
        return _within(dotted, folder=not path.endswith(".py"))
    return [one for one in MODULES if one.endswith(f".{dotted}")]


def _within(module: str, *, folder: bool) -> list[str]:
    return [one for one in MODULES if one == module or (folder and one.startswith(f"{module}."))]


def wrong(module: str) -> list[str]:
    """For each caller that the opening names wrongly: the file, the name and what is wrong."""
    file = MODULES[module].relative_to(ROOT)
    found = []
    for name in callers_named(opening(module)):
        callers = candidates(name, module)
        if callers is None:
            continue
        if not callers:
            found.append(f"{file}: its opening names the caller `{name}`, which does not exist")
        elif name.startswith("earshot "):
            steps = {*callers, *(step for caller in callers for step in imports(caller))}
            if not any(reaches(step, module) for step in steps):
                found.append(f"{file}: its opening names the caller `{name}`, whose command does not import it")
        elif not any(reaches(caller, module) for caller in callers):
            found.append(f"{file}: its opening names the caller `{name}`, which does not import it")
    return found


def test_openings_name_callers() -> None:
    """The sentence is found: most rooms name a caller, so a changed wording cannot empty the test below."""
    opened = [one for one in MODULES if callers_named(opening(one))]
    assert len(opened) > 100


def test_a_wrong_caller_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "Called by `files.py`, `hospital.py`, `gone.py`; also by `load` and `earshot health`."
    monkeypatch.setattr(f"{__name__}.opening", lambda _: says)
    assert wrong("streams.directory.hospital") == [
        "streams/directory/hospital.py: its opening names the caller `hospital.py`, which does not import it",
        "streams/directory/hospital.py: its opening names the caller `gone.py`, which does not exist",
    ]


@pytest.mark.parametrize("module", MODULES)
def test_each_caller_that_an_opening_names_imports_the_module(module: str) -> None:
    assert wrong(module) == []
