"""`earshot hospital` and `earshot top` beside a running worker, and without one."""

import json
import os
import pty
import re
import subprocess
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from agents.operations.hospital_page import Page
from agents.proving.processes import EARSHOT
from agents.worker.api.shapes import Hospitals
from streams.settings import Settings, environment
from tests.commands import earshot
from tests.running_api import Asked
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(asked: Asked) -> Settings:
    return msgspec.structs.replace(asked.bench.settings, api_url=asked.url)


def hospital(settings: Settings, *words: str) -> Result:
    return earshot(settings, "hospital", *words)


@pytest.mark.parametrize("named", ["350070", "@essentiahealth", "essentia"])
def test_a_hospital_is_shown_whatever_it_is_called(settings: Settings, named: str) -> None:
    shown = hospital(settings, named)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith("Essentia Health-Fargo (formerly Innovis Health) (350070), Fargo, ND\n")
    assert "from worker worker-1" in shown.stdout
    for question in ("How much?", "Who?", "About what?", "Do we answer?", "What waits?", "Goals?", "How are we?"):
        assert f"\n{question}" in shown.stdout, question
    assert all(len(line) <= 110 for line in shown.stdout.splitlines())


def test_a_name_of_several_lists_them_and_one_of_none_suggests(settings: Settings) -> None:
    several = hospital(settings, "medical center")
    assert several.exit_code == 2
    assert several.stdout == ""
    assert several.stderr.startswith("'medical center' is ")
    assert "\n  350011   Sanford Medical Center Fargo\n" in several.stderr
    none = hospital(settings, "mayo clinik")
    assert none.exit_code == 1
    assert "did you mean 240010 Mayo Clinic Hospital Rochester" in none.stderr


def test_json_is_everything_on_one_line(settings: Settings) -> None:
    found = hospital(settings, "350070", "--json").stdout
    assert found.count("\n") == 1
    page = msgspec.json.decode(found, type=Page)
    assert (page.source, page.why_tables) == ("worker worker-1", "")
    assert page.figures.windows["28d"].posts > 10


def test_without_a_worker_the_tables_say_the_same(settings: Settings) -> None:
    """Nobody answers at the address: the changelog has what the worker committed."""
    away = msgspec.structs.replace(settings, api_url="http://127.0.0.1:9")
    shown = hospital(away, "350070")
    assert shown.exit_code == 0, shown.output
    text = " ".join(shown.stdout.split())
    assert "from the tables in Kafka (no worker answers at http://127.0.0.1:9 (ConnectionError))" in text
    pages = [
        msgspec.json.decode(hospital(one, "350070", "--json").stdout, type=Page).figures for one in (settings, away)
    ]
    assert pages[0].windows == pages[1].windows
    assert pages[0].responses == pages[1].responses
    assert pages[1].region.missing == ()


def test_top_prints_the_table_once_for_scripts(settings: Settings) -> None:
    once = earshot(settings, "top", "--once")
    assert once.exit_code == 0, once.output
    assert once.stdout.split()[:4] == ["hospital", "24", "hv", "local"]
    assert "Essentia Health-Fargo" in once.stdout
    assert earshot(settings, "top").stdout.split()[0] == "hospital", "without a terminal it does the same"
    listed = msgspec.json.decode(earshot(settings, "top", "--json").stdout, type=Hospitals)
    assert len(listed.hospitals) == len(json.loads(earshot(settings, "directory", "show", "--json").stdout))
    away = earshot(settings, "top", "--once", "--url", "http://127.0.0.1:9")
    assert away.exit_code == 1
    assert away.stderr.startswith("Error: no worker answers at http://127.0.0.1:9 (ConnectionError): start one")


class Terminal:
    """`earshot top` in a terminal of its own."""

    def __init__(self, settings: Settings, columns: int) -> None:
        self._master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        self.before = termios.tcgetattr(slave)
        environ = {**os.environ, **environment(settings), "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": str(columns)}
        self.slave = slave
        self.child = subprocess.Popen(
            [*EARSHOT, "top", "--every", "0.5"], stdin=slave, stdout=slave, stderr=slave, env=environ
        )
        self._text = ""
        os.set_blocking(self._master, False)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def shows(self, text: str) -> bool:
        """Whether it was drawn since the last look that found something; spaces count as one."""
        with suppress(BlockingIOError):
            self._text += os.read(self._master, 1 << 20).decode(errors="ignore")
        plain = " ".join(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", self._text).split())
        found = text in plain
        if found:
            self._text = ""
        return found


@contextmanager
def top(settings: Settings, columns: int) -> Iterator[Terminal]:
    terminal = Terminal(settings, columns)
    try:
        yield terminal
    finally:
        terminal.child.kill()
        terminal.child.wait()


@pytest.mark.parametrize("columns", [44, 120])
def test_top_lives_in_a_terminal_takes_keys_and_leaves_it_as_it_was(settings: Settings, columns: int) -> None:
    with top(settings, columns) as terminal:
        wait_until(lambda: terminal.shows("Earshot: 42 hospitals"), "it is drawn", 40)
        terminal.press("/sanford")
        wait_until(lambda: terminal.shows("filter: sanford_"), "the filter is typed")
        terminal.press("\nn")
        wait_until(lambda: terminal.shows("hospitalv"), "it is sorted by name")
        terminal.press("q")
        wait_until(lambda: terminal.child.poll() is not None, "it quits")
        assert terminal.child.returncode == 0
        assert termios.tcgetattr(terminal.slave) == terminal.before, "the terminal is as it was"


def test_top_says_when_the_worker_goes_away_and_sees_the_next_one(asked: Asked, settings: Settings) -> None:
    """It kills the worker, and starts it again."""
    with top(settings, 100) as terminal:
        wait_until(lambda: terminal.shows("Earshot: 42 hospitals"), "it is drawn", 40)
        asked.bench.kill()
        wait_until(lambda: terminal.shows("! no worker answers at"), "it says that nobody answers", 40)
        assert terminal.child.poll() is None
        asked.bench.start()
        wait_until(lambda: not terminal.shows("! ") and terminal.shows("Earshot: 42 hospitals"), "it goes on", 60)
        terminal.press("q")
        wait_until(lambda: terminal.child.poll() == 0, "it quits")
    asked.bench.wait("the worker is ready for others", lambda: asked.status("/readyz") == 200)


def test_the_commands_need_the_token_and_do_not_tell_it(settings: Settings, tmp_path: Path) -> None:
    missing = earshot(settings, "top", "--once", "--token-file", str(tmp_path / "none"))
    assert missing.exit_code == 1
    assert "none cannot be read" in missing.stderr
