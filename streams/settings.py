"""Every setting of Earshot: name, environment variable, unit, default and doc, declared once.

Read once at start by each command (`load`) and passed on as a value. A wrong value is refused with its variable's
name and what is allowed. Secrets are never values here: a setting names the file that holds one.
"""

import difflib
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from platformdirs import user_cache_path, user_state_path

from streams.errors import UserError
from streams.vocabulary import SOURCES


class SettingsError(UserError):
    """A setting has a value that is not allowed. One line for the reader, naming the variable."""


def _meta(
    doc: str, unit: str = "", env: str = "", allowed: str = "", listed: tuple[str, ...] = (), **bounds: Any
) -> Meta:
    return Meta(description=doc, extra={"unit": unit, "env": env, "allowed": allowed, "listed": listed}, **bounds)


_DAY = r"(?i:mon|tue|wed|thu|fri|sat|sun)"
_HOURS = rf"\s*{_DAY}(\s*-\s*{_DAY})?\s+\d{{1,2}}(:\d\d)?\s*-\s*\d{{1,2}}(:\d\d)?\s*"
"""The form; `streams/directory/hours.py` checks the rest."""
_PORT = "0 to 65535; 0 takes a free one"

MOST_PARTITIONS = 1000
"""More than one broker keeps well: a partition of each table is open files, and a series of its lag."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings object. `describe()` lists it for `earshot settings` and the docs."""

    kafka_bootstrap: Annotated[
        str,
        _meta(
            "Address of the broker, host:port, several with commas. Empty: the local Kafka.",
            env="KAFKA_BOOTSTRAP",
            allowed="host:port[,host:port...]",
            pattern=r"^$|^[^,\s:]+:\d{1,5}(,[^,\s:]+:\d{1,5})*$",
        ),
    ] = ""
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"],
        _meta(
            "How every Kafka client connects to the broker: in clear or with TLS, with or without a user's password."
        ),
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"],
        _meta(
            "How clients prove the password to the broker, with SASL. PLAIN shows it to the network and needs SASL_SSL."
        ),
    ] = "SCRAM-SHA-512"
    kafka_username: Annotated[
        str,
        _meta(
            "User name of every Kafka client, with SASL.",
            allowed="no space, comma or =",  # kafka-python does not quote the two in SCRAM
            pattern=r"^[^\s,=]*$",
        ),
    ] = ""
    kafka_password_file: Annotated[str, _meta("File that holds the Kafka user's password and nothing else.")] = ""
    kafka_ca_file: Annotated[
        str,
        _meta(
            "PEM file of the authority that signed the broker's certificate. Empty: the authorities that the "
            "system trusts."
        ),
    ] = ""
    kafka_topic_prefix: Annotated[
        str,
        _meta(
            "Prefix of every Kafka topic and group, so that several pipelines can share a broker.",
            allowed="letters, digits, - and _, at most 40",
            pattern=r"^[A-Za-z0-9_-]{0,40}$",
        ),
    ] = ""
    partitions: Annotated[
        int,
        _meta(
            "Partitions of a pipeline: the most workers that share it. Chosen when its Kafka topics are created; "
            "`earshot migrate` moves a pipeline to another number. The same for all processes.",
            "partitions",
            ge=1,
            le=MOST_PARTITIONS,
        ),
    ] = 12
    generation: int = 1
    """Not a setting: which generation of its Kafka topics the pipeline uses, as Kafka says (`earshot migrate`)."""
    kafka_flush: Annotated[
        Literal["each", "broker"],
        _meta(
            "When Kafka writes to its disk what it acknowledges: `each` batch before it does, so that a power cut "
            "costs nothing; or as the `broker` is configured, where three replicas on three machines keep it."
        ),
    ] = "each"
    kafka_posts_bytes: Annotated[
        int,
        _meta(
            "Most disk that Kafka gives to posts, all partitions together, and half as much to mentions. Beyond it the "
            "oldest go before their time, unread ones too.",
            "bytes",
            ge=2**30,
            le=2**50,
        ),
    ] = 32 * 1024**3
    transport: Annotated[
        Literal["batch", "single"],
        _meta(
            "How Faust reads Kafka: `batch` is Earshot's transport; `single` is Faust's own consumer, one record "
            "at a time: slow, equally exact, and it may end the process at a rebalance."
        ),
    ] = "batch"
    chunk_records: Annotated[
        int, _meta("Most records of one partition that an agent gets at once.", "records", ge=1, le=10_000)
    ] = 1000
    commit_interval: Annotated[
        float,
        _meta(
            "Time between two commits. Each writes the rows that changed: a longer time means fewer records. A crash "
            "repeats the work since the last commit. What is shown does not wait for it.",
            "seconds",
            ge=0.05,
            le=60,
        ),
    ] = 5.0
    session_timeout: Annotated[
        float,
        _meta(
            "If a worker is silent for so long, Kafka gives its partitions to others, and it must not write any more.",
            "seconds",
            ge=6,
            le=300,
        ),
    ] = 10.0
    stall_timeout: Annotated[
        float, _meta("A worker that has lag and makes no progress for so long ends itself.", "seconds", ge=10, le=3600)
    ] = 60.0
    worker_id: Annotated[
        str,
        _meta(
            "Name of this worker in its group, kept over restarts (static membership). Empty: the host's name.",
            allowed="letters, digits, . _ and -",
            pattern=r"^[A-Za-z0-9._-]{0,100}$",
        ),
    ] = ""
    compiled: Annotated[
        Literal["yes", "no"],
        _meta(
            "Whether a worker runs the compiled form of its hot modules, where there is one. `no`: pure Python, as "
            "exact and slower."
        ),
    ] = "yes"
    duplicate_horizon: Annotated[
        int,
        _meta(
            "How long a worker remembers a post id; it drops copies within that time.", "seconds", ge=60, le=7 * 86_400
        ),
    ] = 86_400
    remembered_posts: Annotated[
        int,
        _meta(
            "Most post ids remembered, all partitions together. Where more posts come within the horizon, copies are "
            "recognised less far back. About 30 bytes of a worker's memory each; the same for all workers.",
            "posts",
            ge=1000,
            le=10**9,
        ),
    ] = 10_000_000
    author_key_file: Annotated[
        str,
        _meta(
            "File that holds a long random line: the key under which authors are hashed to count people. Empty: a key "
            "that is made once and kept in Kafka, where whoever reads Kafka can read it."
        ),
    ] = ""
    max_post_bytes: Annotated[int, _meta("Larger posts go to dead-letters unread.", "bytes", ge=1024, le=7_000_000)] = (
        1_000_000
    )
    metrics_host: Annotated[str, _meta("Address that /metrics listens on.", min_length=1)] = "127.0.0.1"
    metrics_hospitals: Annotated[
        int,
        _meta(
            "Most hospitals with series of their own on /metrics, those with an account first; all are counted, and "
            "the API has all. A hospital has some 130 series.",
            unit="hospitals",
            ge=1,
            le=100_000,
        ),
    ] = 250
    metrics_port: Annotated[int, _meta("Port of the worker's /metrics.", allowed=_PORT, ge=0, le=65_535)] = 9108
    ingest_metrics_port: Annotated[int, _meta("Port of ingest's /metrics.", allowed=_PORT, ge=0, le=65_535)] = 9109
    api_host: Annotated[
        str,
        _meta("Address that the worker's API listens on. Beyond this machine only with a token.", min_length=1),
    ] = "127.0.0.1"
    api_port: Annotated[int, _meta("Port of the worker's API.", allowed=_PORT, ge=0, le=65_535)] = 9110
    api_address: Annotated[
        str,
        _meta(
            "Where clients reach this worker's API, host:port: other workers send them there for its hospitals. Empty: "
            "the address and port that it listens on, with the host's name where it listens on all.",
            allowed="host:port",
            pattern=r"^$|^[^,\s/:]+:\d{1,5}$",
        ),
    ] = ""
    api_token_file: Annotated[
        str,
        _meta(
            "File that holds the bearer token that clients of the API must show, and nothing else. Empty: none, on "
            "this machine alone."
        ),
    ] = ""
    api_url: Annotated[
        str,
        _meta(
            "Address of any worker's API, for `earshot hospital` and `earshot top`.",
            allowed="http:// or https:// and a host",
            pattern=r"^https?://[^/\s]+$",
        ),
    ] = "http://127.0.0.1:9110"
    grafana_root_url: Annotated[
        str,
        _meta(
            "Address of Grafana as people reach it: links in alerts, to dashboards and to the runbook, begin with it.",
            env="GRAFANA_ROOT_URL",
            allowed="http:// or https://, a host, and / at the end",
            pattern=r"^https?://\S+/$",
        ),
    ] = "http://localhost:3000/"
    health_file: Annotated[
        str,
        _meta("File that a worker or ingest touches while it makes progress; one for each process. Empty: none."),
    ] = ""
    health_age: Annotated[
        float, _meta("If the health file is older than this, its process counts as stuck.", "seconds", ge=1, le=3600)
    ] = 30.0
    prometheus_url: Annotated[
        str,
        _meta(
            "Address of Prometheus, for `earshot doctor`. Empty: doctor does not ask it.",
            allowed="http:// or https:// and a host",
            pattern=r"^$|^https?://\S+$",
        ),
    ] = ""
    sources: Annotated[
        str,
        _meta(
            "What ingest listens to. Bluesky alone needs no token of X.",
            allowed=f"{', '.join(SOURCES)}: one or several, each once, with commas between",
            listed=tuple(SOURCES),
            pattern=rf"^(?!(.*,)?(\w+),(.*,)?\2(,|$))({'|'.join(SOURCES)})(,({'|'.join(SOURCES)}))*$",
        ),
    ] = "x"
    bluesky_url: Annotated[
        str,
        _meta(
            "Address of Bluesky's Jetstream: a public one, or your own.",
            allowed="ws:// or wss:// and a host",
            pattern=r"^wss?://[^/\s]+$",
        ),
    ] = "wss://jetstream1.us-east.bsky.network"
    bluesky_stall_seconds: Annotated[
        float,
        _meta(
            "Longest time without an event of Bluesky before ingest reconnects; pings are no events. A quiet Jetstream "
            "of your own needs more.",
            unit="s",
            ge=5,
            le=86_400,
        ),
    ] = 20.0
    x_catch_up: Annotated[
        Literal["on", "off"], _meta("Whether ingest searches for posts written while the stream was down.")
    ] = "on"
    x_monthly_reads: Annotated[
        int,
        _meta(
            "Posts that X may deliver in a calendar month (UTC), by stream and search; 0: no limit of ours. At "
            "the limit ingest hangs up, and listens again in the next month.",
            "posts",
            ge=0,
            le=10**9,
        ),
    ] = 0
    x_compliance: Annotated[
        Literal["off", "jobs", "stream"],
        _meta(
            "How ingest learns which posts X took back: once a day by batch `jobs`, which every plan has, or at "
            "once by the compliance `stream`, which only an enterprise plan has."
        ),
    ] = "off"
    x_backfill_minutes: Annotated[
        int,
        _meta("How much X sends again when a connection begins; only where the plan allows it.", "minutes", ge=0, le=5),
    ] = 0
    x_max_rules: Annotated[int, _meta("Stream rules that the plan with X allows.", "rules", ge=1, le=250_000)] = 1000
    x_max_rule_chars: Annotated[
        int, _meta("Most characters that the plan with X allows in one stream rule.", "characters", ge=512, le=8192)
    ] = 1024
    x_base_url: Annotated[
        str,
        _meta(
            "Address of the X API: X itself, or the simulated one.",
            allowed="http:// or https:// and a host",
            pattern=r"^https?://[^/\s]+$",
        ),
    ] = "https://api.x.com"
    x_token_file: Annotated[str, _meta("File that holds the X bearer token and nothing else.")] = ""
    ingest_outstanding: Annotated[
        int,
        _meta(
            "Most posts sent to Kafka and not yet acknowledged; further posts wait in the write-ahead log.",
            "records",
            ge=1,
            le=100_000,
        ),
    ] = 2000
    wal_dir: Annotated[
        str,
        _meta(
            "Folder of the write-ahead log, which keeps posts until Kafka has them; one for each ingest. Empty: "
            "in the user's state folder, by the prefix."
        ),
    ] = ""
    wal_max_bytes: Annotated[
        int,
        _meta(
            "Most disk that the write-ahead log may take; when it is full, ingest hangs up. 2 GiB are two hours "
            "at X's cap of 250 posts/s.",
            "bytes",
            ge=1024 * 1024,
            le=2**40,
        ),
    ] = 2 * 1024**3
    wal_sync: Annotated[
        Literal["each", "group"],
        _meta(
            "When a post is written to the disk: `each` alone, at once, or as a `group` of those that came "
            "within 5 ms, for thousands a second on a slow disk."
        ),
    ] = "each"
    directory_folder: Annotated[
        str, _meta("Folder of the hospitals to listen for. Empty: the hospitals that ship with Earshot.")
    ] = ""
    community_queries_file: Annotated[
        str,
        _meta(
            "YAML of community queries, which ingest listens for beside the hospitals' accounts: keywords, "
            "hashtags, places. Ingest takes edits while it runs. Empty: none."
        ),
    ] = ""
    taxonomy_file: Annotated[
        str, _meta("YAML of topics to use instead of those that ship with Earshot. Workers take edits while they run.")
    ] = ""
    hospital_topics_file: Annotated[
        str,
        _meta(
            "YAML of topics that hospitals switch off and of phrases that they add. Workers take edits while they run."
        ),
    ] = ""
    business_hours: Annotated[
        str,
        _meta(
            "When a hospital's office is open, on its own clock, for answer times in business hours. A hospital's own "
            "hours stand in the directory (column `hours`).",
            allowed="`Mon-Fri 8-17`, or parts with commas between: `Mon-Thu 8:30-17, Fri 8:30-12`",
            pattern=rf"^{_HOURS}(,{_HOURS})*$",
        ),
    ] = "Mon-Fri 8-17"
    cache_dir: Annotated[
        str, _meta("Folder of the local Kafka's jars, data and log. Empty: the user's cache folder.")
    ] = ""
    log_format: Annotated[
        Literal["text", "json"],
        _meta("Log lines for people, or one JSON object each for a log collector: time, level, logger, message."),
    ] = "text"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _meta("Least severe log line to show.")] = "info"

    @property
    def source_names(self) -> list[str]:
        """Names of the sources, in the order given."""
        return self.sources.split(",")

    @property
    def worker_name(self) -> str:
        """The static member id of this worker."""
        return self.worker_id or socket.gethostname()

    @property
    def wal_path(self) -> Path:
        """The wal's folder, whichever way it was set."""
        if self.wal_dir:
            return Path(self.wal_dir)
        # "log" is what earlier versions called it: under another name, what waits there for Kafka would not be found.
        return user_state_path("earshot", appauthor=False) / f"{self.kafka_topic_prefix}log"

    @property
    def cache_path(self) -> Path:
        """The cache folder, whichever way it was set."""
        return Path(self.cache_dir) if self.cache_dir else user_cache_path("earshot", appauthor=False)


class Described(msgspec.Struct, frozen=True):
    """One setting as a reader sees it."""

    name: str
    env: str
    unit: str
    default: Any
    allowed: str
    doc: str
    choices: tuple[str, ...] = ()
    """The words allowed, if it takes one of a closed set."""
    listed: tuple[str, ...] = ()
    """The words allowed, if it takes a list of them."""


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return next(one.env for one in describe() if one.name == name)


def describe() -> Iterator[Described]:
    """Every setting, in the order of declaration."""
    info = msgspec.inspect.type_info(Settings)
    assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101 - narrows for mypy
    for field in info.fields:
        meta = field.type
        if not isinstance(meta, msgspec.inspect.Metadata):
            continue  # what a process is told by Kafka
        extra = meta.extra or {}
        env = extra["env"] or f"EARSHOT_{field.name.upper()}"
        doc = (meta.extra_json_schema or {}).get("description", "")
        allowed = extra["allowed"] or _allowed(meta.type)
        choices = tuple(map(str, meta.type.values)) if isinstance(meta.type, msgspec.inspect.LiteralType) else ()
        yield Described(field.name, env, extra["unit"], field.default, allowed, doc, choices, extra["listed"])


def _allowed(kind: msgspec.inspect.Type) -> str:
    match kind:
        case msgspec.inspect.LiteralType(values):
            return " or ".join(str(value) for value in values)
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            word = "whole number" if isinstance(kind, msgspec.inspect.IntType) else "number"
            return f"{word} from {kind.ge:,} to {kind.le:,}" if kind.ge is not None and kind.le is not None else word
    return "text"


def _unfit(settings: Settings) -> Iterator[str]:
    """Settings of Kafka's security that do not fit together: a password must not lie unused and unnoticed."""
    protocol = f"{variable('kafka_security_protocol')}={settings.kafka_security_protocol}"
    spoken = settings.kafka_security_protocol.split("_")
    for name, layer, needed in (
        ("kafka_username", "SASL", True),
        ("kafka_password_file", "SASL", True),
        ("kafka_ca_file", "SSL", False),
    ):
        given, used = bool(getattr(settings, name)), layer in spoken
        if given and not used:
            yield f"{variable(name)} is set, and {protocol} does not use it: unset it or change that"
        if needed and used and not given:
            yield f"{protocol} needs {variable(name)}"
    if settings.kafka_security_protocol == "SASL_PLAINTEXT" and settings.kafka_sasl_mechanism == "PLAIN":
        yield f"{variable('kafka_sasl_mechanism')}=PLAIN would show the password to the network: use SASL_SSL or SCRAM"
    if settings.kafka_security_protocol != "PLAINTEXT" and not settings.kafka_bootstrap:
        yield f"{protocol} needs {variable('kafka_bootstrap')}: the local Kafka speaks PLAINTEXT"


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings from the environment, with `overrides` (values that are already typed) on top.

    Words are taken in any case, lists in any order. Raises `SettingsError`, one line that names every value that is not
    allowed, every unknown `EARSHOT_` variable (a typo must not pass in silence), and settings that do not fit together.
    """
    environ = os.environ if environ is None else environ
    known = {one.env: one for one in describe()}
    wrong = [_stray(name, known) for name in sorted(environ) if name.startswith("EARSHOT_") and name not in known]
    values: dict[str, Any] = {one.name: _tidy(one, environ[env]) for env, one in known.items() if env in environ}
    values.update(overrides)
    for one in known.values():
        if one.name not in values:
            continue
        value = values[one.name]
        try:
            values[one.name] = msgspec.convert({one.name: value}, Settings, strict=False).__getattribute__(one.name)
        except msgspec.ValidationError:
            unit = f" {one.unit}" if one.unit else ""
            wrong.append(f"{one.env}={value!s} is not allowed: {one.allowed}{unit} (default {one.default!r})")
    if wrong:
        raise SettingsError("; ".join(wrong))
    settings = Settings(**values)
    if unfit := list(_unfit(settings)):
        raise SettingsError("; ".join(unfit))
    return settings


def given(environ: Mapping[str, str] | None = None) -> set[str]:
    """Names of the settings that the environment sets, also to their default."""
    environ = os.environ if environ is None else environ
    return {one.name for one in describe() if one.env in environ}


def _stray(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"{name} is not a setting of Earshot" + (
        f", did you mean {near[0]}?" if near else ": see `earshot settings`"
    )


def _tidy(one: Described, value: str) -> str:
    """What a person wrote, as it is declared: a word of a closed set in its own case, a list without blanks."""
    if one.choices:
        return next((choice for choice in one.choices if choice.lower() == value.strip().lower()), value)
    if one.listed:
        return ",".join(part.strip().lower() for part in value.split(","))
    return value


def environment(settings: Settings) -> dict[str, str]:
    """The variables that make a child process load the same settings."""
    return {one.env: str(value) for one in describe() if (value := getattr(settings, one.name)) != one.default}
