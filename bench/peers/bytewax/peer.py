"""bytewax: posts by partition, a state of post ids, then by hospital, a state of rows; snapshots in SQLite.

Run by the bench in the environment beside it. No second Kafka topic: mentions stay in the process. A snapshot holds the
whole state of each key that changed since the last, and the offsets to go on from; every 10 s by default.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from bench.peers.bytewax.store import FOLDER
from bench.peers.job import Job, Record, Row
from bench.peers.plan import Plan

SNAPSHOT_SECONDS = 10.0
"""Its default."""

Facts = tuple[tuple[bytes, bytes], ...]
Rows = tuple[int, dict[bytes, bytes]]
"""Records folded so far, and rows by key."""


class Tag(StatefulBatchLogic):  # type: ignore[misc]
    """Reads the posts of one partition of the Kafka topic."""

    def __init__(self, job: Job, facts: Facts | None) -> None:
        self._job, self._first_seen = job, job.first_seen()
        self._facts = dict(facts or ())
        for key, value in self._facts.items():
            self._first_seen.restore(0, key, value)

    def on_batch(self, values: list[Any]) -> tuple[Iterable[tuple[str, bytes]], bool]:
        """Hospital ids and mentions."""
        records = [Record(one.offset, one.timestamp[1], one.value) for one in values]
        partition = values[0].partition
        return list(self._job.tag(partition, records, self._is_copy)), StatefulBatchLogic.RETAIN

    def _is_copy(self, _partition: int, post: str, offset: int, at: int) -> bool:
        return self._first_seen.is_duplicate(0, post, offset, at)

    def snapshot(self) -> Facts:
        """All ids, in the chunks in which they were written."""
        _change(self._facts, self._first_seen.changes((0,)).get(0, ()))
        return tuple(self._facts.items())


class Fold(StatefulBatchLogic):  # type: ignore[misc]
    """Counts the mentions of one hospital."""

    def __init__(self, job: Job, state: Rows | None) -> None:
        self._count, self._rows = state or (0, {})
        self._hospital = job.hospital(self._rows.items())

    def on_batch(self, values: list[bytes]) -> tuple[Iterable[None], bool]:
        """Fold them; nothing goes on. A row's version is how many records came before."""
        self._hospital.fold(enumerate(values, self._count))
        self._count += len(values)
        return (), StatefulBatchLogic.RETAIN

    def snapshot(self) -> Rows:
        """All rows."""
        _change(self._rows, self._hospital.changes())
        return self._count, dict(self._rows)


def _change(rows: dict[bytes, bytes], changes: Iterable[Row]) -> None:
    for key, value in changes:
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value


class Nowhere(DynamicSink):  # type: ignore[misc]
    """A dataflow must end in an output; nothing comes to this one."""

    def build(self, *_: object) -> "_Nothing":
        """Its only part."""
        return _Nothing()


class _Nothing(StatelessSinkPartition):  # type: ignore[misc]
    def write_batch(self, items: list[Any]) -> None:
        """Take nothing."""


def flow(plan: Plan, job: Job) -> Dataflow:
    """The dataflow."""
    made = Dataflow("earshot")
    posts = op.input("posts", made, KafkaSource([plan.kafka], [plan.posts]))
    names = [str(one) for one in range(plan.partitions)]
    by_partition = op.flat_map_batch(
        "by-partition", posts, lambda batch: [(names[one.partition], one) for one in batch]
    )
    tagged = op.stateful_batch("tag", by_partition, lambda facts: Tag(job, facts))
    by_hospital = op.flat_map_batch("by-hospital", tagged, lambda batch: [pair for _, pair in batch])
    folded = op.stateful_batch("fold", by_hospital, lambda rows: Fold(job, rows))
    op.output("nowhere", folded, Nowhere())
    return made


def main() -> None:
    """Work until the process is ended."""
    plan = Plan.told()
    folder = plan.state(FOLDER)
    if not any(folder.iterdir()):
        init_db_dir(folder, 1)
    cli_main(
        flow(plan, Job(plan)),
        epoch_interval=timedelta(seconds=plan.commit_seconds or SNAPSHOT_SECONDS),
        recovery_config=RecoveryConfig(folder, timedelta(0)),
    )


if __name__ == "__main__":
    main()
