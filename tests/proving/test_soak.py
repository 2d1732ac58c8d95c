"""A soak of half a minute with real parts: everything is sampled, what fires is told, and an alert fails the run."""

import os
import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from agents.cli import main
from agents.proving.oracle import Verdict
from agents.proving.processes import EARSHOT
from agents.proving.prometheus import RunningPrometheus
from agents.proving.soak import Fired, Soaked, about_posts, every_alert, fired, lines
from agents.proving.trend import Trend, trend
from tests.waiting import wait_until

SECONDS, RATE = 25, 200


def soak(*options: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*EARSHOT, "soak", "--seconds", str(SECONDS), "--rate", str(RATE), "--json", *options],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.mark.faults
def test_a_short_soak_samples_everything_and_tells_what_fired() -> None:
    done = soak(KAFKA_BOOTSTRAP="")
    assert done.returncode == 0, done.stderr.decode()
    found = msgspec.json.decode(done.stdout)
    assert (found["steady"], found["oracle"]["difference"]) == (True, 0)
    assert found["oracle"]["posts"] > SECONDS * RATE / 2
    assert found["restarts"] == 0
    last = {(one["kind"], one["of"]): one["last"] for one in found["figures"]}
    for place in (
        *(("memory", name) for name in ("ingest", "worker-1", "Kafka", "Prometheus")),
        *(("disk", name) for name in ("wal", "Prometheus", "posts", "mentions", "changelog of hospitals")),
    ):
        assert last[place] > 0, place
    assert ("lag", "workers") in last
    slopes = {(one["kind"], one["of"]): one["hourly"] for one in found["figures"]}
    assert slopes["disk", "posts"] > 0
    assert all(0 < found["cpu"][name] < os.cpu_count() for name in ("ingest", "worker-1", "Kafka"))
    assert {one["alert"] for one in found["alerts"]} <= about_posts()


@pytest.mark.faults
def test_a_soak_with_a_past_begins_as_large_and_counts_what_comes_after_it() -> None:
    done = subprocess.run(
        [*EARSHOT, "soak", "--seconds", "12", "--rate", "20", "--history", "2h", "--json"],
        capture_output=True,
        check=False,
        env={**os.environ, "KAFKA_BOOTSTRAP": ""},
    )
    assert done.returncode == 0, done.stderr.decode()
    found = msgspec.json.decode(done.stdout)
    assert (found["oracle"]["difference"], found["oracle"]["beforehand"]) == (0, True)
    wrote = re.search(r"written: (\d+) questions in (\d+) rows, (\d+) days, (\d+) remembered", done.stderr.decode())
    assert wrote
    questions, rows, _, ids = map(int, wrote.groups())
    assert 2 * 3600 * 20 * 0.2 < questions < 2 * 3600 * 20
    assert questions > rows > 0
    assert ids == 2 * 3600 * 20


class _Damaged(BaseHTTPRequestHandler):
    """An ingest whose wal was damaged: WalDamaged fires at once."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"pipeline_wal_damaged_bytes 5\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_what_fires_in_prometheus_is_found(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Damaged)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    began = time.time()
    with RunningPrometheus({"ingest": [f"127.0.0.1:{server.server_port}"]}, tmp_path) as prometheus:
        firing = ("WalDamaged", "ticket")
        wait_until(lambda: prometheus.alerts().get(firing) == "firing", "WalDamaged fires", 60)
        wait_until(lambda: bool(fired(prometheus, time.time() - began, 1, frozenset())), "it is found", 60)
        found = {one.alert: one for one in fired(prometheus, time.time() - began, 1, frozenset({"WalDamaged"}))}
    server.shutdown()
    server.server_close()
    damaged = found.pop("WalDamaged")
    assert (damaged.severity, damaged.expected) == ("ticket", True)
    assert began < damaged.first <= damaged.last <= time.time()
    assert "Watchdog" not in found


def soaked(**other: Any) -> Soaked:
    steady = Soaked(60.0, 50.0, {}, {}, [], Verdict(3000, 3100, 0), lag=0, faults={}, restarts=0)
    return msgspec.structs.replace(steady, **other)


def test_only_a_right_count_without_unexpected_alerts_is_steady() -> None:
    alert = Fired("LagGrowing", "page", 1.0, 2.0, expected=False)
    assert soaked().steady
    assert not soaked(alerts=[alert]).steady
    assert soaked(alerts=[alert._replace(expected=True)]).steady
    assert not soaked(verdict=Verdict(3000, 3100, 1)).steady
    assert not soaked(lag=1).steady
    assert not soaked(restarts=1).steady
    assert soaked(restarts=1, faults={"kill": 1}).steady


def test_a_person_reads_slopes_and_alerts() -> None:
    alert = Fired("LagGrowing", "page", 0.0, 60.0, expected=False)
    memory = Trend(2**20, 3 * 2**20, 4 * 2**20, 2.5 * 2**20)
    trends = {("memory", "ingest"): memory, ("lag", "workers"): Trend(0, 7, 9, None)}
    said = list(lines(soaked(trends=trends, alerts=[alert], cpu={"ingest": 0.25})))
    assert said[0] == "soaked 60 s at 50 posts/s, counted 50 a second; slopes without the first 10 s"
    assert said[2].split() == ["memory", "of", "ingest,", "MB", "1.0", "3.0", "4.0", "+2.50"]
    assert said[3].split() == ["lag", "of", "workers,", "records", "0.0", "7.0", "9.0", "-"]
    assert "cores used: ingest 0.250" in said
    assert "alerts that fired: LagGrowing (page, 00:00:00 to 00:01:00 UTC)" in said
    assert said[-1].startswith("oracle: 3000 posts, 3100 mentions, difference 0")


def test_a_slope_is_by_least_squares_without_the_warm_up() -> None:
    climb = [(float(at), 100.0 - at) for at in range(5)]
    steady = [(float(at), at / 3600 + (1 if at % 2 else -1)) for at in range(5, 106)]
    found = trend(climb + steady, 5)
    assert found.hourly == pytest.approx(1, abs=0.1)
    assert (found.first, found.last, found.most) == (steady[0][1], steady[-1][1], 100)


def test_few_samples_have_no_slope() -> None:
    assert trend([(0.0, 1.0), (1.0, 9.0), (2.0, 9.0)], 1).hourly is None
    assert trend([(0.0, 1.0)], 10) == Trend(1.0, 1.0, 1.0, None)


def test_alerts_that_tell_what_posts_say_are_shipped_ones() -> None:
    assert {"SomebodyInDanger", "SafetyEventTold"} <= about_posts() < every_alert()
    assert not {"LagGrowing", "FreshnessBurn", "MemoryNearLimit", "Watchdog"} & about_posts()


def test_an_unknown_alert_is_refused_before_anything_starts() -> None:
    done = CliRunner().invoke(main, ["soak", "--expect", "LagGrowin"])
    assert done.exit_code == 2
    assert "no alert is named LagGrowin" in done.output
