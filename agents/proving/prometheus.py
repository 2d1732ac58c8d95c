"""A Prometheus that runs on loopback, with the configuration and rules of `deploy/prometheus`, and answers questions.

Used by the tests and the dashboards' preview. Owns the derived configuration: the same jobs, limits and rules; targets
from files in place of DNS, a short interval, no Alertmanager unless one is given. Does not know what the numbers mean.
"""

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple
from urllib.error import HTTPError

import yaml

from agents.proving.processes import Child
from deploy.local_kafka.ports import free_port
from deploy.prometheus_tool import CONFIG, prometheus
from streams.atomic_file import replace_file
from streams.errors import UserError
from streams.settings import load

READY_SECONDS = 60.0
_ANSWER_SECONDS = 30.0


class Series(NamedTuple):
    """One series of an answer. `points` are (seconds since the epoch, value); an instant query gives one."""

    labels: dict[str, str]
    points: list[tuple[float, float]]

    @property
    def value(self) -> float:
        """The last value."""
        return self.points[-1][1]


class Target(NamedTuple):
    """One target as Prometheus sees it."""

    job: str
    instance: str
    health: str
    """`up`, `down`, or `unknown` before the first scrape."""
    error: str


class RunningPrometheus:
    """A context manager: running and ready within, ended after.

    `targets`: job of prometheus.yml -> addresses, host:port; a job that is not named has none, `prometheus` is itself.
    `folder` takes data, configuration and log, and stays. `interval`: seconds between scrapes and evaluations.
    `alertmanager`: host:port that alerts go to; empty: nowhere. `hold`: how long every alert must hold before it fires,
    as Prometheus writes it (`1s`); empty: as its rule says. Links in alerts begin with the setting GRAFANA_ROOT_URL.
    """

    def __init__(
        self,
        targets: Mapping[str, Sequence[str]],
        folder: Path,
        interval: int = 1,
        *,
        alertmanager: str = "",
        hold: str = "",
    ) -> None:
        self.folder = folder
        self._interval = interval
        self._alertmanager = alertmanager
        self._hold = hold
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        folder.mkdir(parents=True, exist_ok=True)
        self._jobs = self._configure()
        for job in self._jobs:
            self.set_targets(job, targets.get(job, ()))
        if stray := targets.keys() - self._jobs:
            raise ValueError(f"{CONFIG.name} has no job {', '.join(sorted(stray))} with targets of its own")
        self._child = Child(
            "prometheus",
            [
                str(prometheus()),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--log.level=warn",
                "--enable-feature=expand-external-labels",
                # An alert that fires before Alertmanager is found comes with the next sending, else a minute later.
                f"--rules.alert.resend-delay={interval}s",
            ],
            folder,
            {"GRAFANA_ROOT_URL": load().grafana_root_url},
        )

    def __enter__(self) -> "RunningPrometheus":
        self._child.start()
        try:
            self._wait_ready()
        except BaseException:
            self._child.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.end()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    # -- configure ----------------------------------------------------------------------------------------------------

    def _configure(self) -> set[str]:
        """Write the derived configuration; the jobs whose targets come from files."""
        config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
        every = f"{self._interval}s"
        config["global"] |= {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
        config["rule_files"] = self._rules(config["rule_files"])
        if self._alertmanager:
            config["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [self._alertmanager]}]}]
        else:
            del config["alerting"]
        jobs = set()
        for scrape in config["scrape_configs"]:
            if scrape.pop("dns_sd_configs", None):
                jobs.add(scrape["job_name"])
                file = str(self._targets_file(scrape["job_name"]))
                scrape["file_sd_configs"] = [{"files": [file], "refresh_interval": every}]
            else:
                scrape["static_configs"] = [{"targets": [f"127.0.0.1:{self._port}"]}]
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        return jobs

    def _rules(self, patterns: Sequence[str]) -> list[str]:
        """The rule files, or copies whose alerts hold as long as asked for."""
        files = [file for pattern in patterns for file in sorted(CONFIG.parent.glob(pattern))]
        if not self._hold:
            return [str(file) for file in files]
        copies = [self.folder / file.name for file in files]
        for file, copy in zip(files, copies, strict=True):
            text = re.sub(r"(?m)^( +for): \w+$", rf"\1: {self._hold}", file.read_text(encoding="utf-8"))
            copy.write_text(text, encoding="utf-8")
        return [str(copy) for copy in copies]

    def _targets_file(self, job: str) -> Path:
        return self.folder / "targets" / f"{job}.json"

    def set_targets(self, job: str, addresses: Sequence[str]) -> None:
        """Other targets for a job, also while it runs."""
        file = self._targets_file(job)
        file.parent.mkdir(exist_ok=True)
        replace_file(file, json.dumps([{"targets": list(addresses)}]).encode(), sync=False)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/-/ready", timeout=2):  # noqa: S310 - loopback
                    return
            except OSError as error:
                if isinstance(error, HTTPError):
                    error.close()  # 503 while it starts: the answer holds the socket
                if not self._child.running or time.monotonic() > deadline:
                    raise UserError(f"Prometheus does not get ready: {self._child.last_line()}") from None
            time.sleep(0.05)

    # -- ask ----------------------------------------------------------------------------------------------------------

    def query(self, expr: str) -> list[Series]:
        """The value now. Raises `ValueError` with Prometheus' words if it does not take the expression."""
        data = self._get("query", query=expr)
        if data["resultType"] == "scalar":
            return [Series({}, [(data["result"][0], float(data["result"][1]))])]
        return [_series(one["metric"], [one["value"]]) for one in data["result"]]

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Series]:
        """The values from `start` to `end` (seconds since the epoch) every `step` seconds. Raises as `query`."""
        data = self._get("query_range", query=expr, start=start, end=end, step=step)
        return [_series(one["metric"], one["values"]) for one in data["result"]]

    def label_values(self, label: str, match: str = "") -> list[str]:
        """Values of a label, of the series that `match` selects or of all."""
        values: list[str] = self._get(f"label/{label}/values", **({"match[]": match} if match else {}))
        return values

    def targets(self) -> list[Target]:
        """Every target."""
        return [
            Target(one["labels"]["job"], one["labels"]["instance"], one["health"], one["lastError"])
            for one in self._get("targets", state="active")["activeTargets"]
        ]

    def alerts(self) -> dict[tuple[str, str], str]:
        """(alert, severity) -> `pending` or `firing`, of those that are either."""
        return {
            (one["labels"]["alertname"], one["labels"]["severity"]): one["state"]
            for one in self._get("alerts")["alerts"]
        }

    def rule_errors(self) -> dict[str, str]:
        """Rule -> what its last evaluation failed with."""
        groups = self._get("rules")["groups"]
        return {rule["name"]: rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")}

    def _get(self, path: str, **parameters: Any) -> Any:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - loopback
                return json.load(answer)["data"]
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["error"]) from None


def _series(labels: dict[str, str], points: list[tuple[float, str]]) -> Series:
    return Series(labels, [(at, float(value)) for at, value in points])
