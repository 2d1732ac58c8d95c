"""Each private part of faust, mode and aiokafka that `streams/faustkit` touches, by name: an upgrade that moves one
fails here.

What is checked is that it is there, takes what we give it, and (by its source's hash) that nobody rewrote it: a
rewritten body has to be read against the override before the hash here is renewed.
"""

import hashlib
import importlib
import inspect
from importlib.metadata import entry_points, version
from operator import attrgetter
from typing import Any

import pytest
from faust.transport.consumer import Consumer
from faust.types.tuples import ConsumerMessage

PINNED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}


@pytest.mark.parametrize(("package", "pin"), PINNED.items())
def test_the_pins_are_what_is_installed(package: str, pin: str) -> None:
    assert version(package) == pin


def test_faust_finds_both_transports() -> None:
    found = {point.name: point.value for point in entry_points(group="faust.transports")}
    assert found["batch"] == "streams.faustkit.transport:Transport"
    assert found["single"] == "streams.faustkit.transport:SingleTransport"


def test_faust_runs_its_compiled_parts() -> None:
    import faust._cython.streams
    import faust.transport._cython.conductor

    assert faust._cython.streams.StreamIterator
    assert faust.transport._cython.conductor.ConductorHandler


READ_AGAINST: dict[str, str] = {
    # Overridden: ours replaces or wraps it.
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e8",
    "faust.transport.consumer:Consumer._wait_next_records": "6218e1969a63",
    "faust.transport.consumer:Consumer._new_offset": "1d2c7ea89a7a",
    "faust.transport.consumer:Consumer.getmany": "4b168d84882a",
    "faust.transport.consumer:Consumer.perform_seek": "0e8c130ff4b0",
    "faust.transport.consumer:Consumer.resume_flow": "db59630f25b5",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6f",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start": "38b4e8bd1e10",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.verify_event_path": "b983e7735f64",
    "faust.transport.drivers.aiokafka:Consumer._new_consumer_thread": "0870ec53dea7",
    "faust.transport.drivers.aiokafka:Producer.flush": "36d0cb3615f6",
    "aiokafka.consumer.fetcher:PartitionRecords._consumer_record": "e668541600b0",
    # Relied on: ours is right only as long as these do what they do.
    "aiokafka.consumer.fetcher:FetchResult.__init__": "126a3e45763b",
    "aiokafka.consumer.fetcher:FetchResult.getall": "3e717e30de50",
    "aiokafka.consumer.fetcher:Fetcher._proc_fetch_request": "59bf948fff47",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "be4348896b9b",
    "aiokafka.consumer.fetcher:PartitionRecords._unpack_records": "b803e6d46480",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "f6f923977423",
    "faust.transport.consumer:Consumer._commit_offsets": "1a6979904118",
    "faust.transport.consumer:Consumer._get_active_partitions": "b24897f3c7af",
    "faust.transport.consumer:Consumer.wait_empty": "e4662fe24f09",
    "faust.transport.consumer:Consumer.ack": "5fcf41cf4515",
    "faust.transport.consumer:Fetcher._fetcher": "68f894f0b577",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._seek_wait": "9d221e816d94",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer": "c2701bfc3e6f",
    # How the driver hands `streams/kafka/client.py`'s credentials to its consumer and its own producer.
    "faust.transport.drivers.aiokafka:credentials_to_aiokafka_auth": "364c9c9c6852",
    "faust.transport.drivers.aiokafka:Producer._settings_auth": "6d47a0b8599c",
    "faust.transport.drivers.aiokafka:Producer._new_producer": "e72355c3430e",
    "faust.auth:SASLCredentials.__init__": "b28056d17ec6",
    "faust.tables.recovery:Recovery._resume_streams": "d986a6710c1a",
    "faust.tables.recovery:Recovery._restart_recovery": "6bd8a8558a2d",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57d",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db",
    "faust.app.base:App._create_directories": "a9f571c3b04a",
    "faust.app.base:App._stop_consumer": "55854a5de12c",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._do_heartbeat": "dc1d6632aaa6",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._heartbeat_routine": "61d010289522",
    "aiokafka.producer.producer:AIOKafkaProducer.create_batch": "c4efda4bb7a0",
    "aiokafka.producer.producer:AIOKafkaProducer.send_batch": "bf42b0f0c5c0",
    "aiokafka.producer.message_accumulator:BatchBuilder.append": "657d76f55157",
}


@pytest.mark.parametrize("part", READ_AGAINST)
def test_a_private_part_is_as_it_was_read(part: str) -> None:
    assert digest(part) == READ_AGAINST[part], "read it again beside streams/faustkit, then renew the digest"


def digest(part: str) -> str:
    module, qualified = part.split(":")
    found: Any = attrgetter(qualified)(importlib.import_module(module))
    # mode wraps what runs as a service's task.
    return hashlib.sha256(inspect.getsource(getattr(found, "fun", found)).encode()).hexdigest()[:12]


def test_a_consumer_has_the_fields_that_ours_keeps() -> None:
    source = inspect.getsource(Consumer.__init__) + inspect.getsource(Consumer._reset_state)
    for field in ("_acked", "_acked_index", "_read_offset", "_committed_offset", "_active_partitions", "flow_active"):
        assert f"self.{field} = " in source


def test_a_message_takes_what_ours_gives_it() -> None:
    names = list(inspect.signature(ConsumerMessage.__init__).parameters)[1:]
    assert names == [
        "topic", "partition", "offset", "timestamp", "timestamp_type", "headers", "key", "value", "checksum",
        "serialized_key_size", "serialized_value_size", "tp", "time_in", "time_out", "time_total", "generation_id",
    ]  # fmt: skip
