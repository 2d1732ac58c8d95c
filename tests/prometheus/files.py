"""Prometheus' files as the tests read them."""

from typing import Any

import yaml

from deploy.prometheus_tool import CONFIG

RULE_FILES = sorted((CONFIG.parent / "rules").glob("*.yml"))
RULES: list[dict[str, Any]] = [
    rule
    for path in RULE_FILES
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = sorted(rule["record"] for rule in RULES if "record" in rule)


def named(rule: dict[str, Any]) -> str:
    """An alert's name and severity, or a recorded series' name."""
    return f"{rule['alert']} {rule['labels']['severity']}" if "alert" in rule else str(rule["record"])
