"""An Alertmanager that runs on loopback with the configuration of `deploy/alertmanager`, started as compose starts it.

Differs from compose in three things: alerts of a group wait a second, not up to five minutes, because a test would wait
as long; PagerDuty's address is a local one; no port but loopback's.
"""

import json
import re
import shutil
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.error import URLError

from agents.proving.processes import Child
from deploy.local_kafka.ports import free_port
from deploy.prometheus_tool import alertmanager
from deploy.prometheus_tool.__main__ import ALERTMANAGER
from tests.prometheus.receivers import PAGERDUTY
from tests.waiting import wait_until


class RunningAlertmanager:
    """A context manager: running and ready within. `files`: name -> text of its secret files."""

    def __init__(self, folder: Path, files: Mapping[str, str], pagerduty: str = "http://127.0.0.1:9") -> None:
        here, secrets = folder / "alertmanager", folder / "secrets"
        shutil.copytree(ALERTMANAGER, here)
        secrets.mkdir()
        for name, text in files.items():
            (secrets / name).write_text(text, encoding="utf-8")
        config = here / "alertmanager.yml"
        text, shortened = re.subn(r"(group_wait|group_interval): \w+", r"\1: 1s", config.read_text(encoding="utf-8"))
        assert shortened >= 4
        config.write_text(f"global: {{pagerduty_url: {pagerduty}{PAGERDUTY}}}\n{text}", encoding="utf-8")
        self.address = f"127.0.0.1:{free_port()}"
        self.child = Child(
            "alertmanager",
            ["/bin/sh", f"{here}/start", f"--web.listen-address={self.address}", f"--storage.path={folder}/data",
             "--cluster.listen-address="],
            folder,
            {"ALERT_FILES": f"{secrets}", "ALERT_CONFIG": f"{folder}/made.yml", "ALERTMANAGER": f"{alertmanager()}"},
        )  # fmt: skip

    def __enter__(self) -> "RunningAlertmanager":
        self.child.start()
        try:
            wait_until(self._ready, "Alertmanager is ready", 60, every=0.05, meanwhile=self._alive)
        except BaseException:
            self.child.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.end()

    def _ready(self) -> bool:
        try:
            self._ask("/-/ready")
        except URLError:
            return False
        return True

    def _alive(self) -> None:
        assert self.child.running, self.child.last_line()

    def _ask(self, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            read: bytes = answer.read()
        return read

    def alert(self, name: str, severity: str, annotations: Mapping[str, str], *, over: bool = False) -> None:
        """Tell it of an alert as Prometheus does, or that the alert is over."""
        now = datetime.now(UTC)
        ends = now - timedelta(seconds=1) if over else now + timedelta(hours=1)
        one = {
            "labels": {"alertname": name, "severity": severity},
            "annotations": dict(annotations),
            "startsAt": (now - timedelta(minutes=5)).isoformat(),
            "endsAt": ends.isoformat(),
        }
        self._ask("/api/v2/alerts", [one])

    def failed(self) -> float:
        """Notifications that failed, as the rule NotificationsFailing counts them: when no attempt is left."""
        return self._sum("alertmanager_notifications_failed_total")

    def attempts(self) -> float:
        """Requests to receivers, those that failed included."""
        return self._sum("alertmanager_notification_requests_total")

    def _sum(self, metric: str) -> float:
        lines = self._ask("/metrics").decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{metric}{{"))
