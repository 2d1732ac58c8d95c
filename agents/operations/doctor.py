"""The doctor: looks at everything that Earshot needs, one finding a line, and says what to do about each.

Called by `earshot doctor`. Changes nothing. Uses the product's own ways (the admin client, each source's own check), so
that what it finds is what they would find. No finding holds a token or an answer's body.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from typing import Literal

import msgspec
import requests

from agents.ingest.rules import files
from agents.ingest.source import Finding
from agents.ingest.sources import SOURCES
from agents.ingest.x import rule_plan
from agents.kafka import generation
from agents.kafka.admin import describe_topics
from agents.operations import api_check
from deploy.local_kafka import with_kafka_address
from streams import directory
from streams.errors import UserError
from streams.kafka.probe import require_answer
from streams.metrics.registry import Job
from streams.settings import Settings, variable

_ANSWER_WITHIN = 3.0
"""Seconds that a /metrics or Prometheus has to answer."""
DISK_WARN, DISK_FAIL = 0.10, 0.03
"""Free share. Below the first the alert fires, too; near the second Kafka stops at the next burst."""
_OURS: dict[Job, str] = {"worker": "pipeline_held_partitions", "ingest": "pipeline_wal_records"}
"""A metric by which each job's /metrics is known."""


def examine(settings: Settings, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Every finding, in the order of a post's way. `clock`: seconds since the epoch."""
    yield from _kafka(settings)
    yield from _directory(settings, clock)
    for name in settings.source_names:
        yield from SOURCES[name].check(settings, clock)
    yield _disk()
    yield _metrics("worker", settings, settings.metrics_port)
    yield _metrics("ingest", settings, settings.ingest_metrics_port)
    yield from api_check.check(settings)
    if settings.prometheus_url:
        yield from _prometheus(settings.prometheus_url)


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        settings = with_kafka_address(settings)
        require_answer(settings)
    except UserError as error:
        yield _failed("broker", error, f"see {variable('kafka_bootstrap')}")
        return
    yield Finding("ok", "broker", f"answers at {settings.kafka_bootstrap}")
    try:
        topics = describe_topics(generation.of(settings))
    except UserError as error:
        yield _failed("Kafka topics", error, "run `earshot topics describe`: it says more")
        return
    missing = [one.declared.name for one in topics if one.state == "missing"]
    if missing:
        yield Finding("fail", "Kafka topics", f"missing: {', '.join(missing)}", "run `earshot topics apply`")
    for one in topics:
        name = f"Kafka topic {one.declared.name}"
        if one.state == "differs" and one.partitions != one.declared.partitions:
            found = f"has {one.partitions} partitions, should have {one.declared.partitions}"
            yield Finding("fail", name, found, "run `earshot topics apply`: it says what you can do")
        elif one.state == "differs":
            found = "; ".join(map(str, one.differences))
            yield Finding("warn", name, found, "run `earshot topics apply --change-config`")
    if all(one.state == "as declared" for one in topics):
        yield Finding("ok", "Kafka topics", f"all {len(topics)} as declared")


def _directory(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        hospitals = directory.load(settings.directory_folder)
        wanted = files.load(settings, time.strftime("%Y-%m-%d", time.gmtime(clock())))
        needed = len(rule_plan.wanted(wanted, settings))
    except UserError as error:
        yield _failed("directory", error, "mend that file; `earshot directory check` lists every error")
        return
    said = f"{needed} of {settings.x_max_rules} stream rules"
    if wanted.communities:
        said = f"{len(wanted.communities)} community queries, {said}"
    yield Finding("ok", "directory", f"{len(hospitals.hospitals)} hospitals, {said}")


def _disk() -> Finding:
    disk = shutil.disk_usage(".")
    share = disk.free / disk.total
    found = f"{disk.free / 1e9:.1f} GB free, {share:.0%}"
    if share >= DISK_WARN:
        return Finding("ok", "disk", found)
    return Finding(
        "fail" if share < DISK_FAIL else "warn", "disk", found, "make room: Kafka stops when the disk is full"
    )


def _metrics(job: Job, settings: Settings, port: int) -> Finding:
    what, name = f"/metrics of {job}", variable("metrics_port" if job == "worker" else "ingest_metrics_port")
    if port == 0:
        return Finding("warn", what, f"{name} is 0: the port is only in its log", f"set {name} to a port")
    url = f"http://{settings.metrics_host}:{port}/metrics"
    try:
        with _loopback() as session:
            answer = session.get(url, timeout=_ANSWER_WITHIN)
    except requests.RequestException:
        return Finding("warn", what, f"nothing answers at {url}", f"start `earshot {job}`, unless it runs elsewhere")
    if answer.status_code != 200 or f"# TYPE {_OURS[job]} " not in answer.text:
        found = f"another program than Earshot's {job} answers at {url}"
        return Finding("fail", what, found, f"stop that program, or set another {name}")
    return Finding("ok", what, f"answers at {url}")


def _prometheus(url: str) -> Iterator[Finding]:
    try:
        with _loopback() as session:
            answer = session.get(
                f"{url.rstrip('/')}/api/v1/targets", params={"state": "active"}, timeout=_ANSWER_WITHIN
            )
            answer.raise_for_status()
            targets = msgspec.json.decode(answer.content, type=_Targets).data.activeTargets
    except (requests.RequestException, msgspec.DecodeError) as error:
        found = f"{url} does not list its targets ({type(error).__name__})"
        yield Finding("fail", "Prometheus", found, f"start it, or correct {variable('prometheus_url')}")
        return
    for job in _OURS:
        of_job = [target for target in targets if target.labels.get("job") == job]
        down = [target for target in of_job if target.health != "up"]
        what = f"Prometheus job {job}"
        if not of_job:
            yield Finding("fail", what, "it has no target", f"start the {job}, and check Prometheus' scrape_configs")
        for target in down:
            found = f"{target.scrapeUrl} is {target.health} ({target.lastError or 'not scraped yet'})"
            state: Literal["warn", "fail"] = "fail" if target.health == "down" else "warn"
            yield Finding(state, what, found, f"read the {job}'s log; if it just started, ask again in a minute")
        if of_job and not down:
            yield Finding("ok", what, f"{len(of_job)} up")


class _Target(msgspec.Struct):
    """One of Prometheus' targets, as its HTTP API v1 has it."""

    labels: dict[str, str]
    health: str
    scrapeUrl: str = ""  # noqa: N815 - Prometheus' name
    lastError: str = ""  # noqa: N815 - Prometheus' name


class _Active(msgspec.Struct):
    activeTargets: list[_Target]  # noqa: N815 - Prometheus' name


class _Targets(msgspec.Struct):
    data: _Active


def _loopback() -> requests.Session:
    """For services of our own: never through a proxy."""
    session = requests.Session()
    session.trust_env = False
    return session


def _failed(what: str, error: UserError, act: str) -> Finding:
    """`act`: what to do where the error does not say it apart."""
    return Finding("fail", what, " ".join(error.found.split()), error.act or act)
