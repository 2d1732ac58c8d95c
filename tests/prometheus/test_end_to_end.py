"""An alert travels from a real Prometheus with our rules by a real Alertmanager with our configuration to people.

Shortened, because nobody wants to wait for minutes: Prometheus scrapes and evaluates every second (not 15), sends what
fires every second (a minute), each alert must hold for a second (TargetDown: 3 minutes), and Alertmanager groups for a
second (up to 5 minutes). What is scraped is ingest's own server of metrics: it stops, comes back, and the alert ends.
"""

from contextlib import ExitStack
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agents.proving.prometheus import RunningPrometheus
from deploy.local_kafka.ports import free_port
from streams.metrics.server import serving
from tests.prometheus.receivers import Receivers
from tests.prometheus.running_alertmanager import RunningAlertmanager
from tests.waiting import wait_until

WITHIN_SECONDS = 90.0
LINKS = "https://boards.example.org/grafana/"


def test_an_alert_reaches_people_and_is_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_ROOT_URL", LINKS)
    port = free_port()
    with ExitStack() as stack:
        people = stack.enter_context(Receivers())
        files = people.files("page", "ticket")
        alertmanager = stack.enter_context(RunningAlertmanager(tmp_path, files, people.url))
        targets = {"ingest": [f"127.0.0.1:{port}"], "alertmanager": [alertmanager.address]}
        made = RunningPrometheus(targets, tmp_path / "prometheus", alertmanager=alertmanager.address, hold="1s")

        def titles(severity: str) -> list[set[str]]:
            """What came by each of the four ways."""
            return [
                {one["title"] for one in people.slack(severity)},
                {f"{one['event_action']} {one['payload']['summary']}" for one in people.pagerduty(severity)},
                {one["Subject"] for one in people.mail(severity)},
                {f"{one['status']} {one['groupLabels']['alertname']}" for one in people.webhook(severity)},
            ]

        def told(severity: str, *titled: str) -> bool:
            """Whether the title, as each way words it, has come by all ways."""
            return all(title in came for title, came in zip(titled, titles(severity), strict=True))

        with ExitStack() as ingest:
            ingest.enter_context(serving(CollectorRegistry(), "127.0.0.1", port, ""))
            prometheus = stack.enter_context(made)
            up = 'up{job=~"ingest|alertmanager"} == 1'
            wait_until(lambda: len(prometheus.query(up)) == 2, "both are up", WITHIN_SECONDS, every=0.2)
            page = "PAGE: WorkerMissing"  # no worker runs
            paged = (page, f"trigger {page}", page, "firing WorkerMissing")
            wait_until(lambda: told("page", *paged), "the page came by all ways", WITHIN_SECONDS, every=0.2)

        ticket = "TICKET: TargetDown"
        filed = (ticket, f"trigger {ticket}", ticket, "firing TargetDown")
        wait_until(lambda: told("ticket", *filed), "the ticket came by all ways", WITHIN_SECONDS, every=0.2)
        hook = next(one for one in people.webhook("ticket") if one["groupLabels"]["alertname"] == "TargetDown")
        [alert] = hook["alerts"]
        assert alert["labels"].keys() == {"alertname", "severity", "job", "instance"}, "no link as a label"
        assert alert["annotations"]["summary"] == f"Prometheus cannot scrape ingest at 127.0.0.1:{port}."
        assert alert["annotations"]["runbook_url"] == f"{LINKS}public/runbook.html#targetdown"
        assert alert["annotations"]["dashboard_url"] == f"{LINKS}d/earshot-operations"

        stack.enter_context(serving(CollectorRegistry(), "127.0.0.1", port, ""))
        over = "RESOLVED: TargetDown"
        ended = (over, f"resolve {over}", over, "resolved TargetDown")
        wait_until(lambda: told("ticket", *ended), "its end came by all ways", WITHIN_SECONDS, every=0.2)
        assert not any("TargetDown" in title for came in titles("page") for title in came)
        assert not any("WorkerMissing" in title for came in titles("ticket") for title in came)
        assert alertmanager.failed() == 0
