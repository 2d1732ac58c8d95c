"""Stock Faust, as it comes and tuned: two agents, a table of post ids, a table of rows; both tables in memory.

Run by the bench in the environment beside it, which has Faust without Earshot's transport. A row is set with each
mention. Tuned: what is known to help stock Faust on such work (buffers, linger, batches, uvloop, its Cython paths, the
log level at which it does not write debug lines, static membership).
"""

import sys
from typing import Any

import faust

from bench.peers.job import FirstOffset, HospitalRows, Job, Record
from bench.peers.plan import Plan

TUNED = "tuned"
HOSPITALS, FIRST_SEEN = "hospitals", "first-seen"
"""Faust forms the changelogs' names of them as Earshot does."""


def settings(plan: Plan) -> dict[str, Any]:
    """Faust's settings beyond its defaults."""
    found: dict[str, Any] = {"broker_commit_interval": plan.commit_seconds} if plan.commit_seconds else {}
    if plan.variant == TUNED:
        found |= {
            "broker_session_timeout": plan.session_seconds,
            "broker_heartbeat_interval": plan.session_seconds / 3,
            "consumer_group_instance_id": "faust",
            "cython_optimizations": True,
            "producer_compression_type": "zstd",
            "producer_linger": 0.05,
            "producer_max_batch_size": 512 * 1024,
            "stream_buffer_maxsize": 50_000,
            "table_standby_replicas": 0,
            "topic_disable_leader": True,
        }
    return found


def app(plan: Plan, job: Job) -> faust.App:
    """The app with its agents."""
    made = faust.App(
        plan.group,
        broker=f"kafka://{plan.kafka}",
        topic_partitions=plan.partitions,
        web_enabled=False,
        datadir=plan.state("faust"),
        **settings(plan),
    )
    raw: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    posts = made.topic(plan.posts, **raw)
    mentions = made.topic(plan.mentions, **raw)
    first_seen, rows = (
        made.Table(name, partitions=plan.partitions, key_type=bytes, value_type=bytes)
        for name in (FIRST_SEEN, HOSPITALS)
    )
    hospitals: dict[bytes, HospitalRows] = {}

    def is_copy(_partition: int, post: str, offset: int, at: int) -> bool:
        known = first_seen.get(post.encode())
        if known is not None and FirstOffset.of(known).makes_copy(offset, at, job.horizon):
            return True
        first_seen[post.encode()] = FirstOffset(offset, at).packed()
        return False

    @made.agent(posts)  # type: ignore[untyped-decorator]
    async def tagger(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            record = Record(message.offset, round(message.timestamp * 1000), event.value)
            for hospital, value in job.tag(message.partition, [record], is_copy):
                await mentions.send(key=hospital.encode(), value=value)

    @made.agent(mentions)  # type: ignore[untyped-decorator]
    async def folder(stream: Any) -> None:
        async for event in stream.events():
            hospital = hospitals.get(event.key)
            if hospital is None:
                prefix = event.key + b"/"
                stored_rows = [(key, value) for key, value in rows.items() if key.startswith(prefix)]
                hospital = hospitals[event.key] = job.hospital(stored_rows)
            hospital.fold([(event.message.offset, event.value)])
            for key, value in hospital.changes():
                if value is None:
                    rows.pop(key, None)
                else:
                    rows[key] = value

    return made


def main() -> None:
    """Work until the process is ended."""
    plan = Plan.told()
    made = app(plan, Job(plan))
    tuned = plan.variant == TUNED
    sys.argv = ["faust", *(["--loop", "uvloop"] if tuned else []), "worker", *(["-l", "info"] if tuned else [])]
    made.main()


if __name__ == "__main__":
    main()
