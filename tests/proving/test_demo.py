"""`earshot demo`, as a newcomer runs it."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from agents.proving.processes import EARSHOT
from tests.waiting import wait_until

pytestmark = pytest.mark.faults

LAST_LINE = re.compile(
    r"oracle: (\d+) posts, (\d+) mentions, difference 0 in lifetime, hours, windows, people, questions, goals and "
    r"community x nearness"
)


def children(parent: int) -> list[int]:
    """Processes that carry this run's mark in their environment."""
    mark = f"DEMO_TEST_MARK={parent}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_the_demo_ends_with_the_oracles_word_and_leaves_nothing_running(tmp_path: Path) -> None:
    done, mark = run(["--seconds", "6", "--rate", "100"], tmp_path)
    out, _ = done.communicate(timeout=120)
    assert done.returncode == 0, out
    match = LAST_LINE.fullmatch(out.strip().splitlines()[-1])
    assert match, out
    assert int(match[1]) > 300
    assert "/metrics" in out
    assert re.search(r"^questions to all hospitals: \d+ in 28 days, \d+ answered.* wait", out, flags=re.M), out
    assert children(mark) == []
    assert list(tmp_path.iterdir()) == []


def test_the_demo_counts_a_past_first_and_the_oracle_agrees_on_all_of_it(tmp_path: Path) -> None:
    done, mark = run(["--seconds", "5", "--history", "12h"], tmp_path)
    out, _ = done.communicate(timeout=200)
    assert done.returncode == 0, out
    past = re.search(r"^(\d+) posts of the past are on Kafka", out, flags=re.M)
    shown = re.search(r"^(\d+) posts about", out, flags=re.M)
    match = LAST_LINE.fullmatch(out.strip().splitlines()[-1])
    assert past, out
    assert shown, out
    assert match, out
    assert int(past[1]) > 400
    assert int(shown[1]) > 0.5 * int(past[1]), "the view begins with what is counted"
    assert 0.9 * int(past[1]) < int(match[1]) < int(past[1]) + 1000, (
        "edits are counted once; 5 posts a second come on top"
    )
    assert children(mark) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "SIGTERM", "closed terminal"]
)
def test_a_signal_ends_the_demo_early_and_it_still_counts(number: signal.Signals, tmp_path: Path) -> None:
    done, mark = run(["--seconds", "300"], tmp_path)
    assert done.stdout is not None
    for line in done.stdout:
        if re.match(r"[1-9]\d* posts about", line):
            break
    started = time.monotonic()
    done.send_signal(number)
    out, _ = done.communicate(timeout=60)
    assert time.monotonic() - started < 30, "15 s on an idle machine"
    assert done.returncode == 0, out
    assert LAST_LINE.fullmatch(out.strip().splitlines()[-1])
    assert "Traceback" not in out
    assert children(mark) == []
    assert list(tmp_path.iterdir()) == []


def test_kill_9_leaves_no_children(tmp_path: Path) -> None:
    done, mark = run(["--seconds", "300"], tmp_path)
    assert done.stdout is not None
    for line in done.stdout:
        if "starting the simulated sources" in line:
            break
    wait_until(lambda: len(children(mark)) >= 4, "the broker, two sources and a worker run")
    done.kill()
    done.communicate()
    wait_until(lambda: children(mark) == [], "all have ended")


def run(options: list[str], folder: Path) -> tuple["subprocess.Popen[str]", int]:
    """Start a demo on a Kafka of its own; its children can be told by a mark."""
    mark = time.monotonic_ns()
    environ = {**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", "DEMO_TEST_MARK": str(mark)}
    environ.pop("KAFKA_BOOTSTRAP", None)
    process = subprocess.Popen(
        [*EARSHOT, "demo", *options], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return process, mark
