"""The demo's stack under a name of its own, through the `docker compose` client, as operations would use it.

Owns the words of the client and what a test asks of containers and Prometheus. Nothing is mocked and no port but
Grafana's is reachable, so questions are asked inside the containers.
"""

import json
import os
import re
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from deploy.compose.init import init
from tests import waiting

ROOT = Path(__file__).parents[2]
HEALTHY_SECONDS = 60
"""What the product promises: images there, `up --wait` takes no longer."""
BOUND = 150.0
"""Seconds for anything else to come true: generous, restarts and session timeouts are in it."""

# tini (`init: true`) is process 1, its child what the container is for. `docker kill` would count as a stop by hand.
_KILL_MAIN = """
for process in /proc/[0-9]*; do
  while read -r key value; do
    [ "$key" = PPid: ] && [ "$value" = 1 ] && kill -9 "${process#/proc/}"
  done < "$process/status"
done
true
"""
_WORKER_METRICS = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9108/metrics', timeout=5).read().decode())"
)


class Container(NamedTuple):
    """One container of the stack, one-shots that have ended left out."""

    name: str
    service: str
    healthy: bool
    started: str
    restarts: int


class Stack:
    """One stack: its project name, .env and secrets are its own."""

    def __init__(self, folder: Path) -> None:
        self._env = folder / ".env"
        init(self._env, ROOT / ".env.example", folder / "secrets")
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COMPOSE_", "EARSHOT_"))},
            "COMPOSE_PROJECT_NAME": f"earshot-test-{secrets.token_hex(3)}",
            "SECRETS_DIR": str(folder / "secrets"),
            "GRAFANA_PORT": "0",  # a free one
        }

    # -- the client ---------------------------------------------------------------------------------------------------

    def compose(self, *words: str) -> str:
        """`docker compose` with the demo's profile; what it printed. Raises `AssertionError` with its last words."""
        return self._run("docker", "compose", "--env-file", str(self._env), "--profile", "demo", *words)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self._environ, capture_output=True, text=True, timeout=280, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stderr[-2000:]}"
        return done.stdout

    def up(self, *words: str, seconds: float = BOUND) -> None:
        """Start what is named, or all, and wait until it is healthy."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(int(seconds)), *words)

    # -- containers ---------------------------------------------------------------------------------------------------

    def containers(self) -> list[Container]:
        """Those that run or ought to."""
        names = self.compose("ps", "--quiet").split()
        found: list[dict[str, Any]] = json.loads(self._run("docker", "inspect", *names)) if names else []
        return [
            Container(
                one["Name"].lstrip("/"),
                one["Config"]["Labels"]["com.docker.compose.service"],
                one["State"].get("Health", {}).get("Status") == "healthy",
                one["State"]["StartedAt"],
                one["RestartCount"],
            )
            for one in found
        ]

    def services(self) -> list[str]:
        """Name of the service of each container that runs on."""
        return sorted(one.service for one in self.containers())

    def kill(self, container: Container) -> None:
        """SIGKILL for the process that the container is for, from inside: no root is needed for it here."""
        command = ["docker", "exec", container.name, "sh", "-c", _KILL_MAIN]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # The shell may be taken along before it can report.
        assert done.returncode in (0, 137), done.stderr

    # -- what it says -------------------------------------------------------------------------------------------------

    def prometheus(self, path: str, **parameters: str) -> Any:
        """The data of Prometheus' answer, asked with the image's own wget."""
        url = f"http://127.0.0.1:9090/api/v1/{path}?{urlencode(parameters)}"
        answer = json.loads(self.compose("exec", "-T", "prometheus", "wget", "-q", "-O", "-", url))
        assert answer["status"] == "success", answer
        return answer["data"]

    def value(self, query: str) -> float:
        """The one number that a query gives; NaN when it gives none."""
        result = self.prometheus("query", query=query)["result"]
        assert len(result) <= 1, f"{query} gives {len(result)} series"
        return float(result[0]["value"][1]) if result else float("nan")

    def counts(self) -> list[str]:
        """The only worker's counters of what people say, as its /metrics shows them."""
        text = self.compose("exec", "-T", "worker", "python", "-c", _WORKER_METRICS)
        return sorted(line for line in text.splitlines() if re.match(r"conversation_\w+_total\b", line))

    def mentions(self) -> float:
        """What the board would show: every hospital's posts, its own included."""
        return self.value(
            "sum(max by (hospital) (conversation_posts_total)) + sum(max by (hospital) (conversation_own_posts_total))"
        )

    def verdict(self) -> dict[str, int]:
        """The oracle's, from a one-off container: posts, mentions, difference. Ingest must be stopped."""
        line = self.compose("run", "--rm", "--no-deps", "-T", "worker", "verify", "--json")
        found: dict[str, int] = json.loads(line)
        return found


def wait_until(true: Callable[[], object], what: str) -> None:
    """Wait for a state, not for a time; each look starts a process in a container."""
    waiting.wait_until(true, what, BOUND, every=1)
