"""What Prometheus' files say agrees with what they speak of: metrics, labels, settings, the runbook."""

import re
import subprocess
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from agents.cli import main
from agents.ingest.wal.wal import ROOM
from agents.proving.prometheus import RunningPrometheus
from deploy.compose.init import ALERTS as SECRETS_OF_ALERTS
from deploy.compose.init import SECRETS
from deploy.prometheus_tool import CONFIG, promtool
from deploy.reference.runbook import FILE as RUNBOOK
from deploy.reference.runbook import page as runbook
from streams import directory
from streams.metrics.registry import declared
from streams.settings import Settings, SettingsError, describe, load, variable
from tests.prometheus.files import ALERTS, RECORDED, RULES, named

ROOT = CONFIG.parents[2]
SCRAPES = {one["job_name"]: one for one in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["scrape_configs"]}
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"].keys()
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DEFAULTS = Settings()
LINKS = "{{ $externalLabels.grafana }}"
"""Becomes Grafana's address."""
OURS = re.compile(r"(?<![:\w])(?:conversation|pipeline|source|x|bluesky)_\w+(?![:\w])")
SERIES = re.compile(r"\w+:\w+(?::\w+)?")


def alert(name: str, severity: str) -> dict[str, Any]:
    return next(one for one in ALERTS if (one["alert"], one["labels"]["severity"]) == (name, severity))


def test_prometheus_takes_configuration_and_rules() -> None:
    done = subprocess.run([promtool(), "check", "config", CONFIG], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_names_only_what_there_is(rule: dict[str, Any]) -> None:
    expr = re.sub(r'"[^"]*"', '""', rule["expr"])
    for name in OURS.findall(expr):
        metric = declared(base(name))
        assert (metric.kind == "histogram") == (metric.name != name)
    assert set(SERIES.findall(expr)) <= set(RECORDED)
    assert set(re.findall(r'job="(\w+)"', rule["expr"])) <= SCRAPES.keys()


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_matches_and_groups_only_by_labels_that_there_are(rule: dict[str, Any]) -> None:
    known = {"job", "instance", "le", "integration"}  # Prometheus' own, and Alertmanager's
    for name in OURS.findall(rule["expr"]):
        known |= declared(base(name)).labels.keys()
    for record in SERIES.findall(rule["expr"]):
        known |= set(record.split(":")[0].split("_"))  # level:metric:operation, and the level is its labels
    assert set(labels_of(rule["expr"])) <= known


def base(name: str) -> str:
    """The metric that a series of a histogram belongs to."""
    return re.sub(r"_(bucket|count|sum)$", "", name)


def labels_of(expr: str) -> list[str]:
    grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", expr)
    matched = re.findall(r"\{([^}]*)\}", expr)
    names = [name.strip() for group in grouped for name in group.split(",") if name.strip()]
    return names + [name for braces in matched for name in re.findall(r"(\w+)\s*(?:=~|!=|=)", braces)]


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_an_alert_says_what_is_normal_and_what_to_do(rule: dict[str, Any]) -> None:
    said = rule["annotations"]
    assert said.keys() == {"summary", "description", "action", "runbook_url", "dashboard_url"}
    assert rule["labels"]["severity"] in ("page", "ticket", "none")
    assert "Normal: " in said["description"]
    assert re.search(r"1\. .*2\. .*3\. ", said["action"])
    assert len(said["summary"]) < 100
    assert said["runbook_url"] == f"{LINKS}public/runbook.html#{rule['alert'].lower()}"
    address, _, of = said["dashboard_url"].partition("?")
    assert re.fullmatch(rf"{re.escape(LINKS)}d/earshot-\w+", address)
    assert of == ("var-hospital={{ $labels.hospital }}" if "by (hospital)" in rule["expr"] else "")


@pytest.mark.parametrize("rule", ALERTS, ids=named)
def test_what_an_alert_tells_to_do_works_inside_compose(rule: dict[str, Any]) -> None:
    said = rule["annotations"]["action"] + rule["annotations"]["description"]
    for command in re.findall(r"`([^`]+)`", said):
        words = command.replace("{{ $labels.job }}", "worker").partition(" |")[0].split()
        if words[:2] != ["docker", "compose"]:
            assert command.startswith(("make ", "docker system df", "timedatectl")), command
            continue
        service = next((word for word in words if word in SERVICES), "")
        assert service or words[2] == "up", f"{command}: of which service?"
        ours = words[words.index(service) + 1 :] if service in ("worker", "ingest") else []
        if words[2] == "exec" and ours:
            assert ours.pop(0) == "earshot", command
        if words[2] in ("exec", "run"):
            assert_is_a_command(ours)
    variables = {one.env for one in describe()} | set(re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert set(re.findall(r"\b[A-Z]+_[A-Z_]+\b", said)) <= variables
    assert set(re.findall(r"\.secrets/(\w+)", said)) <= {*SECRETS, SECRETS_OF_ALERTS}


def assert_is_a_command(words: list[str]) -> None:
    """Words after `earshot`: each name of a command is one that there is."""
    group: click.Command = main
    for word in words:
        if not isinstance(group, click.Group):
            return
        found = group.get_command(click.Context(group), word)
        assert found is not None, " ".join(words)
        group = found


def test_the_runbook_has_a_chapter_for_each_alert_and_no_other() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    chapters = re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert sorted(chapters) == sorted({one["alert"] for one in ALERTS})
    rows = dict(re.findall(r"^\| \[(\w+)\]\(#\w+\) \| ([\w, ]+?) \|", text, re.MULTILINE))
    severities: dict[str, list[str]] = {}
    for one in ALERTS:
        severities.setdefault(one["alert"], []).append(one["labels"]["severity"])
    assert rows == {name: ", ".join(dict.fromkeys(every)) for name, every in severities.items()}


def test_links_begin_with_the_setting_which_no_message_has_as_a_label() -> None:
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    assert config["global"]["external_labels"] == {"grafana": f"${{{variable('grafana_root_url')}}}"}
    assert config["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "grafana"}]
    with pytest.raises(SettingsError, match="/ at the end"):
        load(environ={"GRAFANA_ROOT_URL": "https://boards.example.org"})


@pytest.mark.parametrize("name", sorted({one["alert"] for one in ALERTS}))
def test_the_runbook_that_grafana_offers_has_the_chapter(name: str) -> None:
    assert f'<h2 id="{name.lower()}">{name}</h2>' in RUNBOOK.read_text(encoding="utf-8")


def test_the_runbook_that_grafana_offers_is_the_runbook() -> None:
    assert RUNBOOK.read_text(encoding="utf-8") == runbook(), "run `make docs`"


def test_numbers_in_rules_are_those_of_the_code() -> None:
    assert alert("WalFilling", "page")["expr"].endswith(f"> {ROOM}")
    assert 30.0 in declared("pipeline_visible_seconds").buckets


def test_ports_and_limits_fit_what_is_scraped() -> None:
    assert SCRAPES["worker"]["dns_sd_configs"][0]["port"] == DEFAULTS.metrics_port
    assert SCRAPES["ingest"]["dns_sd_configs"][0]["port"] == DEFAULTS.ingest_metrics_port
    hospitals = directory.load("").hospitals
    longest = max(len(value) for one in hospitals for value in msgspec.structs.astuple(one) if isinstance(value, str))
    assert longest <= SCRAPES["worker"]["label_value_length_limit"]


def test_a_run_without_compose_differs_only_in_where_targets_come_from(tmp_path: Path) -> None:
    running = RunningPrometheus({"worker": ["127.0.0.1:1"]}, tmp_path)
    derived = yaml.safe_load((tmp_path / "prometheus.yml").read_text(encoding="utf-8"))
    found = ("dns_sd_configs", "file_sd_configs", "static_configs")
    for own in derived["scrape_configs"]:
        composed = SCRAPES[own["job_name"]]
        assert {k: v for k, v in own.items() if k not in found} == {k: v for k, v in composed.items() if k not in found}
    assert len(derived["scrape_configs"]) == len(SCRAPES)
    assert running.url.startswith("http://127.0.0.1:")
    with pytest.raises(ValueError, match="no job broker"):
        RunningPrometheus({"broker": ["127.0.0.1:1"]}, tmp_path)
