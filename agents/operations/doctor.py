"""The doctor: looks at everything that Earshot needs, one finding a line, and says what to do about each.

Called by `earshot doctor`. Changes nothing. Uses the product's own ways (the admin client, ingest's client of X), so
that what it finds is what they would find. No finding holds a token or an answer's body.
"""

import shutil
import stat
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import msgspec
import requests
import tweepy

from agents.ingest.rules import files
from agents.ingest.service import quiet
from agents.ingest.x import rule_plan
from agents.ingest.x.stream import XStream
from agents.ingest.x.token import read_token
from agents.kafka.admin import describe_topics
from deploy.local_kafka import bootstrap
from streams import directory
from streams.errors import UserError
from streams.kafka.probe import require_answer
from streams.metrics.registry import Job
from streams.settings import Settings, variable

_ANSWER_WITHIN = 3.0
"""Seconds that a broker, a /metrics or Prometheus has to answer."""
SKEW_WARN, SKEW_FAIL = 5.0, 60.0
"""Seconds between our clock and X's. Its header has whole seconds; a minute spoils X's times of reset, and lateness."""
DISK_WARN, DISK_FAIL = 0.10, 0.03
"""Free share. Below the first the alert fires, too; near the second Kafka stops at the next burst."""
_OURS: dict[Job, str] = {"worker": "pipeline_held_partitions", "ingest": "pipeline_wal_records"}
"""A metric by which each job's /metrics is known."""


class Finding(msgspec.Struct, frozen=True):
    """What was found about one thing."""

    state: Literal["ok", "warn", "fail"]
    what: str
    found: str
    act: str = ""
    """What to do; empty when it is ok."""


def examine(settings: Settings, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Every finding, in the order of a post's way. `clock`: seconds since the epoch."""
    yield from _kafka(settings)
    yield from _directory(settings, clock)
    if "x" in settings.sources.split(","):
        yield from _x(settings, clock)
    if "bluesky" in settings.sources.split(","):
        yield _bluesky(settings)
    yield _disk()
    yield _metrics("worker", settings, settings.metrics_port)
    yield _metrics("ingest", settings, settings.ingest_metrics_port)
    if settings.prometheus_url:
        yield from _prometheus(settings.prometheus_url)


def _kafka(settings: Settings) -> Iterator[Finding]:
    try:
        settings = msgspec.structs.replace(settings, kafka_bootstrap=bootstrap(settings))
        require_answer(settings, _ANSWER_WITHIN)
    except UserError as error:
        yield _failed("broker", error)
        return
    yield Finding("ok", "broker", f"answers at {settings.kafka_bootstrap}")
    try:
        topics = describe_topics(settings)
    except UserError as error:
        yield _failed("Kafka topics", error)
        return
    missing = [one.declared.name for one in topics if one.state == "missing"]
    if missing:
        yield Finding("fail", "Kafka topics", f"missing: {', '.join(missing)}", "run `earshot topics apply`")
    for one in topics:
        name = f"Kafka topic {one.declared.name}"
        if one.state == "differs" and one.partitions != one.declared.partitions:
            found = f"has {one.partitions} partitions, should have {one.declared.partitions}"
            yield Finding("fail", name, found, "`earshot topics apply` says which ways there are")
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
        yield _failed("directory", error)
        return
    said = f"{needed} of {settings.x_max_rules} stream rules"
    if wanted.communities:
        said = f"{len(wanted.communities)} community queries, {said}"
    yield Finding("ok", "directory", f"{len(hospitals.hospitals)} hospitals, {said}")


def _x(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        token = read_token(settings)
        mode = Path(settings.x_token_file).stat().st_mode
    except (UserError, OSError) as error:
        yield _failed("token", error)
        return
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        found = f"{settings.x_token_file} is open to every user of this machine ({stat.filemode(mode)})"
        yield Finding("fail", "token", found, f"chmod o-rwx {settings.x_token_file}")
    else:
        yield Finding("ok", "token", f"in {settings.x_token_file}, closed to others")
    quiet()
    heard: list[tuple[requests.Response, float]] = []
    client = XStream(token, settings.x_base_url, lambda _: None)
    client.session.hooks["response"].append(lambda response, *_, **__: heard.append((response, clock())))
    try:
        there = len(client.get_rules().data or ())
    except tweepy.HTTPException as error:
        yield _refused(settings, error.response.status_code)
    except requests.RequestException as error:
        found = f"{settings.x_base_url} does not answer ({type(error).__name__})"
        yield Finding("fail", "X", found, f"see the way there: name service, proxy, {variable('x_base_url')}")
    else:
        yield Finding("ok", "X", f"{settings.x_base_url} takes the token; {there} stream rules stand there")
    finally:
        client.session.close()
    if heard:
        response, at = heard[-1]
        # The request was under way for `elapsed`; X looked at its clock somewhere in between.
        yield _skew(response.headers.get("Date", ""), at - response.elapsed.total_seconds() / 2)


def _bluesky(settings: Settings) -> Finding:
    # A plain request for the stream is refused, by whatever is there: enough to know that it is.
    url = settings.bluesky_url.replace("ws", "http", 1)
    try:
        status = requests.get(f"{url}/subscribe", timeout=_ANSWER_WITHIN).status_code
    except requests.RequestException as error:
        found = f"{settings.bluesky_url} does not answer ({type(error).__name__})"
        return Finding("fail", "Bluesky", found, f"see the way there: name service, proxy, {variable('bluesky_url')}")
    if status in (400, 426):
        return Finding("ok", "Bluesky", f"{settings.bluesky_url} answers")
    found = f"{settings.bluesky_url} answers with HTTP {status}"
    return Finding("warn", "Bluesky", found, f"see that {variable('bluesky_url')} is a Jetstream")


def _refused(settings: Settings, status: int) -> Finding:
    found = f"{settings.x_base_url} answers with HTTP {status}"
    if status in (401, 403):
        act = f"put a bearer token that may use the filtered stream into {settings.x_token_file}"
        return Finding("fail", "X", found, act)
    if status == 429:
        return Finding("warn", "X", found, "too many requests: see that only one ingest runs, ask again in 15 minutes")
    return Finding("fail", "X", found, f"wait if X has an outage, else correct {variable('x_base_url')}")


def _skew(date: str, at: float) -> Finding:
    """`date`: X's Date header, of whole seconds; `at`: our clock meanwhile, seconds since the epoch."""
    try:
        seconds = at - parsedate_to_datetime(date).timestamp() - 0.5
    except ValueError:
        return Finding("warn", "clock", "X sent no Date to compare with", f"see that {variable('x_base_url')} is X")
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} X's"
    if abs(seconds) <= SKEW_WARN:
        return Finding("ok", "clock", found)
    return Finding("fail" if abs(seconds) > SKEW_FAIL else "warn", "clock", found, "let NTP set this machine's clock")


def _disk() -> Finding:
    disk = shutil.disk_usage(".")
    share = disk.free / disk.total
    found = f"{disk.free / 1e9:.1f} GB free, {share:.0%}"
    if share >= DISK_WARN:
        return Finding("ok", "disk", found)
    return Finding("fail" if share < DISK_FAIL else "warn", "disk", found, "make room: Kafka stops at a full disk")


def _metrics(job: Job, settings: Settings, port: int) -> Finding:
    what, name = f"/metrics of {job}", variable("metrics_port" if job == "worker" else "ingest_metrics_port")
    if port == 0:
        return Finding("warn", what, f"{name} is 0: its port is known to its log only", f"set {name} to a port")
    url = f"http://{settings.metrics_host}:{port}/metrics"
    try:
        with _loopback() as session:
            answer = session.get(url, timeout=_ANSWER_WITHIN)
    except requests.RequestException:
        return Finding("warn", what, f"nothing answers at {url}", f"start `earshot {job}`, unless it runs elsewhere")
    if answer.status_code != 200 or f"# TYPE {_OURS[job]} " not in answer.text:
        found = f"what answers at {url} is no {job} of Earshot"
        return Finding("fail", what, found, f"end what listens there, or set {name}")
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
        found = f"{url} does not tell its targets ({type(error).__name__})"
        yield Finding("fail", "Prometheus", found, f"start it, or correct {variable('prometheus_url')}")
        return
    for job in _OURS:
        of_job = [target for target in targets if target.labels.get("job") == job]
        down = [target for target in of_job if target.health != "up"]
        what = f"Prometheus job {job}"
        if not of_job:
            yield Finding("fail", what, "it has no target", f"see that a {job} runs, and Prometheus' scrape_configs")
        for target in down:
            found = f"{target.scrapeUrl} is {target.health} ({target.lastError or 'not scraped yet'})"
            state: Literal["warn", "fail"] = "fail" if target.health == "down" else "warn"
            yield Finding(state, what, found, f"see the {job}'s log; just started, ask again in a minute")
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


def _failed(what: str, error: Exception) -> Finding:
    """A `UserError` says both in one line: what is wrong and, after it, what to do."""
    return Finding("fail", what, " ".join(str(error).split()), "")
