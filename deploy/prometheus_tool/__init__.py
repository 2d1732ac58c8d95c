"""Prometheus' own programs for tests and for runs without compose, and the configuration they are given.

`programs.py` finds or builds them. Called by `agents/proving/prometheus.py`, which runs a server, by the tests and by
`make prometheus|rules`; compose has images of its own.
"""

from pathlib import Path

from deploy.prometheus_tool.programs import alertmanager, amtool, prometheus, promtool

CONFIG = Path(__file__).parents[1] / "prometheus" / "prometheus.yml"
"""The configuration that compose mounts; the rules stand beside it."""

__all__ = ["CONFIG", "alertmanager", "amtool", "prometheus", "promtool"]
