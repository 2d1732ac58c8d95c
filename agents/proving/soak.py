"""A soak: the pipeline for a long time at one pace, its memory, lag and disk sampled, the shipped alerts evaluated.

Behind `earshot soak`. Owns the samples and what is said of them. With faults it is chaos (`chaos.py`) at length. Knows
no rule of an alert: Prometheus evaluates the shipped ones.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import yaml

from agents.kafka import admin, group_lag
from agents.proving import compaction
from agents.proving.aged import write as write_past
from agents.proving.chaos import Chaos
from agents.proving.oracle import Verdict
from agents.proving.pipeline import Pipeline
from agents.proving.plan import FIRST, SESSION_SECONDS, Fault
from agents.proving.processes import Child, cpu_seconds, rss_bytes
from agents.proving.prometheus import RunningPrometheus
from agents.proving.trend import Trend, trend
from deploy.prometheus_tool import CONFIG
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import Settings

Kind = Literal["memory", "disk", "lag"]
"""Memory (RSS) and disk in bytes, lag in records."""
Figure = tuple[Kind, str]
"""What is sampled, and of what: a process, a part of Kafka's disk, the workers' group."""

SAMPLES = 240
"""At least so many over a run, where `_LEAST_PAUSE` allows it."""
_LEAST_PAUSE, _MOST_PAUSE = 1.0, 15.0
"""Seconds between two samples. One takes two connections to Kafka: 60 ms of a core."""
_TOLD = 60
"""About so many lines of progress over a run, one in 10 s at most."""
_LEAST_TOLD = 10.0
WARM_UP = 1 / 6
"""Of the run: until memory is what a pace needs. Ten minutes of an hour."""
_SHIPPED_INTERVAL = 15
"""Seconds between scrapes as prometheus.yml has them; a run of less than `_LONG` seconds is scraped each second."""
_LONG = 600.0
_MOST_POINTS = 10_000
"""Prometheus answers 11,000 a series at most."""
_COUNTED = ("pipeline_records_total", frozenset({("stage", "hospitals")}))
_HELD = ("pipeline_held_partitions", frozenset({("stage", "hospitals")}))
_RECOVERY_SECONDS = 1800.0
"""Bound for a worker to read a past: 1.1 million rows and 4.5 million ids take a minute on a machine with nothing else
to do."""
_ABOUT_POSTS = "people"
"""The group of alerts that tell what posts say. The simulated posts have crises, and hospitals with surges."""


class Fired(NamedTuple):
    """An alert that fired."""

    alert: str
    severity: str
    first: float
    """Seconds since the epoch."""
    last: float
    expected: bool

    def __str__(self) -> str:
        first, last = (f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}" for at in (self.first, self.last))
        return f"{self.alert} ({self.severity}, {first} to {last} UTC{', expected' if self.expected else ''})"


class Soaked(msgspec.Struct, frozen=True):
    """What a soak found."""

    seconds: float
    rate: float
    trends: dict[Figure, Trend]
    cpu: dict[str, float]
    """Process -> cores that it used on the mean."""
    alerts: list[Fired]
    verdict: Verdict
    lag: int
    """Offsets not committed in the end."""
    faults: dict[str, int]
    restarts: int
    """How often a worker ended by itself."""

    @property
    def steady(self) -> bool:
        """Whether every count is right, only expected alerts fired, and no worker ended by itself but under faults."""
        exact = self.verdict.difference == 0 and self.lag == 0
        return exact and all(one.expected for one in self.alerts) and (bool(self.faults) or not self.restarts)


def run(
    settings: Settings,
    seconds: float,
    rate: float,
    seed: int,
    say: Callable[[str], None],
    faults: Sequence[Fault] = (),
    expected: frozenset[str] = frozenset(),
    history: float = 0.0,
) -> Soaked:
    """Run a pipeline for `seconds` at `rate` posts a second of X (others at their share), then ask the oracle. Ctrl-c
    ends the soaking, not the counting. `expected`: names of alerts that may fire. `history`: seconds of a past that is
    written first (`aged.py`)."""
    if faults:
        settings = msgspec.structs.replace(settings, session_timeout=SESSION_SECONDS)
    with Pipeline(settings, say) as pipeline:
        # As shipped, for what is written to the changelogs goes by it.
        pipeline.settings = msgspec.structs.replace(pipeline.settings, commit_interval=settings.commit_interval)
        if faults:
            compaction.hasten(pipeline.settings, own=pipeline.own_kafka is not None)
        chaos = Chaos(pipeline, seed, say)
        pipeline.start_all_simulated(rate, seed, x=("--bad-lines", "997"))
        begun = _age(pipeline, rate, seed, history, say) if history else -1
        pipeline.start_worker(FIRST)
        if history:
            pipeline.wait_until(
                lambda: bool(pipeline.scrape(FIRST).get(_HELD)), "the worker has read the past", _RECOVERY_SECONDS
            )
        pipeline.start_ingest()
        pipeline.wait_until(lambda: bool(pipeline.scrape(FIRST).get(_COUNTED)), "posts are counted")
        interval = 1 if seconds < _LONG else _SHIPPED_INTERVAL
        with RunningPrometheus({}, pipeline.folder / "prometheus", interval) as prometheus:
            watch = Watch(pipeline, prometheus, seconds, say)
            try:
                for fault in (*faults, None):
                    until = watch.started + (seconds if fault is None else fault.at)
                    while time.monotonic() < until:
                        watch.look()
                        chaos.wait_until(min(until, watch.next))
                    if fault is not None:
                        chaos.inflict(fault)
            except KeyboardInterrupt:
                say("ending early")
            lasted = time.monotonic() - watch.started
            watch.look()
            alerts = fired(prometheus, lasted, interval, expected)
        say("posts stopped: waiting until all are processed")
        pipeline.stop_posts()
        lag = pipeline.drain(chaos.keep_up)
        pipeline.stop_workers()
        trends, cpu = watch.trends(lasted * WARM_UP), {name: used / lasted for name, used in watch.cpu.items()}
        done, verdict = dict(chaos.done), pipeline.judge(begun=begun)
        return Soaked(lasted, rate, trends, cpu, alerts, verdict, lag, done, chaos.restarts)


def _age(pipeline: Pipeline, rate: float, seed: int, history: float, say: Callable[[str], None]) -> int:
    """Write a past; the first hour that is not in it."""
    say(f"writing {history / 3600:.0f} h of a past")
    aged = write_past(pipeline.settings, rate, seed, history, time.time())
    say(f"written: {aged.questions} questions in {aged.rows} rows, {aged.days} days, {aged.ids} remembered ids")
    return aged.begun


def about_posts() -> frozenset[str]:
    """The alerts that tell what posts say, nothing of the pipeline."""
    return frozenset(rule["alert"] for group in _groups() if group["name"] == _ABOUT_POSTS for rule in group["rules"])


def every_alert() -> frozenset[str]:
    """Names of the shipped alerts."""
    return frozenset(rule["alert"] for group in _groups() for rule in group["rules"])


def _groups() -> list[dict[str, Any]]:
    text = (CONFIG.parent / "rules" / "alerts.yml").read_text(encoding="utf-8")
    groups: list[dict[str, Any]] = yaml.safe_load(text)["groups"]
    return groups


def fired(prometheus: RunningPrometheus, lasted: float, interval: int, expected: frozenset[str]) -> list[Fired]:
    """The alerts that fired within the last `lasted` seconds, of a Prometheus that evaluates each `interval`."""
    now = time.time()
    step = max(float(interval), lasted / _MOST_POINTS)
    found: dict[tuple[str, str], list[float]] = {}
    for one in prometheus.query_range('ALERTS{alertstate="firing", severity!="none"}', now - lasted, now, step):
        place = one.labels["alertname"], one.labels["severity"]
        found.setdefault(place, []).extend(at for at, _ in one.points)
    return sorted(
        Fired(alert, severity, min(times), max(times), alert in expected) for (alert, severity), times in found.items()
    )


class Watch:
    """Samples a pipeline, says how it goes, and keeps Prometheus' targets. Used from one thread."""

    def __init__(
        self, pipeline: Pipeline, prometheus: RunningPrometheus, seconds: float, say: Callable[[str], None]
    ) -> None:
        self._pipeline = pipeline
        self._prometheus = prometheus
        self._say = say
        self._pause = min(max(seconds / SAMPLES, _LEAST_PAUSE), _MOST_PAUSE)
        self._tell_every = max(seconds / _TOLD, _LEAST_TOLD)
        self._told = 0.0
        self._points: dict[Figure, list[tuple[float, float]]] = {}
        self._used: dict[str, float] = {}
        self._targets: dict[str, list[str]] = {}
        self.cpu: dict[str, float] = {}
        """Process -> seconds of CPU since the first sample, over its restarts."""
        self.started = self.next = time.monotonic()
        """By `time.monotonic()`; `next`: when the next sample is due."""

    def look(self) -> None:
        """Take a sample if one is due; blocks for Kafka's answers."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + self._pause
        self._aim()
        for figure, value in self._sample():
            self._points.setdefault(figure, []).append((now - self.started, value))
        for name, pid in self._processes():
            used, before = cpu_seconds(pid), self._used.get(name)
            self.cpu[name] = self.cpu.get(name, 0.0) + (0.0 if before is None else max(used - before, 0.0))
            self._used[name] = used
        if now - self._told >= self._tell_every:
            self._told = now
            self._say(self._line())

    def trends(self, warm_up: float) -> dict[Figure, Trend]:
        """Every figure's, with `warm_up` seconds left out of the slope."""
        return {figure: trend(points, warm_up) for figure, points in sorted(self._points.items())}

    def _aim(self) -> None:
        """As by DNS in compose: a process that is gone is no target."""
        running = [name for name, child in self._pipeline.workers.items() if child.running]
        for job, names in {"worker": running, "ingest": ["ingest"]}.items():
            addresses = [f"127.0.0.1:{self._pipeline.ports[name]}" for name in names]
            if self._targets.get(job) != addresses:
                self._prometheus.set_targets(job, addresses)
                self._targets[job] = addresses

    def _processes(self) -> Iterator[tuple[str, int]]:
        """Name and id of each that runs."""
        children: Iterator[Child | None] = iter(
            (self._pipeline.ingest, *self._pipeline.workers.values(), *self._pipeline.simulated.values())
        )
        yield from ((child.name, child.pid) for child in children if child is not None and child.running)
        if self._pipeline.own_kafka is not None and (pid := self._pipeline.own_kafka.status().pid):
            yield "Kafka", pid
        yield "Prometheus", self._prometheus.pid

    def _sample(self) -> Iterator[tuple[Figure, float]]:
        for name, pid in self._processes():
            if held := rss_bytes(pid):
                yield ("memory", name), held
        yield ("disk", "wal"), _size(Path(self._pipeline.settings.wal_dir))
        yield ("disk", "Prometheus"), _size(self._prometheus.folder / "data")
        try:
            yield ("lag", "workers"), group_lag.total(self._pipeline.settings)
            for part, size in _kafka_disk(self._pipeline.settings).items():
                yield ("disk", part), size
        except UserError:
            return  # Kafka is away, by plan: it has no lag to say and its files do not grow

    def _line(self) -> str:
        last = {figure: points[-1][1] for figure, points in self._points.items()}
        memory = ", ".join(f"{name} {value / 2**20:.0f}" for (kind, name), value in last.items() if kind == "memory")
        disk = sum(value for (kind, _), value in last.items() if kind == "disk")
        firing = sorted({name for (name, severity), state in self._prometheus.alerts().items()
                         if state == "firing" and severity != "none"})  # fmt: skip
        return (
            f"memory, MB: {memory}; disk {disk / 2**20:.1f} MB; lag {last.get(('lag', 'workers'), 0):.0f}; "
            f"alerts: {', '.join(firing) or 'none'}"
        )


def _size(folder: Path) -> int:
    """Bytes of disk that a folder's files take."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_blocks * 512
        except FileNotFoundError:
            continue  # deleted meanwhile
    return total


def _kafka_disk(settings: Settings) -> dict[str, int]:
    """Part of Kafka's disk -> bytes of its segments."""
    names = {kafka_topics.posts(settings): "posts", kafka_topics.mentions(settings): "mentions"}
    names |= {kafka_topics.changelog(settings, table): f"changelog of {table}" for table in kafka_topics.TABLES}
    found = dict.fromkeys([*names.values(), "other Kafka topics"], 0)
    for name, size in admin.disk(settings).items():
        found[names.get(name, "other Kafka topics")] += size
    return found


def as_json(found: Soaked) -> bytes:
    """One line of JSON. Memory and disk in bytes."""
    whole = {
        "steady": found.steady,
        "seconds": round(found.seconds, 1),
        "rate": found.rate,
        "figures": [{"kind": kind, "of": name, **one._asdict()} for (kind, name), one in found.trends.items()],
        "cpu": found.cpu,
        "alerts": [one._asdict() for one in found.alerts],
        "faults": found.faults,
        "restarts": found.restarts,
        "lag": found.lag,
        "oracle": found.verdict._asdict(),
    }
    return msgspec.json.encode(whole)


_SHOWN: Mapping[Kind, tuple[float, str]] = {"memory": (2**20, "MB"), "disk": (2**20, "MB"), "lag": (1, "records")}


def lines(found: Soaked) -> Iterator[str]:
    """What a person reads."""
    left_out = found.seconds * WARM_UP
    reached = found.verdict.posts / found.seconds
    pace = f"{found.seconds:.0f} s at {found.rate:g} posts/s, counted {reached:.0f} a second"
    yield f"soaked {pace}; slopes without the first {left_out:.0f} s"
    yield f"{'':36}{'first':>9}{'last':>9}{'most':>9}{'an hour':>11}"
    for (kind, name), one in found.trends.items():
        unit, word = _SHOWN[kind]
        slope = "-" if one.hourly is None else f"{one.hourly / unit:+.2f}"
        values = "".join(f"{value / unit:9.1f}" for value in (one.first, one.last, one.most))
        yield f"{f'{kind} of {name}, {word}':36}{values}{slope:>11}"
    yield "cores used: " + ", ".join(f"{name} {cores:.3f}" for name, cores in found.cpu.items())
    if found.faults:
        yield "faults: " + ", ".join(f"{kind} {count}" for kind, count in found.faults.items())
    if found.restarts:
        yield f"workers that ended by themselves: {found.restarts}"
    yield f"alerts that fired: {'; '.join(map(str, found.alerts)) or 'none'}"
    yield f"{found.verdict}{f', {found.lag} offsets not committed' if found.lag else ''}"
