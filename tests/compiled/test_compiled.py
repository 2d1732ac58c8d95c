"""What is compiled is used where it is right, never where it is not, and never by the oracle."""

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path

import msgspec
import pytest

from deploy.compiled.__main__ import NotCompiledError, compiled_here
from deploy.compiled.modules import MODULES, path_of, sources
from streams import compiled
from streams.compiled import MANIFEST, ROOT, Manifest

SOURCE = "streams/one.py"
built = pytest.mark.skipif(bool(compiled.available()), reason=f"here workers are pure Python: {compiled.available()}")


def said(program: str) -> str:
    """What a fresh interpreter prints, or the error that it ends with."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.stdout.strip() or done.stderr.splitlines()[-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of one source, and a folder that says it was compiled from it."""
    (tmp_path / "streams").mkdir()
    (tmp_path / SOURCE).write_text("ONE = 1\n")
    made = Manifest(compiled.suffix(), {"streams.one": "one.so"}, {SOURCE: compiled.digest_of(tmp_path / SOURCE)})
    (tmp_path / MANIFEST).write_bytes(msgspec.json.encode(made))
    return tmp_path


def outdated(folder: Path) -> str:
    found = compiled.manifest(folder)
    assert found is not None
    return found.outdated(folder)


def test_an_edited_source_is_what_runs(folder: Path) -> None:
    assert outdated(folder) == ""
    (folder / SOURCE).write_text("ONE = 2\n")
    assert outdated(folder) == "streams/one.py was edited since it was compiled"
    (folder / SOURCE).unlink()
    assert outdated(folder) == "streams/one.py was edited since it was compiled"


def test_what_another_python_compiled_is_not_used(folder: Path) -> None:
    other = msgspec.json.decode((folder / MANIFEST).read_bytes()) | {"suffix": ".cpython-39-darwin.so"}
    (folder / MANIFEST).write_bytes(msgspec.json.encode(other))
    assert outdated(folder) == "what was compiled is for another Python (.cpython-39-darwin.so)"


def test_without_anything_compiled_python_runs(tmp_path: Path) -> None:
    assert compiled.use(tmp_path) == "nothing was compiled"
    assert not compiled.used()


@built
def test_a_process_that_asks_gets_the_compiled_modules_and_no_other_does() -> None:
    ask = "from streams import compiled; compiled.use()\n"
    where = "from streams.tables import rows; print(rows.__file__)"
    assert said(ask + where).endswith(f"built/streams.tables.rows{compiled.suffix()}")
    assert said(where).endswith("streams/tables/rows.py")


@built
def test_asking_twice_is_no_harm() -> None:
    twice = "from streams import compiled; compiled.use()\nfrom streams.tables import rows\n"
    assert said(f"{twice}print([compiled.use(), compiled.used()])") == "['', True]"


@built
def test_two_forms_of_a_class_never_meet() -> None:
    early = "from streams.tables import rows\nfrom streams import compiled; print(compiled.use(), compiled.used())"
    assert said(early) == "streams.tables.cells was imported before False"


@built
def test_the_oracle_refuses_to_be_compiled() -> None:
    program = "from streams import compiled; compiled.use()\nfrom agents.proving.oracle import judge\n"
    assert (
        said(f"{program}judge([], [], None, 1, 1)")
        == "RuntimeError: the oracle runs in pure Python, and this process uses compiled modules"
    )


def test_the_command_imports_nothing_too_early() -> None:
    program = f"import sys, agents.cli.worker; print(sorted({set(MODULES)!r} & sys.modules.keys()))"
    assert said(program) == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_a_compiled_module_has_no_shapes(module: str) -> None:
    tree = ast.parse((ROOT / path_of(module)).read_text(encoding="utf-8"))
    bases = [ast.unparse(base) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases]
    assert not [base for base in bases if "Struct" in base or "NamedTuple" in base]


def test_what_a_compiled_module_imports_belongs_to_its_sources() -> None:
    found = sources(ROOT)
    assert {path_of(module) for module in MODULES} < set(found)
    assert {"streams/records.py", "streams/vocabulary.py", "streams/reading/topics/groups.py"} < set(found)
    assert "streams/faustkit/state.py" not in found


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sysconfig, "get_config_var", lambda _: "gcc -pthread")
    with pytest.raises(NotCompiledError, match=r"there is no C compiler \(gcc\) here"):
        compiled_here(folder=tmp_path / "built")


@built
@pytest.mark.timeout(1200)
def test_the_core_holds_compiled_as_well() -> None:
    """Its own tests once more, in a process that takes the compiled modules."""
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "tests.compiled_core", "tests/reading", "tests/tables"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
