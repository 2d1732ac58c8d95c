"""A Prometheus for tests and for runs without compose: its programs, and one that runs on loopback.

`programs.py` finds or obtains them, `running.py` runs a server with the configuration and rules of `deploy/prometheus`.
Used by the tests, the dashboards' preview and `make prometheus|rules`; compose has images of its own.
"""

from deploy.prometheus_tool.programs import amtool, prometheus, promtool
from deploy.prometheus_tool.running import RunningPrometheus, Series, Target

__all__ = ["RunningPrometheus", "Series", "Target", "amtool", "prometheus", "promtool"]
