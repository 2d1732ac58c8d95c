"""A key's partition is the one that every other Kafka client chooses."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import DefaultPartitioner

from agents.ingest.partitioner import KeyPartitioner


@given(st.binary(max_size=80), st.integers(1, 64))
def test_a_key_goes_where_kafkas_own_partitioner_sends_it(key: bytes, partitions: int) -> None:
    cluster = SimpleNamespace(
        topics=lambda: {"posts"},
        partitions_for_topic=lambda _: set(range(partitions)),
        available_partitions_for_topic=lambda _: set(range(partitions)),
    )
    wanted = DefaultPartitioner().partition("posts", None, key, None, b"", cluster)
    assert KeyPartitioner().partition("posts", None, key, None, b"", cluster) == wanted
