"""`earshot doctor` finds what is wrong, says what to do, and shows no token: with a real broker and the simulated X."""

import http.server
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from agents.ingest.source import Finding
from agents.kafka import clients
from agents.operations.doctor import examine
from agents.proving.pipeline import Pipeline
from agents.proving.prometheus import RunningPrometheus
from deploy.compose.init import ROOT, init
from deploy.local_kafka.ports import free_port
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, load
from tests.commands import earshot
from tests.running_ingest import TOKEN, pointed_at, simulated
from tests.scripted_bluesky import jetstream
from tests.waiting import wait_until


def doctor(settings: Settings, *words: str) -> Result:
    result = earshot(settings, "doctor", *words)
    assert TOKEN not in result.output
    assert "Traceback" not in result.output
    return result


def found(settings: Settings) -> dict[str, Finding]:
    """Findings by what they are about, as JSON has them."""
    findings = msgspec.json.decode(doctor(settings, "--json").stdout, type=list[Finding])
    assert all(one.state == "ok" or one.act for one in findings), "what to do stands apart"
    assert not any("`earshot" in one.found or "set it to" in one.found for one in findings)
    return {one.what: one for one in findings}


def with_token(settings: Settings, url: str, folder: Path, token: str = TOKEN) -> Settings:
    given = pointed_at(settings, url, folder, token)
    Path(given.x_token_file).chmod(0o640)
    return given


@pytest.fixture
def alone(tmp_path: Path) -> Settings:
    """Nothing there: no broker, no X, no process."""
    port, other = free_port(), free_port()
    settings = load(kafka_bootstrap="127.0.0.1:9", metrics_port=port, ingest_metrics_port=other)
    return with_token(settings, "http://127.0.0.1:9", tmp_path)


@contextmanager
def web_page(text: str) -> Iterator[int]:
    """Something else that listens: its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_with_nothing_there_each_line_says_what_to_do(alone: Settings) -> None:
    result = doctor(alone)
    assert result.exit_code == 1
    lines = {line.split(":")[0].split(maxsplit=1)[1]: line for line in result.stdout.splitlines()}
    assert lines["broker"].startswith("fail  broker: no Kafka broker answers at 127.0.0.1:9")
    assert "earshot kafka up" in lines["broker"]
    assert lines["directory"].startswith("ok    directory: ")
    assert lines["token"].startswith("ok    token: ")
    assert lines["X"].startswith("fail  X: http://127.0.0.1:9 does not answer (ConnectionError) -> see the way there")
    assert lines["/metrics of worker"].endswith("-> start `earshot worker`, unless it runs elsewhere")
    assert lines["/metrics of ingest"].startswith("warn  ")
    assert lines["API"].startswith(
        "warn  API: no worker answers at http://127.0.0.1:9110 (ConnectionError) -> start one"
    )
    assert "API token" not in lines, "none is set"


def test_a_missing_token_names_the_setting(alone: Settings) -> None:
    one = found(msgspec.structs.replace(alone, x_token_file=""))["token"]
    assert (one.state, "EARSHOT_X_TOKEN_FILE is not set" in one.found) == ("fail", True)


def test_a_token_that_everybody_may_read_fails(alone: Settings) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "token"
        file.write_text(TOKEN)
        file.chmod(0o644)
        one = found(msgspec.structs.replace(alone, x_token_file=str(file)))["token"]
    assert one.state == "fail"
    assert "a folder that only you may enter" in one.act
    assert "chmod o-r" not in one.act, "it would lock a container out"


def test_a_token_as_make_init_leaves_it_is_well(alone: Settings, tmp_path: Path) -> None:
    init(tmp_path / ".env", ROOT / ".env.example", tmp_path / ".secrets")
    file = tmp_path / ".secrets" / "x_token"
    file.write_text(TOKEN)
    init(tmp_path / ".env", ROOT / ".env.example", tmp_path / ".secrets")
    assert file.stat().st_mode & 0o004, "a container's user reads it so"
    assert found(msgspec.structs.replace(alone, x_token_file=str(file)))["token"].state == "ok"


def test_a_token_of_the_api_is_looked_at_likewise(alone: Settings, tmp_path: Path) -> None:
    file = tmp_path / "api_token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    settings = msgspec.structs.replace(alone, api_token_file=str(file))
    assert found(settings)["API token"].state == "ok"
    file.write_text("two words")
    assert found(settings)["API token"].found == f"EARSHOT_API_TOKEN_FILE={file} holds no token"
    with web_page("hello") as port:
        other = found(msgspec.structs.replace(alone, api_url=f"http://127.0.0.1:{port}"))["API"]
    assert (other.state, "no worker of this version" in other.found) == ("fail", True)


def test_a_directory_that_does_not_load_names_its_row(alone: Settings, tmp_path: Path) -> None:
    (tmp_path / "hospitals.csv").write_text("id,name\n")
    one = found(msgspec.structs.replace(alone, directory_folder=str(tmp_path)))["directory"]
    assert (one.state, "the header has no column" in one.found) == ("fail", True)


def test_x_takes_the_token_and_its_clock_is_ours(alone: Settings, tmp_path: Path) -> None:
    with simulated() as running:
        findings = found(with_token(alone, running.x.url, tmp_path))
        assert running.x.changes == [], "it only looks"
    assert findings["X"].state == findings["clock"].state == "ok"
    assert findings["X"].found.endswith("0 stream rules stand there")


def test_x_refuses_another_token(alone: Settings, tmp_path: Path) -> None:
    with simulated(token="another") as running:  # noqa: S106 - of the simulated X
        one = found(with_token(alone, running.x.url, tmp_path))["X"]
    assert (one.state, "HTTP 401" in one.found) == ("fail", True)
    assert "bearer token that may use the filtered stream" in one.act


@pytest.mark.parametrize(("ahead", "state"), [(30, "warn"), (-30, "warn"), (120, "fail")])
def test_a_clock_that_is_wrong_is_told(alone: Settings, tmp_path: Path, ahead: int, state: str) -> None:
    with simulated() as running:
        settings = with_token(alone, running.x.url, tmp_path)
        clock = next(one for one in examine(settings, lambda: time.time() + ahead) if one.what == "clock")
    assert clock.state == state
    assert ("ahead of X" if ahead > 0 else "behind X") in clock.found
    assert "NTP" in clock.act


def test_a_port_where_something_else_answers_fails(alone: Settings) -> None:
    with web_page("# TYPE something_else gauge\n") as port:
        one = found(msgspec.structs.replace(alone, metrics_port=port))["/metrics of worker"]
    assert (one.state, one.act) == ("fail", "stop that program, or set another EARSHOT_METRICS_PORT")


def test_a_prometheus_that_is_none_fails(alone: Settings) -> None:
    with web_page("<html>") as port:
        one = found(msgspec.structs.replace(alone, prometheus_url=f"http://127.0.0.1:{port}"))["Prometheus"]
    assert (one.state, "EARSHOT_PROMETHEUS_URL" in one.act) == ("fail", True)


@pytest.mark.kafka
def test_kafka_topics_that_are_missing_or_differ(empty_settings: Settings, alone: Settings) -> None:
    settings = msgspec.structs.replace(
        alone,
        kafka_bootstrap=empty_settings.kafka_bootstrap,
        kafka_topic_prefix=empty_settings.kafka_topic_prefix,
    )
    posts, mentions = kafka_topics.posts(settings), kafka_topics.mentions(settings)
    configs = {one.name: one.full_config for one in kafka_topics.declared(settings)}
    with clients.admin(settings) as admin:
        admin.create_topics(
            {
                posts: {"num_partitions": 12, "configs": {**configs[posts], "retention.ms": "1000"}},
                mentions: {"num_partitions": 3, "configs": configs[mentions]},
            },
            wait_for_metadata=True,
        )
    findings = found(settings)
    assert findings["broker"].state == "ok"
    assert (findings["Kafka topics"].state, findings["Kafka topics"].act) == ("fail", "run `earshot topics apply`")
    assert findings[f"Kafka topic {mentions}"].state == "fail"
    differs = findings[f"Kafka topic {posts}"]
    assert (differs.state, differs.found) == ("warn", "retention.ms is 1000, should be 86400000")
    assert differs.act == "run `earshot topics apply --change-config`"


@pytest.mark.kafka
def test_a_pipeline_that_runs_is_well_and_a_worker_that_ended_is_told(kafka: str, tmp_path: Path) -> None:
    with Pipeline(load(kafka_bootstrap=kafka), lambda _: None) as pipeline:
        pipeline.start_simulated("x", 50, seed=7)
        pipeline.start_worker("worker-1")
        pipeline.start_ingest()
        ports = pipeline.ports
        targets = {"worker": [f"127.0.0.1:{ports['worker-1']}"], "ingest": [f"127.0.0.1:{ports['ingest']}"]}
        with RunningPrometheus(targets, tmp_path / "prometheus") as prometheus:
            settings = msgspec.structs.replace(
                pipeline.settings,
                metrics_port=ports["worker-1"],
                ingest_metrics_port=ports["ingest"],
                api_url=pipeline.api_url("worker-1"),
                prometheus_url=prometheus.url,
            )

            def well() -> bool:
                assert pipeline.ended() == []
                return {one.state for what, one in found(settings).items() if what != "disk"} == {"ok"}

            wait_until(well, f"all is well, and not {doctor(settings).stdout}", 60)
            assert {"broker", "Kafka topics", "X", "Prometheus job worker", "Prometheus job ingest"} <= found(
                settings
            ).keys()
            pipeline.stop_workers()
            wait_until(lambda: found(settings)["Prometheus job worker"].state == "fail", "its end is told")
            assert found(settings)["/metrics of worker"].state == "warn"
            assert doctor(settings).exit_code == 1


def test_json_is_one_line(alone: Settings) -> None:
    text = doctor(alone, "--json").stdout
    assert text.count("\n") == 1
    assert {one["state"] for one in json.loads(text)} <= {"ok", "warn", "fail"}


def test_with_bluesky_alone_no_token_is_asked_for(alone: Settings) -> None:
    settings = msgspec.structs.replace(alone, sources="bluesky", x_token_file="", bluesky_url="ws://127.0.0.1:9")
    findings = found(settings)
    assert not {"token", "X"} & findings.keys()
    assert (findings["Bluesky"].state, "EARSHOT_BLUESKY_URL" in findings["Bluesky"].act) == ("fail", True)
    with jetstream() as server:
        there = found(msgspec.structs.replace(settings, bluesky_url=server.server.url))
    assert there["Bluesky"] == Finding("ok", "Bluesky", f"{server.server.url} answers")
    with web_page("hello") as port:
        other = found(msgspec.structs.replace(settings, bluesky_url=f"ws://127.0.0.1:{port}"))
    assert other["Bluesky"].state == "warn"
