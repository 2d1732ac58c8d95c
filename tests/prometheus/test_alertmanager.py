"""Alertmanager's file: amtool takes it, each alert goes where it belongs, no secret stands in it."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from deploy.prometheus_tool import amtool
from deploy.prometheus_tool.__main__ import ALERTMANAGER
from tests.prometheus.files import ALERTS, named

CONFIG = yaml.safe_load(ALERTMANAGER.read_text(encoding="utf-8"))
RECEIVERS = {"page": "page", "ticket": "ticket", "none": "watchdog"}


def ask(*arguments: str) -> str:
    done = subprocess.run([amtool(), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_amtool_takes_it() -> None:
    assert "SUCCESS" in ask("check-config", str(ALERTMANAGER))


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_goes_where_its_severity_says(rule: dict[str, Any]) -> None:
    severity = rule["labels"]["severity"]
    labels = (f"alertname={rule['alert']}", f"severity={severity}")
    assert ask("config", "routes", "test", f"--config.file={ALERTMANAGER}", *labels) == RECEIVERS[severity]


def test_an_alert_of_unknown_severity_does_not_vanish() -> None:
    assert ask("config", "routes", "test", f"--config.file={ALERTMANAGER}", "alertname=New") == "ticket"


def test_no_address_stands_in_the_file() -> None:
    assert "://" not in ALERTMANAGER.read_text(encoding="utf-8")
    hooks = [hook for receiver in CONFIG["receivers"] for hook in receiver["webhook_configs"]]
    assert {hook["url_file"].rsplit("/", 1)[0] for hook in hooks} == {"/run/secrets"}


def test_inhibit_rules_speak_of_alerts_that_there_are() -> None:
    matchers = [m for rule in CONFIG["inhibit_rules"] for m in rule["source_matchers"] + rule["target_matchers"]]
    said = {name for m in matchers if "alertname" in m for name in re.findall(r"\b[A-Z]\w+", m)}
    assert said <= {rule["alert"] for rule in ALERTS}
    assert "KafkaUnreachable" in said
