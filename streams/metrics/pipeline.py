"""The machinery's metrics, declared: from X's line to the row of a table.

Read through `registry`. `jobs` says which process shows each.
"""

from streams.metrics.metric import Job, Metric
from streams.vocabulary import DEAD_REASONS, DEAD_WHERE, SKIPPED

STAGES = ("tagger", "hospitals")
"""The Faust agents."""

_BOTH: tuple[Job, ...] = ("worker", "ingest")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

PIPELINE: tuple[Metric, ...] = (
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
        labels={"where": DEAD_WHERE, "reason": DEAD_REASONS},
        jobs=_BOTH,
        help="What could not be read, by where (a line at ingest, a record at the tagger) and reason.",
        act="More than a trickle: a source changed its format. Look at dead-letters, which keep a day.",
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
        name="pipeline_last_commit_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        help="When this worker last committed offsets, seconds since the epoch. Stands still while nothing comes; "
        "absent before the first.",
        act="Old while there is lag: the checkpoint hangs; the worker ends itself after EARSHOT_STALL_TIMEOUT.",
    ),
    Metric(
        name="pipeline_remembered_posts",
        kind="gauge",
        unit="posts",
        help="Post ids remembered to drop duplicates.",
        act="About 250 bytes of memory each; lower the horizon if it outgrows the machine.",
    ),
    Metric(
        name="pipeline_directory_hospitals",
        kind="gauge",
        unit="hospitals",
        help="Hospitals in the directory that this worker loaded: what the number of conversation series is held to.",
        act="Workers that differ run with different directories: restart those with the old one.",
    ),
    Metric(
        name="pipeline_ingest_outstanding_records",
        kind="gauge",
        unit="records",
        jobs=("ingest",),
        help="Records that ingest accepted and Kafka has not acknowledged.",
        act="At EARSHOT_INGEST_OUTSTANDING ingest stops reading and X drops it: see pipeline_kafka_reachable.",
    ),
    Metric(
        name="pipeline_ingest_acked_total",
        kind="counter",
        unit="records",
        jobs=("ingest",),
        help="Records of ingest that Kafka acknowledged, dead letters included.",
        act="Zero while lines come: Kafka takes nothing; see pipeline_kafka_reachable and ingest's log.",
    ),
    Metric(
        name="pipeline_producer_rebuilds_total",
        kind="counter",
        unit="producers",
        jobs=("ingest",),
        help="Kafka producers replaced because they failed or stalled; what was not acknowledged is sent again.",
        act="One after a broker's outage is normal. Again and again: `earshot topics describe`, then the broker's log.",
    ),
    Metric(
        name="pipeline_kafka_reachable",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 if a broker answered ingest's last probe, else 0.",
        act="0: start the broker. Posts wait in ingest up to EARSHOT_INGEST_OUTSTANDING.",
    ),
    Metric(
        name="pipeline_build_info",
        kind="gauge",
        unit="1",
        labels={"version": ()},
        jobs=_BOTH,
        help="1, with the version that runs.",
        act="Two versions for long: a deployment did not finish.",
    ),
    Metric(
        name="pipeline_disk_free_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Free space, for a process without privileges, of the file system that the process runs on.",
        act="Below a tenth: make room. A Kafka whose disk is full stops.",
    ),
    Metric(
        name="pipeline_disk_size_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Size of the file system that the process runs on.",
        act="None: what the free space is compared with.",
    ),
)
