"""Alerts and recording rules under promtool: every alert fires when it must, then no other, and none without need."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.prometheus_tool import promtool
from tests.prometheus.files import ALERTS, RULE_FILES, named

GIVEN = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))
FIRING_STREAM = 'max by (alertname, severity) (ALERTS{alertstate="firing", alertname=~"Stream.*"})'
CASES: list[dict[str, Any]] = GIVEN["cases"]
FIRING = 'max by (alertname, severity) (ALERTS{alertstate="firing", alertname!="Watchdog"})'


def as_promtool(case: dict[str, Any]) -> dict[str, Any]:
    """A case as promtool wants it."""
    minutes = case.get("minutes", 120)
    series = {
        name: values.replace("$", str(minutes))
        for name, values in GIVEN["healthy"].items()
        if name.startswith(tuple(case.get("alone", [""])))
    }
    series |= case.get("series", {})
    firing = FIRING_STREAM if "alone" in case else FIRING
    asked = [
        {"expr": firing, "eval_time": f"{minute}m", "exp_samples": [_alert(alert) for alert in alerts]}
        for minute, alerts in case["firing"].items()
    ]
    for minute, expected in case.get("values", {}).items():
        for expr, samples in expected.items():
            exp_samples = [{"labels": labels, "value": value} for labels, value in samples.items()]
            asked.append({"expr": expr, "eval_time": f"{minute}m", "exp_samples": exp_samples})
    given = [{"series": name, "values": values} for name, values in series.items() if values != "_x"]
    return {"name": case["name"], "interval": "1m", "input_series": given, "promql_expr_test": asked}


def _alert(words: str) -> dict[str, Any]:
    name, severity = words.split()
    return {"labels": f'{{alertname="{name}", severity="{severity}"}}', "value": 1}


def run(folder: Path, case: dict[str, Any]) -> str:
    """What promtool has against it; empty when nothing."""
    file = folder / "test.yml"
    document = {
        "rule_files": [str(path) for path in RULE_FILES],
        "evaluation_interval": f"{case.get('every', 1)}m",
        # Groups are evaluated in this order at each instant: what is recorded first, alerts after.
        "group_eval_order": ["hospitals", "freshness", "pipeline"],
        "tests": [as_promtool(case)],
    }
    file.write_text(yaml.safe_dump(document, width=1000), encoding="utf-8")
    done = subprocess.run(
        [promtool(), "test", "rules", str(file)], capture_output=True, text=True, check=False, cwd=folder
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[str]]]:
    """Case -> what promtool has against it: the selected cases in their order, as many at once as there are cores."""
    asking = [item for item in request.session.items if "verdicts" in getattr(item, "fixturenames", ())]
    cases: list[Any] = [item.callspec.params["case"] for item in asking if isinstance(item, pytest.Function)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {case["name"]: pool.submit(run, tmp_path_factory.mktemp("case"), case) for case in cases}
        pool.shutdown(cancel_futures=True)  # after a failure under -x nobody asks for the rest


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_case_fires_what_it_must(verdicts: dict[str, Future[str]], case: dict[str, Any]) -> None:
    assert verdicts[case["name"]].result() == ""


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    alerts = {named(rule) for rule in ALERTS} - {"Watchdog none"}
    firing = {alert for case in CASES for alerts in case["firing"].values() for alert in alerts}
    assert firing == alerts


def test_a_rule_that_never_fires_is_noticed(tmp_path: Path) -> None:
    case = next(case for case in CASES if case["name"] == "X cuts the connection")
    assert "StreamDisconnected" in run(tmp_path, {**case, "series": {}})
