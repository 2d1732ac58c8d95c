"""Every metric of Earshot as data: name, kind, unit, labels with their closed values, help, and what to do when it
moves.

Read by the collector, the machinery and the tests. A name or label that is not declared here cannot be used: `declared`
raises. Names: `conversation_*` for what people say, `pipeline_*` for machinery.
"""

from typing import Literal

import msgspec

from streams.vocabulary import DEAD_REASONS, INTENTS, SKIPPED, TIERS

STAGES = ("tagger", "hospitals")
"""The Faust agents."""

HOSPITAL = "hospital"
TOPIC = "topic"
"""Labels whose closed values are the directory's ids and the taxonomy's, known once these are loaded."""


class UndeclaredMetricError(Exception):
    """A metric or label value that the registry does not know."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    labels: dict[str, tuple[str, ...]] = {}
    """Label -> its closed values; empty for the two that are closed by directory and taxonomy."""
    help: str
    act: str
    """What a reader does when it moves."""
    buckets: tuple[float, ...] = ()

    @property
    def family(self) -> str:
        """Name as the client library wants it: a counter's without `_total`."""
        return self.name.removesuffix("_total")


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

METRICS: tuple[Metric, ...] = (
    Metric(
        name="conversation_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: ()},
        help="Posts to or about a hospital, its own excluded, over its lifetime.",
        act="Compare with the same hour of past weeks; a flat line with a live stream is news, too.",
    ),
    Metric(
        name="conversation_own_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: ()},
        help="Posts by the hospital itself.",
        act="None: context for answers given.",
    ),
    Metric(
        name="conversation_tier_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), "tier": TIERS},
        help="Inbound posts by how near their author is. `unknown` is an answer: show it beside every share.",
        act="A falling local share against the hospital's own goal is a question for its people, not for operations.",
    ),
    Metric(
        name="conversation_topic_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), TOPIC: ()},
        help="Inbound posts by topic; a post may have several. Service lines show 0 below five.",
        act="A topic that rises alone points at a service: read the posts on X, answer there.",
    ),
    Metric(
        name="conversation_intent_posts_total",
        kind="counter",
        unit="posts",
        labels={HOSPITAL: (), "intent": INTENTS},
        help="Inbound posts by what they want; exactly one each.",
        act="Questions and complaints wait for an answer; `crisis` needs a person now.",
    ),
    Metric(
        name="conversation_suppressed_cells",
        kind="gauge",
        unit="cells",
        labels={HOSPITAL: ()},
        help="Service-line counts of 1 to 4, shown as 0 so that nobody can be recognised.",
        act="None: use a longer window.",
    ),
    Metric(
        name="pipeline_records_total",
        kind="counter",
        unit="records",
        labels={"stage": STAGES},
        help="Kafka records taken by each agent, replays included.",
        act="Zero while X delivers: look at the lag and the worker's log.",
    ),
    Metric(
        name="pipeline_skipped_total",
        kind="counter",
        unit="records",
        labels={"reason": SKIPPED},
        help="Records that counted for nothing, by reason.",
        act="`replay` rises after a restart and stops; `unknown_hospital` means directory and mentions disagree.",
    ),
    Metric(
        name="pipeline_dead_letters_total",
        kind="counter",
        unit="records",
        labels={"reason": DEAD_REASONS},
        help="Records of posts that could not be read, by reason; they stand in dead-letters.",
        act="More than a trickle: a source changed its format. Look at dead-letters.",
    ),
    Metric(
        name="pipeline_chunk_seconds",
        kind="histogram",
        unit="seconds",
        labels={"stage": STAGES},
        help="Time to take one chunk of up to 1,000 records.",
        act="Rising together with lag: the worker is at its limit, add another.",
        buckets=_SECONDS,
    ),
    Metric(
        name="pipeline_visible_seconds",
        kind="histogram",
        unit="seconds",
        help="Age of the oldest post of each chunk when it became visible in a table, by Kafka's timestamp.",
        act="The service level is 99 % within 30 s. Look at lag, then at recoveries.",
        buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0),
    ),
    Metric(
        name="pipeline_lag_records",
        kind="gauge",
        unit="records",
        labels={"stage": STAGES},
        help="Records not yet taken in the partitions that this worker holds.",
        act="Growing for minutes: add a worker, or look why this one is slow.",
    ),
    Metric(
        name="pipeline_held_partitions",
        kind="gauge",
        unit="partitions",
        labels={"stage": STAGES},
        help="Partitions whose tables are complete and ours. None while recovering.",
        act="The sum over workers is the partition count; less for more than a minute means one is missing.",
    ),
    Metric(
        name="pipeline_recoveries_total",
        kind="counter",
        unit="recoveries",
        help="Times that this worker took partitions over.",
        act="Several an hour without a deployment: workers come and go; see their logs.",
    ),
    Metric(
        name="pipeline_recovery_seconds",
        kind="gauge",
        unit="seconds",
        help="Time the last recovery took to read the changelogs.",
        act="Nothing is counted meanwhile; if it nears a minute, look at the changelogs' size.",
    ),
    Metric(
        name="pipeline_rows_written_total",
        kind="counter",
        unit="rows",
        help="Rows written to the changelog: the changed ones, once a commit.",
        act="Zero while posts are counted: the checkpoint hangs.",
    ),
    Metric(
        name="pipeline_remembered_posts",
        kind="gauge",
        unit="posts",
        help="Post ids remembered to drop duplicates.",
        act="About 250 bytes of memory each; lower the horizon if it outgrows the machine.",
    ),
)

_BY_NAME = {metric.name: metric for metric in METRICS}


def declared(name: str) -> Metric:
    """The metric `name`; raises `UndeclaredMetricError`."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UndeclaredMetricError(f"{name} is not declared in streams/metrics/registry.py") from None
