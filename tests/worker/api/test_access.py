"""Who may ask: a token beyond this machine, checked at every request, never told."""

import os
import signal
from pathlib import Path

import msgspec
import pytest

from agents.proving.load import fill
from agents.worker.api.beside import is_loopback, require_token
from streams.errors import UserError
from streams.settings import Settings
from tests.running_api import Asked
from tests.running_worker import Bench
from tests.waiting import wait_until

ALL = "0.0.0.0"  # noqa: S104 - what is refused
TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made for the test


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), (ALL, False), ("::", False),
     ("10.0.0.7", False), ("worker.example.org", False)],
)  # fmt: skip
def test_what_counts_as_this_machine(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_without_a_token_it_does_not_listen_beyond_this_machine(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"EARSHOT_API_HOST=0\.0\.0\.0 lets other machines ask: name a file"):
        require_token(Settings(api_host=ALL))
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    require_token(Settings(api_host=ALL, api_token_file=str(file)))
    file.write_text("two words")
    with pytest.raises(UserError) as refused:
        require_token(Settings(api_host=ALL, api_token_file=str(file)))
    assert (
        str(refused.value)
        == f"EARSHOT_API_TOKEN_FILE={file} holds no token: it must hold one API token and nothing else"
    )


@pytest.mark.kafka
def test_a_port_that_is_taken_is_one_line(pipeline_settings: Settings) -> None:
    from tests.faults.test_worker_process import one_line, run_worker, taken_port

    with taken_port() as port:
        line = one_line(run_worker(msgspec.structs.replace(pipeline_settings, api_port=port)))
    assert f"cannot listen on 127.0.0.1:{port} for the API" in line
    assert "EARSHOT_API_PORT" in line


@pytest.mark.kafka
def test_with_a_token_nothing_of_a_hospital_is_told_without_it(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    bench.reset(api_token_file=str(file), log_level="debug")
    asked = Asked(bench)
    fill(bench.settings, 50, seed=23)
    bench.start()
    bench.wait("it is ready, and says so without a token", lambda: asked.status("/readyz") == 200)
    wrong = ("", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer", f"Bearer {TOKEN[:-1]}", "Bearer \xff")
    for path in ("/v1/hospitals", "/v1/hospitals/350070", "/v1/regions/322", "/v1/openapi.json", "/v1/nothing"):
        for given in wrong:
            answer = asked.get(path, Authorization=given)
            assert answer.status_code == 401, (path, given)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["error"] == "a token is needed, or this is not it"
    assert asked.get("/v1/hospitals/350070", Authorization=f"Bearer {TOKEN}").status_code == 200
    assert asked.status("/healthz") == 200

    # The process that serves is killed: the worker lives and starts another.
    (server,) = servers(bench)
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: servers(bench) not in ([], [server]), "another one runs")
    wait_until(lambda: asked.status("/readyz") == 200, "and answers")
    log = bench.log()
    assert "the process that serves the API ended (exit code -9): starting it again" in log
    assert TOKEN not in log


def servers(bench: Bench) -> list[int]:
    """Process ids of the worker's children that serve."""
    parent = bench.pipeline.workers["worker-1"]._process
    assert parent is not None
    return [int(word) for word in Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()]
