"""The machinery's metrics, declared: from X's line to the row of a table.

Read through `registry`. `jobs` says which process shows each.
"""

from streams.kafka.topics import TABLES
from streams.metrics.metric import Job, Metric
from streams.vocabulary import (
    ATTENTION_REASONS,
    CERTAINTIES,
    COMPILEDS,
    DEAD_REASONS,
    DEAD_WHERE,
    LOOK_UPS,
    READING_PARTS,
    RELOADS,
    SKIPPED,
    STAGES,
    TIERS,
    UNTIMELY,
    WRONG_PARTS,
)

_BOTH: tuple[Job, ...] = ("worker", "ingest")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

PIPELINE: tuple[Metric, ...] = (
    Metric(
        name="pipeline_records_total",
        kind="counter",
        unit="records",
        labels={"stage": STAGES},
        help="Kafka records that each agent took, replays included.",
        act="Zero while posts come: look at the lag and the worker's log.",
    ),
    Metric(
        name="pipeline_skipped_total",
        kind="counter",
        unit="records",
        labels={"reason": SKIPPED},
        help="Records that could be read but were not counted, by reason.",
        act="`replay` rises after a restart and stops; the others: see the reason.",
    ),
    Metric(
        name="pipeline_untimely_posts_total",
        kind="counter",
        unit="posts",
        labels={"reason": UNTIMELY},
        help="Posts that are missing from some or all windows because of their time, by reason.",
        act="Many `no_time` or `future`: a source changed its format, or a clock is wrong.",
    ),
    Metric(
        name="pipeline_dead_letters_total",
        kind="counter",
        unit="records",
        labels={"where": DEAD_WHERE, "reason": DEAD_REASONS},
        jobs=_BOTH,
        help="Lines (at ingest) and records (at the tagger) that could not be read, by reason.",
        act="More than a few: a source changed its format. Look at dead-letters, which keep a day.",
    ),
    Metric(
        name="pipeline_wrong_parts_total",
        kind="counter",
        unit="parts",
        labels={"part": WRONG_PARTS},
        help="Parts of posts with an unexpected form, which count as unknown; the rest of each post counts.",
        act="Many at once: a source or a gateway changed its format; compare a post of today with `streams/reading/`.",
    ),
    Metric(
        name="pipeline_attention_total",
        kind="counter",
        unit="posts",
        labels={"reason": ATTENTION_REASONS},
        help="Posts put into the queue for a person, replays included: somebody may be in danger, or care may have "
        "gone wrong.",
        act="`earshot attention list` shows them; the runbook says what to do about each. Earshot answers nobody by "
        "itself.",
    ),
    Metric(
        name="pipeline_taxonomy_reloads_total",
        kind="counter",
        unit="reloads",
        labels={"result": RELOADS},
        help="Edits of the taxonomy or of the hospitals' own topics, by result.",
        act="`refused`: workers still use the words from before the edit; the log names the wrong line.",
    ),
    Metric(
        name="pipeline_directory_reloads_total",
        kind="counter",
        unit="reloads",
        labels={"result": RELOADS},
        help="Edits of the files in EARSHOT_DIRECTORY_FOLDER, by what became of them.",
        act="`refused`: the directory before the edit is still in use; the log names the file and line that are wrong.",
    ),
    Metric(
        name="pipeline_chunk_seconds",
        kind="histogram",
        unit="seconds",
        labels={"stage": STAGES},
        help="Time to process one chunk of up to 1,000 records.",
        act="If it rises together with lag, the worker is at its limit: add another.",
        buckets=_SECONDS,
    ),
    Metric(
        name="pipeline_reading_seconds",
        kind="histogram",
        unit="seconds",
        labels={"part": READING_PARTS},
        help="Time that each part of the tagger's work took a post, the mean of each batch of up to 64 posts.",
        act="The tagger got slower: the part whose average grew is why.",
        buckets=(0.000002, 0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.001, 0.01),
    ),
    Metric(
        name="pipeline_place_look_ups_total",
        kind="counter",
        unit="texts",
        labels={"result": LOOK_UPS},
        help="Profile texts, and towns that posts name, whose place the tagger looked up.",
        act="`miss` grows against `hit`: more different texts come than memory has room for, and places take more of "
        "the tagger's time.",
    ),
    Metric(
        name="pipeline_named_places_total",
        kind="counter",
        unit="posts",
        labels={"tier": TIERS},
        help="Inbound posts, once for each hospital, by how near the nearest town is that the text names with its "
        "state. `unknown` here: the text names none. No other count uses it: tiers are the author's.",
        act="`unknown` alone for long while posts come: towns in texts are not found any more.",
    ),
    Metric(
        name="pipeline_topics_total",
        kind="counter",
        unit="posts",
        labels={"topic": (), "certainty": CERTAINTIES},
        help="Inbound posts by topic, once for each hospital, sure and likely ones apart. Operational and safety "
        "topics alone: nothing tells of a service line how sure it is.",
        act="A topic that is mostly `likely`: people speak of it in words that the weights do not know well; label "
        "posts about it (docs/topics.md).",
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
        help="Records that wait in the partitions that this worker holds.",
        act="If it grows for minutes, add a worker, or find out why this one is slow.",
    ),
    Metric(
        name="pipeline_partitions",
        kind="gauge",
        unit="partitions",
        jobs=_BOTH,
        help="Partitions of the pipeline: EARSHOT_PARTITIONS of the process that shows it.",
        act="Two numbers: a process begun before a migration. Restart it.",
    ),
    Metric(
        name="pipeline_held_partitions",
        kind="gauge",
        unit="partitions",
        labels={"stage": STAGES},
        help="Partitions that this worker holds, with complete tables. 0 while it recovers.",
        act="The sum over workers is pipeline_partitions; if it is less for more than a minute, a worker is missing.",
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
        help="Time that the last recovery took to read the changelogs.",
        act="The worker counts nothing meanwhile; if it nears a minute, look at the changelogs' size.",
    ),
    Metric(
        name="pipeline_rows_written_total",
        kind="counter",
        unit="rows",
        labels={"table": tuple(TABLES)},
        help="Rows written to the changelog: the changed ones, once a commit.",
        act="Zero while the worker counts posts: the checkpoint hangs.",
    ),
    Metric(
        name="pipeline_last_commit_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        help="When this worker last committed offsets, seconds since the epoch. Does not change while no records "
        "come; absent before the first commit.",
        act="Old while there is lag: the checkpoint hangs; the worker ends itself after EARSHOT_STALL_TIMEOUT.",
    ),
    Metric(
        name="pipeline_remembered_posts",
        kind="gauge",
        unit="posts",
        help="Post ids that the worker remembers to drop duplicates.",
        act="About 30 bytes of memory each, up to a fifth more than EARSHOT_REMEMBERED_POSTS.",
    ),
    Metric(
        name="pipeline_duplicate_horizon_seconds",
        kind="gauge",
        unit="seconds",
        help="How far back copies of a post are recognised now, in the worker's partition where that is least.",
        act="Below its limit: more posts came than EARSHOT_REMEMBERED_POSTS; an older copy counts again.",
    ),
    Metric(
        name="pipeline_duplicate_horizon_limit_seconds",
        kind="gauge",
        unit="seconds",
        help="EARSHOT_DUPLICATE_HORIZON: how far back copies are recognised while memory allows.",
        act="Nothing: compare pipeline_duplicate_horizon_seconds with it.",
    ),
    Metric(
        name="pipeline_directory_hospitals",
        kind="gauge",
        unit="hospitals",
        help="Hospitals in the directory that this worker loaded. As many, without the hidden ones, must have "
        "conversation series.",
        act="Workers differ for more than a minute: they read different files, or one refused an edit; see "
        "pipeline_directory_reloads_total.",
    ),
    Metric(
        name="pipeline_hidden_hospitals",
        kind="gauge",
        unit="hospitals",
        help="Hospitals of the directory without series of their own, being more than EARSHOT_METRICS_HOSPITALS. They "
        "are counted like the others; the API has them.",
        act="Above 0: sums over hospitals miss them. Raise the setting as far as Prometheus' memory goes, or ask the "
        "API. Hospitals with an account come first.",
    ),
    Metric(
        name="pipeline_ingest_outstanding_records",
        kind="gauge",
        unit="records",
        jobs=("ingest",),
        help="Records that ingest sent to Kafka and Kafka has not acknowledged.",
        act="At EARSHOT_INGEST_OUTSTANDING further records wait in the write-ahead log: see pipeline_kafka_reachable.",
    ),
    Metric(
        name="pipeline_wal_records",
        kind="gauge",
        unit="records",
        jobs=("ingest",),
        help="Records that ingest accepted, on its disk, and Kafka has not acknowledged.",
        act="Rising: Kafka takes less than the sources send. Nothing is lost while pipeline_wal_bytes is below its "
        "limit.",
    ),
    Metric(
        name="pipeline_wal_bytes",
        kind="gauge",
        unit="bytes",
        jobs=("ingest",),
        help="Disk that the write-ahead log takes; it frees segments of up to 16 MB, or once an hour.",
        act="Near pipeline_wal_limit_bytes ingest hangs up on its sources: bring Kafka back, or raise "
        "EARSHOT_WAL_MAX_BYTES.",
    ),
    Metric(
        name="pipeline_wal_limit_bytes",
        kind="gauge",
        unit="bytes",
        jobs=("ingest",),
        help="EARSHOT_WAL_MAX_BYTES: where ingest stops accepting, until a quarter is free again.",
        act="Nothing: compare pipeline_wal_bytes with it.",
    ),
    Metric(
        name="pipeline_wal_oldest_timestamp_seconds",
        kind="gauge",
        unit="seconds",
        jobs=("ingest",),
        help="When the oldest record came that Kafka does not have, seconds since the epoch. Absent when there is "
        "none.",
        act="Minutes ago: Kafka takes nothing; see pipeline_kafka_reachable and pipeline_producer_rebuilds_total.",
    ),
    Metric(
        name="pipeline_wal_damaged_bytes",
        kind="gauge",
        unit="bytes",
        jobs=("ingest",),
        help="Bytes of the write-ahead log that did not match their checksums; ingest keeps them aside for a day.",
        act="Above 0: accepted posts are not on Kafka. The disk is failing; ingest's log names the file.",
    ),
    Metric(
        name="pipeline_wal_sync_seconds",
        kind="histogram",
        unit="seconds",
        jobs=("ingest",),
        help="Time from a record's arrival until it is on the disk; one observation for each sync, of its oldest "
        "record.",
        act="Above 10 ms: a slow or busy disk. EARSHOT_WAL_SYNC=group shares one sync among many records.",
        buckets=_SECONDS,
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
        help="Kafka producers that ingest replaced because they failed or stalled; the new one sends again what was "
        "not acknowledged.",
        act="One after a broker's outage is normal. If it repeats: `earshot topics describe`, then the broker's log.",
    ),
    Metric(
        name="pipeline_group_lag_records",
        kind="gauge",
        unit="records",
        labels={"stage": STAGES, "partition": ()},
        jobs=("ingest",),
        help="Records of each partition that the workers have not committed, asked every 10 s, also while no worker "
        "runs. Absent while Kafka does not answer.",
        act="Growing in one partition: its worker hangs. In all: add a worker, or start one.",
    ),
    Metric(
        name="pipeline_kafka_reachable",
        kind="gauge",
        unit="1",
        jobs=("ingest",),
        help="1 if a broker answered ingest's last probe, else 0.",
        act="0: start the broker. Posts wait in ingest's write-ahead log, up to EARSHOT_WAL_MAX_BYTES.",
    ),
    Metric(
        name="pipeline_build_info",
        kind="gauge",
        unit="1",
        labels={"version": (), "compiled": COMPILEDS},
        jobs=_BOTH,
        help="1, with the version that runs, and how it runs the modules that most of a worker's time goes into.",
        act="Two versions for long: a deployment did not finish.",
    ),
    Metric(
        name="pipeline_disk_free_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Free space, for a process without privileges, of the file system that the process runs on.",
        act="Below a tenth: make room. A full disk stops Kafka.",
    ),
    Metric(
        name="pipeline_disk_size_bytes",
        kind="gauge",
        unit="bytes",
        jobs=_BOTH,
        help="Size of the file system that the process runs on.",
        act="Nothing: compare the free space with it.",
    ),
)
