"""A third source touches its own folder, its payload's module, and five lines elsewhere: shown with a pretended one.

The tree is copied, the source put into it, and the copy run as a process of its own against a real Kafka.
"""

import difflib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from agents.ingest.sources import SOURCES as DESCRIPTORS
from streams import vocabulary
from streams.reading.sources import READERS
from streams.settings import Settings, SettingsError, environment, load
from tests.scripted_bluesky import directory_folder

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests/ingest/third_source"
MOST_LINES = 5
EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "streams/vocabulary.py": (
        ('    "x": Network(', '    "third": Network("Third", r"[a-z]+", "letters"),\n    "x": Network('),
    ),
    "streams/reading/sources.py": (
        ("import bluesky, x\n", "import bluesky, third, x\n"),
        (
            '    "x": PayloadReader(',
            '    "third": PayloadReader(third.ThirdEnvelope, third.post_of),\n    "x": PayloadReader(',
        ),
    ),
    "agents/ingest/sources.py": (
        ("from agents.ingest.x.", "from agents.ingest.third.descriptor import THIRD\nfrom agents.ingest.x."),
        ("        X,\n", "        X,\n        THIRD,\n"),
    ),
}  # fmt: skip
"""File -> (before, after): every line outside the source's own folder and module."""


def edited(name: str) -> str:
    """A file's text with its edits."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for before, after in EDITS[name]:
        assert text.count(before) == 1, f"{name}: {before!r}"
        text = text.replace(before, after)
    return text


def tree(folder: Path) -> Path:
    """A copy of the product that has the pretended source."""
    for room in ("agents", "streams", "deploy"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    own = folder / "agents/ingest/third"
    own.mkdir()
    for file, to in (("payload.py", folder / "streams/reading/third.py"), ("descriptor.py", own / "descriptor.py")):
        text = (OWN / file).read_text(encoding="utf-8")
        to.write_text(text.replace("tests.ingest.third_source.payload", "streams.reading.third"), encoding="utf-8")
    (own / "__init__.py").write_text('"""The pretended source."""\n')
    for name in EDITS:
        (folder / name).write_text(edited(name), encoding="utf-8")
    return folder


def test_a_third_source_touches_five_lines_outside_its_own_folder() -> None:
    touched = []
    for name in EDITS:
        was = (ROOT / name).read_text(encoding="utf-8").splitlines()
        touched += [line for line in difflib.ndiff(was, edited(name).splitlines()) if line.startswith("+ ")]
    assert len(touched) <= MOST_LINES, touched


@pytest.mark.kafka
def test_a_third_source_goes_all_the_way(pipeline_settings: Settings, tmp_path: Path) -> None:
    known = directory_folder(tmp_path / "directory", "240010,third,mayo,official,,")
    settings = msgspec.structs.replace(
        pipeline_settings, sources="third", directory_folder=known, wal_dir=str(tmp_path / "wal")
    )
    environ = {**os.environ, **environment(settings), "PYTHONPATH": str(tree(tmp_path / "tree"))}
    done = subprocess.run(
        [sys.executable, str(OWN / "walk.py")],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == {
        "mentions": [["240010", "third-1", "mentioned"], ["240010", "third-2", "author"]],
        "letters": [["third", "still_dead"]],
        "address": "https://third.example/third-1",
        "found": ["Third"],
        "series": [
            'source_lines_total{kind="post",source="third"} 2.0',
            'source_lines_total{kind="dead",source="third"} 1.0',
            'source_stream_connected{source="third"} 1.0',
        ],
        "sources": ["bluesky", "third", "x"],
    }


def test_the_three_lists_of_sources_name_the_same() -> None:
    assert set(vocabulary.SOURCES) == set(READERS) == set(DESCRIPTORS)
    assert all(name == one.name for name, one in DESCRIPTORS.items())


@pytest.mark.parametrize("sources", ["x", "bluesky", "x,bluesky", "bluesky,x"])
def test_sources_are_listed_in_any_order(sources: str) -> None:
    assert load({"EARSHOT_SOURCES": sources}).source_names == sources.split(",")


@pytest.mark.parametrize("sources", ["", "x,x", "bluesky,x,bluesky", "x,", "x bluesky", "y", "X,x"])
def test_a_list_of_sources_that_is_wrong_is_refused(sources: str) -> None:
    with pytest.raises(SettingsError, match="EARSHOT_SOURCES"):
        load({"EARSHOT_SOURCES": sources})
