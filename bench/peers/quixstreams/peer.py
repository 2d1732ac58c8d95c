"""quixstreams: posts, a state of post ids, `group_by` hospital, a state of rows; RocksDB with changelogs.

Run by the bench in the environment beside it. At least once, as by default; commits at its default of 5 s. State is
set with each mention, since there is no call before a commit; the rows of a hospital are kept decoded, so a mention
encodes the rows that it changes and decodes none.
"""

from collections.abc import Iterator
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models.serializers import Serializer

from bench.peers.job import FirstOffset, HospitalRows, Job, Record
from bench.peers.plan import Plan

Tagged = tuple[str, bytes]
"""Hospital id and the wire form of a mention or tally."""
ROWS = "rows"
"""Key of a hospital's list of row keys: a state cannot be listed."""


class Wire(Serializer):  # type: ignore[misc]
    """Sends the second of `Tagged`; the first is the key."""

    def __call__(self, value: Tagged, ctx: Any) -> bytes:  # noqa: ARG002 - quixstreams' signature
        """The bytes to send."""
        return value[1]


class Steps:
    """The functions that quixstreams calls for each message."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._hospitals: dict[str, tuple[HospitalRows, list[bytes]]] = {}

    def tag(self, value: bytes, _key: object, timestamp: int, _headers: object, state: State) -> Iterator[Tagged]:
        """The mentions of one post. Its state is the one of its id."""
        place = message_context()

        def is_copy(_partition: int, _post: str, offset: int, at: int) -> bool:
            known = state.get_bytes("first")
            if known is not None and FirstOffset.of(known).makes_copy(offset, at, self._job.horizon):
                return True
            state.set_bytes("first", FirstOffset(offset, at).packed())
            return False

        return self._job.tag(place.partition, [Record(place.offset, timestamp, value)], is_copy)

    def fold(self, value: bytes, key: str, _timestamp: int, _headers: object, state: State) -> None:
        """Fold one mention or tally. Its state is the one of its hospital."""
        found = self._hospitals.get(key)
        if found is None:
            found = self._hospitals[key] = self._restored(state)
        rows, names = found
        rows.fold([(message_context().offset, value)])
        count = len(names)
        for name, row in rows.changes():
            if row is None:
                state.delete(name)
                names.remove(name)
            else:
                state.set_bytes(name, row)
                if name not in names:
                    names.append(name)
        if len(names) != count:
            state.set_bytes(ROWS, b"\n".join(names))

    def _restored(self, state: State) -> tuple[HospitalRows, list[bytes]]:
        names = (state.get_bytes(ROWS) or b"").split()
        return self._job.hospital((name, state.get_bytes(name)) for name in names), names


def main() -> None:
    """Work until the process is ended."""
    plan = Plan.told()
    steps = Steps(Job(plan))
    interval = {"commit_interval": plan.commit_seconds} if plan.commit_seconds else {}
    app = Application(
        broker_address=plan.kafka,
        consumer_group=plan.group,
        auto_offset_reset="earliest",
        state_dir=plan.state("quixstreams"),
        consumer_extra_config={
            "session.timeout.ms": int(plan.session_seconds * 1000),
            "group.instance.id": "quixstreams",
        },
        producer_extra_config={"compression.type": "zstd", "partitioner": "murmur2_random"},
        **interval,
    )
    posts = app.topic(plan.posts, key_deserializer="str", value_deserializer="bytes")
    frame = app.dataframe(posts).apply(steps.tag, expand=True, stateful=True, metadata=True)
    frame = frame.group_by(
        lambda tagged: tagged[0],
        name="hospital",
        key_serializer="str",
        key_deserializer="str",
        value_serializer=Wire(),
        value_deserializer="bytes",
    )
    frame.update(steps.fold, stateful=True, metadata=True)
    app.run()


if __name__ == "__main__":
    main()
