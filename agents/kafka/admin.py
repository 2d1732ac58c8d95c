"""Makes a broker's Kafka topics what `streams/kafka/topics.py` declares.

Called by `earshot topics`, the proofs and the tests; nobody else creates, changes or deletes a Kafka topic. Knows the
declaration and the admin client, neither records nor groups' meaning.
"""

import logging
import time
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from kafka import KafkaAdminClient
from kafka.admin import AlterConfigOp, ConfigResource, ConfigResourceType
from kafka.errors import GroupIdNotFoundError, KafkaError, NonEmptyGroupError, UnknownTopicOrPartitionError

from agents.kafka import clients
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.probe import require_answer
from streams.kafka.topics import KafkaTopic, declared
from streams.settings import Settings, variable

# What goes wrong comes back as an exception; without a handler Python would print the client's own lines as well.
logging.getLogger("kafka").addHandler(logging.NullHandler())

_REQUEST_MS = 10_000
_PAUSE = 0.05


_HARMLESS = {
    "segment.bytes", "segment.ms", "compression.type", "min.cleanable.dirty.ratio", "max.compaction.lag.ms",
    "flush.messages", "retention.bytes",
}  # fmt: skip
"""Keys that say how Kafka stores and when it tidies up, not what it keeps; and the bound that keeps its disk from
filling, which deletes where all would stand still otherwise."""
_GROWS = {"max.message.bytes", "min.compaction.lag.ms", "delete.retention.ms"}
"""Keys of which more is harmless, and less deletes or refuses records. Not retention: how long text is kept is not ours
to lengthen unasked."""


def _amount(value: str) -> float:
    """A value of `_GROWS`; -1 is without limit, and what is no number is least."""
    return float("inf") if value == "-1" else float(value) if value.lstrip("-").isdigit() else float("-inf")


class Live(msgspec.Struct, frozen=True):
    """A Kafka topic as it is on the broker."""

    partitions: int
    config: dict[str, str]
    """Every key with its effective value, defaults included."""
    overrides: frozenset[str]
    """Keys that are set for this Kafka topic itself."""


class Difference(msgspec.Struct, frozen=True):
    """A configuration key that is not as declared."""

    key: str
    actual: str
    wanted: str | None
    """None: not declared, so it should be the broker's default."""

    @property
    def harmless(self) -> bool:
        """Whether it may be changed at any time: no record is refused for it, and none deleted sooner but to keep the
        disk from filling."""
        if self.wanted is None:
            return False  # somebody set it, and may know why
        if self.key in _GROWS:
            return _amount(self.wanted) >= _amount(self.actual)
        return self.key in _HARMLESS

    def __str__(self) -> str:
        return f"{self.key} is {self.actual}, should be {'the default' if self.wanted is None else self.wanted}"


class Applied(msgspec.Struct, frozen=True):
    """What became of one declared Kafka topic."""

    name: str
    result: Literal["created", "unchanged", "changed", "differs"]
    """`differs`: left so, because a change might delete or refuse records."""
    changes: tuple[Difference, ...] = ()
    left: tuple[Difference, ...] = ()
    """What was not changed."""


class Described(msgspec.Struct, frozen=True):
    """A declared Kafka topic beside what the broker has."""

    declared: KafkaTopic
    state: Literal["missing", "as declared", "differs"]
    partitions: int
    """On the broker; 0 when missing."""
    differences: tuple[Difference, ...] = ()


def apply_topics(settings: Settings, *, change_config: bool = False) -> list[Applied]:
    """Create the declared Kafka topics that are missing. Blocks until each partition has a leader, some 10 s at most.

    A partition count that differs is an error. Of a configuration that differs, what is harmless is changed, the rest
    only with `change_config`. Everything is compared, and tried by the broker without effect, before anything is
    changed. `settings.kafka_bootstrap` must be given, here as below. Raises `UserError`.
    """
    with connected(settings) as admin:
        topics = declared(settings)
        live = _live(admin, [topic.name for topic in topics])
        found = {topic.name: _differences(topic, live[topic.name]) for topic in topics if topic.name in live}
        if wrong := _partitions_wrong(settings, {name: one.partitions for name, one in live.items()}):
            raise UserError("; ".join(wrong))
        changes = {name: tuple(one for one in all_ if change_config or one.harmless) for name, all_ in found.items()}
        left = {name: tuple(one for one in all_ if one not in changes[name]) for name, all_ in found.items()}
        missing = [topic for topic in topics if topic.name not in live]
        for validate_only in (True, False):
            _create(admin, missing, validate_only)
            _alter(admin, changes, validate_only)
        _wait_until_applied(admin, topics, left)
        return [_applied(topic.name, changes.get(topic.name), left.get(topic.name, ())) for topic in topics]


def describe_topics(settings: Settings) -> list[Described]:
    """Each declared Kafka topic and how the broker's differs. Raises `UserError` when the broker does not answer."""
    with connected(settings) as admin:
        topics = declared(settings)
        live = _live(admin, [topic.name for topic in topics])
    return [_described(topic, live.get(topic.name)) for topic in topics]


def require_topics(settings: Settings, names: Container[str] | None = None) -> None:
    """Raise `UserError` unless the broker answers and has the declared Kafka topics (those in `names`, if given) with
    as many partitions as declared."""
    found = [one for one in describe_topics(settings) if names is None or one.declared.name in names]
    if missing := [one.declared.name for one in found if one.state == "missing"]:
        raise UserError(f"Kafka topics missing: {', '.join(sorted(missing))}; run `earshot topics apply`")
    if wrong := _partitions_wrong(settings, {one.declared.name: one.partitions for one in found}):
        raise UserError("; ".join(wrong))


def disk(settings: Settings) -> dict[str, int]:
    """Bytes that each declared Kafka topic's segments take, on all brokers together. Raises `UserError`."""
    with connected(settings) as admin:
        brokers = admin.describe_log_dirs([topic.name for topic in declared(settings)])
    found: dict[str, int] = {}
    for topic in (topic for broker in brokers for folder in broker["log_dirs"] for topic in folder["topics"]):
        held = sum(partition["partition_size"] for partition in topic["partitions"])
        found[topic["name"]] = found.get(topic["name"], 0) + held
    return found


def make_anew(settings: Settings) -> None:
    """Create the Kafka topics that a migration makes, empty: what an interrupted one left is deleted first."""
    names = kafka_topics.partitioned(settings)
    drop(settings, names)
    with connected(settings) as admin:
        made = tuple(topic for topic in declared(settings) if topic.name in names)
        _create(admin, list(made), validate_only=False)
        _wait_until_applied(admin, made)


def drop(settings: Settings, names: Container[str]) -> list[str]:
    """Delete the Kafka topics of these names that exist; those deleted. Blocks until they are gone, 10 s at most."""
    with connected(settings) as admin:
        gone = sorted(name for name in admin.list_topics() if name in names)
        if gone:
            admin.delete_topics(gone)
        deadline = time.monotonic() + _REQUEST_MS / 1000
        while left := [name for name in admin.list_topics() if name in gone]:
            if time.monotonic() > deadline:
                raise UserError(f"Kafka has not deleted {', '.join(left)} yet: run it again")
            time.sleep(_PAUSE)
        return gone


def delete(settings: Settings, prefix: str) -> list[str]:
    """Delete every Kafka topic and consumer group whose name begins with `prefix`; their names. For demos and tests.

    A group that still has members, or static ones not yet expired, is left: Kafka drops it when it has stood empty for
    long enough. Raises `ValueError` for an empty prefix: that would be everything.
    """
    if not prefix:
        raise ValueError("an empty prefix is the prefix of every Kafka topic")
    with connected(settings) as admin:
        groups = [group["group_id"] for group in admin.list_groups() if group["group_id"].startswith(prefix)]
        left = {NonEmptyGroupError.__name__, GroupIdNotFoundError.__name__}
        results = admin.delete_groups(groups) if groups else {}
        if refused := {name: why for name, why in results.items() if why != "OK" and why not in left}:
            raise UserError(f"Kafka does not delete groups: {refused}")
        topics = [name for name in admin.list_topics() if name.startswith(prefix)]
        if topics:
            admin.delete_topics(topics)
        return [*topics, *(name for name, result in results.items() if result == "OK")]


@contextmanager
def connected(settings: Settings) -> Iterator[KafkaAdminClient]:
    """The admin client; whatever Kafka says against a request becomes one line."""
    # Says within two seconds what the client would say after `_REQUEST_MS`.
    require_answer(settings)
    try:
        admin = clients.admin(settings, bootstrap_timeout_ms=_REQUEST_MS, request_timeout_ms=_REQUEST_MS)
        try:
            yield admin
        finally:
            admin.close()
    except KafkaError as error:
        raise UserError(f"Kafka at {settings.kafka_bootstrap} refuses: {_cause(error)}") from error


def _cause(error: KafkaError) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _live(admin: KafkaAdminClient, names: list[str]) -> dict[str, Live]:
    """Those of `names` that exist, as they are."""
    found: dict[str, int] = {}
    for topic in admin.describe_topics(names):
        if topic["error_code"] == 0:
            found[topic["name"]] = len(topic["partitions"])
        elif topic["error_code"] != UnknownTopicOrPartitionError.errno:
            raise UserError(f"Kafka does not describe {topic['name']} (error {topic['error_code']}): try again")
    if not found:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in found]
    configs: dict[str, dict[str, dict[str, Any]]] = admin.describe_configs(resources, config_filter="all")["topic"]
    return {
        name: Live(
            partitions=partitions,
            config={key: one["value"] for key, one in configs[name].items()},
            overrides=frozenset(
                key for key, one in configs[name].items() if one["config_source"] == "DYNAMIC_TOPIC_CONFIG"
            ),
        )
        for name, partitions in found.items()
    }


def _differences(topic: KafkaTopic, live: Live) -> tuple[Difference, ...]:
    wanted = topic.full_config
    declared_ones = [
        Difference(key, live.config.get(key, "unset"), value)
        for key, value in wanted.items()
        if live.config.get(key) != value
    ]
    strays = [Difference(key, live.config[key], None) for key in sorted(live.overrides - wanted.keys())]
    return (*declared_ones, *strays)


def _described(topic: KafkaTopic, live: Live | None) -> Described:
    if live is None:
        return Described(topic, "missing", 0)
    found = _differences(topic, live)
    same = live.partitions == topic.partitions and not found
    return Described(topic, "as declared" if same else "differs", live.partitions, found)


def _partitions_wrong(settings: Settings, actual: Mapping[str, int]) -> list[str]:
    """What to say about Kafka topics (name -> partitions) with another number of partitions than declared: of those
    that have the pipeline's number, the first tells all."""
    differ = [topic for topic in declared(settings) if actual.get(topic.name, topic.partitions) != topic.partitions]
    moved = kafka_topics.partitioned(settings)
    lines = [
        f"Kafka topic {topic.name} has {actual[topic.name]} partitions, should have {topic.partitions}: "
        "delete it (its records are lost)"
        for topic in differ
        if topic.name not in moved
    ]
    for topic in [topic for topic in differ if topic.name in moved][:1]:
        # Adding partitions would send a key elsewhere than its rows and duplicates are.
        lines.append(
            f"Kafka topic {topic.name} has {actual[topic.name]} partitions and {variable('partitions')} is "
            f"{topic.partitions}: set it to {actual[topic.name]}, or stop this pipeline and move it with "
            f"`earshot migrate --partitions {topic.partitions}`"
        )
    return lines


def _create(admin: KafkaAdminClient, topics: list[KafkaTopic], validate_only: bool) -> None:
    request = {topic.name: {"num_partitions": topic.partitions, "configs": topic.full_config} for topic in topics}
    if request:
        admin.create_topics(request, validate_only=validate_only, wait_for_metadata=not validate_only)


def _applied(name: str, changes: tuple[Difference, ...] | None, left: tuple[Difference, ...]) -> Applied:
    """`changes` None: it was missing."""
    if changes is None:
        return Applied(name, "created")
    return Applied(name, "changed" if changes else "differs" if left else "unchanged", changes, left)


def _alter(admin: KafkaAdminClient, changes: dict[str, tuple[Difference, ...]], validate_only: bool) -> None:
    resources = [
        ConfigResource(ConfigResourceType.TOPIC, name, {one.key: _operation(one) for one in found})
        for name, found in changes.items()
        if found
    ]
    if resources:
        results = admin.alter_configs(resources, validate_only=validate_only, incremental=True)["topic"]
        if refused := {name: why for name, why in results.items() if why != "OK"}:
            raise UserError(f"Kafka refuses the configuration: {refused}")


def _wait_until_applied(
    admin: KafkaAdminClient,
    topics: tuple[KafkaTopic, ...],
    left: Mapping[str, tuple[Difference, ...]] = MappingProxyType({}),
) -> None:
    """A broker answers a change when its controller has it, and describes it a moment later. `left`: what was not
    changed."""
    deadline = time.monotonic() + _REQUEST_MS / 1000
    while True:
        live = _live(admin, [topic.name for topic in topics])
        late = [
            topic.name
            for topic in topics
            if topic.name not in live or _differences(topic, live[topic.name]) != left.get(topic.name, ())
        ]
        if not late:
            return
        if time.monotonic() > deadline:
            raise UserError(f"Kafka accepted the changes but does not show them yet ({', '.join(late)}): run it again")
        time.sleep(_PAUSE)


def _operation(difference: Difference) -> tuple[AlterConfigOp, str | None]:
    return (AlterConfigOp.DELETE, None) if difference.wanted is None else (AlterConfigOp.SET, difference.wanted)
