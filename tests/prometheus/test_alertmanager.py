"""Alertmanager's configuration: amtool takes it whatever is switched on, each alert goes where it belongs, no secret
stands in it; and a real Alertmanager tells people by Slack, PagerDuty, e-mail and a webhook."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.prometheus_tool import amtool
from deploy.prometheus_tool.__main__ import ALERTMANAGER, finished
from streams.errors import UserError
from tests.prometheus.files import ALERTS, named
from tests.prometheus.receivers import Receivers
from tests.prometheus.running_alertmanager import RunningAlertmanager
from tests.waiting import wait_until

CONFIG = ALERTMANAGER / "alertmanager.yml"
TEXT = CONFIG.read_text(encoding="utf-8")
RECEIVERS = {"page": "page", "ticket": "ticket", "none": "watchdog"}
EXAMPLES = sorted((ALERTMANAGER / "examples").iterdir())
SAID = {
    "summary": "X refuses our stream.",
    "description": "Nobody listens to X. Normal: never.",
    "action": "1. Read the log. 2. Mend it. 3. Wait.",
    "runbook_url": "https://boards.example.org/public/earshot/runbook.html#streamrefused",
    "dashboard_url": "https://boards.example.org/d/earshot-ingest",
}
WITHIN_SECONDS = 60.0


def ask(*arguments: str) -> str:
    done = subprocess.run([amtool(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def ways(receiver: dict[str, Any]) -> set[str]:
    return {key.removesuffix("_configs") for key in receiver if key != "name"}


@pytest.mark.parametrize("names", [[], [path.name for path in EXAMPLES], *([path.name] for path in EXAMPLES)], ids=str)
def test_amtool_takes_it_and_a_file_switches_its_receiver_on(tmp_path: Path, names: list[str]) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for path in EXAMPLES:  # an empty file switches nothing on
        (files / path.name).write_text(path.read_text(encoding="utf-8") if path.name in names else "\n")
    made = tmp_path / "alertmanager.yml"
    finished(files, made)
    assert "SUCCESS" in ask("check-config", str(made))
    receivers = {one["name"]: ways(one) for one in yaml.safe_load(made.read_text(encoding="utf-8"))["receivers"]}
    expected: dict[str, set[str]] = {"page": set(), "ticket": set(), "watchdog": set()}
    for name in names:
        severity, way, *_ = name.split("_")
        expected[severity].add(way)
    assert receivers == expected
    assert made.stat().st_mode & 0o077 == 0, "it may hold a password"


def test_every_receiver_has_an_example_and_pages_have_the_ways_that_tickets_have() -> None:
    names = {path.name for path in EXAMPLES}
    assert set(re.findall(r"^ +# if (\w+)$", TEXT, re.MULTILINE)) == names
    assert {one.removeprefix("page_") for one in names if one.startswith("page_")} == {
        one.removeprefix("ticket_") for one in names if one.startswith("ticket_")
    }
    page = (ALERTMANAGER.parents[1] / "docs" / "compose.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in page] == []


def test_a_misspelt_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page_slak_url").write_text("https://hooks.slack.com/x")
    with pytest.raises(UserError, match="nothing is called page_slak_url"):
        finished(tmp_path, tmp_path / "made.yml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page_slack_url").write_text("https://hooks.slack.com/x")
    (tmp_path / "page_slack_url").chmod(0)
    with pytest.raises(UserError, match="make init"):
        finished(tmp_path, tmp_path / "made.yml")


@pytest.fixture(scope="module")
def nobody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Alertmanager gets where no file is set."""
    folder = tmp_path_factory.mktemp("nobody")
    finished(folder, folder / "alertmanager.yml")
    return folder / "alertmanager.yml"


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_goes_where_its_severity_says(nobody: Path, rule: dict[str, Any]) -> None:
    severity = rule["labels"]["severity"]
    labels = (f"alertname={rule['alert']}", f"severity={severity}")
    assert ask("config", "routes", "test", f"--config.file={nobody}", *labels) == RECEIVERS[severity]


def test_an_alert_of_unknown_severity_does_not_vanish(nobody: Path) -> None:
    assert ask("config", "routes", "test", f"--config.file={nobody}", "alertname=New") == "ticket"


def test_no_address_stands_in_the_file() -> None:
    assert "://" not in TEXT
    assert set(re.findall(r"_file: (\S+)/\w+$", TEXT, re.MULTILINE)) == {"/run/secrets/alerts"}


def test_inhibit_rules_speak_of_alerts_that_there_are() -> None:
    inhibit = yaml.safe_load(TEXT)["inhibit_rules"]
    matchers = [m for rule in inhibit for m in rule["source_matchers"] + rule["target_matchers"]]
    said = {name for m in matchers if "alertname" in m for name in re.findall(r"\b[A-Z]\w+", m)}
    assert said <= {rule["alert"] for rule in ALERTS}
    assert "KafkaUnreachable" in said


def test_pages_and_tickets_reach_their_people_by_every_way(tmp_path: Path) -> None:
    with (
        Receivers() as people,
        RunningAlertmanager(tmp_path, people.files("page", "ticket"), people.url) as alertmanager,
    ):

        def came(severity: str) -> list[int]:
            return [len(way(severity)) for way in (people.slack, people.pagerduty, people.webhook, people.mail)]

        alertmanager.alert("StreamRefused", "page", SAID)
        wait_until(lambda: came("page") == [1] * 4, "the page came by all ways", WITHIN_SECONDS)
        assert came("ticket") == [0] * 4
        alertmanager.alert("GapGivenUp", "ticket", {**SAID, "summary": "Posts are missing."})
        wait_until(lambda: came("ticket") == [1] * 4, "the ticket came by all ways", WITHIN_SECONDS)
        assert came("page") == [1] * 4

        [slack] = people.slack("page")
        assert (slack["title"], slack["color"]) == ("PAGE: StreamRefused", "danger")
        assert slack["title_link"] == SAID["runbook_url"]
        assert all(said in slack["text"] for said in SAID.values())
        [event] = people.pagerduty("page")
        assert (event["event_action"], event["payload"]["severity"]) == ("trigger", "critical")
        assert event["payload"]["summary"] == "PAGE: StreamRefused"
        assert [link["href"] for link in event["links"]] == [SAID["runbook_url"], SAID["dashboard_url"]]
        [mail] = people.mail("page")
        assert mail["Subject"] == "PAGE: StreamRefused"
        body = mail.get_body()
        assert body is not None
        assert body.get_content_type() == "text/plain"
        assert all(said in body.get_content() for said in SAID.values())
        [hook] = people.webhook("page")
        assert (hook["version"], hook["status"], hook["commonAnnotations"]) == ("4", "firing", SAID)

        assert people.slack("ticket")[0]["title"] == "TICKET: GapGivenUp"
        assert people.pagerduty("ticket")[0]["payload"]["severity"] == "warning"
        assert people.mail("ticket")[0]["Subject"] == "TICKET: GapGivenUp"
        assert people.webhook("ticket")[0]["groupLabels"] == {"alertname": "GapGivenUp"}

        alertmanager.alert("StreamRefused", "page", SAID, over=True)
        wait_until(lambda: came("page") == [2] * 4, "its end came by all ways", WITHIN_SECONDS)
        assert people.slack("page")[1]["title"] == "RESOLVED: StreamRefused"
        assert f"Over: {SAID['summary']}" in people.slack("page")[1]["text"]
        assert people.pagerduty("page")[1]["event_action"] == "resolve"
        assert people.pagerduty("page")[1]["dedup_key"] == event["dedup_key"]
        assert people.mail("page")[1]["Subject"] == "RESOLVED: StreamRefused"
        assert people.webhook("page")[1]["status"] == "resolved"

        alertmanager.alert("Trying", "page", {})
        wait_until(lambda: came("page") == [3] * 4, "a trial came by all ways", WITHIN_SECONDS)
        assert all(link["href"] for link in people.pagerduty("page")[2]["links"]), "PagerDuty takes no empty one"
        assert alertmanager.failed() == 0


def test_where_nobody_is_to_be_told_nothing_fails_and_the_log_says_so(tmp_path: Path) -> None:
    with Receivers() as people:
        files = {"page_slack_url": "", "watchdog_webhook_url": f"{people.url}/webhook/none"}
        with RunningAlertmanager(tmp_path, files) as alertmanager:
            alertmanager.alert("StreamRefused", "page", SAID)
            alertmanager.alert("GapGivenUp", "ticket", SAID)
            # Each group waits a second; this one comes later, so the two above are done when it is.
            alertmanager.alert("Watchdog", "none", SAID)
            wait_until(lambda: people.webhook("none"), "the sign of life came", WITHIN_SECONDS)
            assert alertmanager.attempts() == 1, "no attempt for anybody else"
            assert alertmanager.failed() == 0
            log = alertmanager.child.log.read_text(encoding="utf-8")
    assert "alerts: told by: watchdog_webhook_url\n" in log
    assert "alerts: pages reach nobody\n" in log
    assert "alerts: tickets reach nobody\n" in log


def test_a_receiver_that_refuses_is_counted(tmp_path: Path) -> None:
    """What NotificationsFailing asks about: without it the test above could not fail."""
    with RunningAlertmanager(tmp_path, {"ticket_webhook_url": "http://127.0.0.1:9/"}) as alertmanager:
        alertmanager.alert("GapGivenUp", "ticket", SAID)
        wait_until(lambda: alertmanager.failed() > 0, "the failure is counted", WITHIN_SECONDS)
