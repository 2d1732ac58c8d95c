"""Words are swapped whole, refused whole, and looked at only where a setting names a file."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.worker import lexicon_watch
from agents.worker.lexicon_watch import LexiconWatch
from streams import directory
from streams.metrics import Metrics
from streams.reading.reader import Reader
from streams.settings import Settings

DIRECTORY = directory.load()
TAXONOMY = """
version: {version}
context: []
elsewhere: []
topics:
  - {{id: waits, definition: d, class: {kind}, phrases: [{phrase}]}}
  - {{id: staff_conduct, definition: d, class: O, phrases: [rude nurse]}}
  - {{id: rumor_misinfo_watch, definition: d, class: O, phrases: [a rumour]}}
"""


class Watched:
    """A reader on a taxonomy of its own, its watch, and what the watch counted."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "taxonomy.yaml"
        self.write()
        settings = Settings(taxonomy_file=str(self.file))
        self.metrics = Metrics()
        self.reader = Reader(DIRECTORY, 1_000_000, lexicon_watch.load(settings, DIRECTORY))
        self.watch = LexiconWatch(settings, self.reader, self.metrics)

    def write(self, version: int = 1, kind: str = "O", phrase: str = "waited") -> None:
        self.file.write_text(TAXONOMY.format(version=version, kind=kind, phrase=phrase))

    def look(self) -> tuple[float | None, float | None]:
        """Look once; (swapped, refused) so far."""
        asyncio.run(self.watch.look())
        swapped, refused = (
            self.metrics.registry.get_sample_value("pipeline_taxonomy_reloads_total", {"result": result})
            for result in ("swapped", "refused")
        )
        return swapped, refused


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(lexicon_watch, "LOOK_SECONDS", 0.0)
    return Watched(tmp_path)


def test_an_edit_is_taken_once(watched: Watched) -> None:
    assert watched.look() == (0, 0)
    watched.write(version=2, phrase="queued up")
    assert watched.look() == (1, 0)
    assert watched.look() == (1, 0)
    assert watched.reader.lexicon.topics_of("queued up") == ("waits",)
    assert watched.reader.lexicon.topics_of("waited") == ()


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda one: one.write(phrase="'!'"), "line 6: topic waits: the phrase '!' has no letter"),
        (lambda one: one.write(kind="S"), "topic waits: added, gone or of another class: that needs a restart"),
        (lambda one: one.file.unlink(), "cannot be read"),
    ],
)
def test_a_wrong_edit_is_refused_once_and_the_words_before_it_stay(
    watched: Watched, caplog: pytest.LogCaptureFixture, edit: Callable[[Watched], None], said: str
) -> None:
    before = watched.reader.lexicon
    edit(watched)
    assert watched.look() == (0, 1)
    assert watched.look() == (0, 1)
    assert watched.reader.lexicon is before
    assert [said in one.message for one in caplog.records] == [True]
    watched.write(version=3)
    assert watched.look() == (1, 1)


def test_files_are_not_looked_at_more_than_once_in_a_while(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.look()
    watched.write(version=2)
    assert watched.look() == (0, 0)
