"""Rows of Operations about the processes themselves: restarts, memory, CPU, disk, and whether Prometheus and
Alertmanager do their part.

Called by `operations`. Prometheus' and Alertmanager's own metrics are theirs, not declared in `streams/metrics`.
"""

from deploy.grafana.ingest import UP
from deploy.grafana.panels import ZERO, Row, bars, lines, number
from deploy.grafana.queries import Query, about, selector

EACH = "{{job}} {{instance}}"
FULL = ((None, "green"), (0.8, "orange"), (0.9, "red"))
"""Share of a limit."""


def row() -> Row:
    """Restarts and what each process uses."""
    free, size = (selector(f"pipeline_disk_{what}_bytes") for what in ("free", "size"))
    memory, limit = selector("process_resident_memory_bytes"), selector("pipeline_memory_limit_bytes")
    return Row(
        "Are the processes stable, and is there room?",
        [
            bars(
                "Restarts",
                f"In the shown time, of each process that Prometheus saw before and after. "
                f"{about('process_start_time_seconds')}",
                Query(f"changes({selector('process_start_time_seconds')}[$__range])", EACH),
                size=(8, 6),
            ),
            lines(
                "Recoveries",
                about("pipeline_recoveries_total"),
                Query(
                    f"sum by (instance) (increase({selector('pipeline_recoveries_total')}[$__rate_interval]))",
                    "{{instance}}",
                ),
                unit="none",
                events=True,
                size=(8, 6),
            ),
            lines(
                "Free disk",
                about("pipeline_disk_free_bytes"),
                Query(f"min by (job, instance) ({free} / {size})", EACH),
                unit="percentunit",
                most=1,
                size=(8, 6),
            ),
            lines("Memory", about("process_resident_memory_bytes"), Query(memory, EACH), unit="bytes", size=(8, 6)),
            bars(
                "Memory, share of the limit",
                f"{about('pipeline_memory_limit_bytes')} At 100 % the kernel ends the process and Docker restarts it: "
                f"raise "
                "WORKER_MEMORY. *no data*: the container has no limit.",
                Query(f"{memory} / {limit}", EACH),
                unit="percentunit",
                size=(8, 6),
            ),
            lines(
                "CPU, in cores",
                f"{about('process_cpu_seconds_total')} Compose gives a worker WORKER_CPUS (1.0) and ingest 0.5.",
                Query(f"rate({selector('process_cpu_seconds_total')}[$__rate_interval])", EACH),
                unit="none",
                size=(8, 6),
            ),
        ],
    )


def monitoring() -> Row:
    """What watches the rest."""
    return Row(
        "Do Prometheus and Alertmanager work?",
        [
            number(
                "What Prometheus reaches",
                "Processes of each kind whose last scrape worked, of those it knows. A worker that is gone is not "
                "known any more: see the row above. `alertmanager` down: alerts fire and nobody hears of them.",
                Query("min by (job) (up)", "{{job}}"),
                unit="none",
                words={0: "down", 1: "reached"},
                steps=UP,
                size=(12, 6),
            ),
            number(
                "Failures of the monitoring itself",
                "In the shown time. Rules: evaluations that failed, so alerts may be blind; see Prometheus' log. "
                "Dropped: alerts that Prometheus could not hand to Alertmanager. Not delivered: messages that "
                "Alertmanager could not send; check the receiver's address (docs/runbook.md, NotificationsFailing).",
                Query('sum(increase(prometheus_rule_evaluation_failures_total{job="prometheus"}[$__range]))', "rules"),
                Query('sum(increase(prometheus_notifications_dropped_total{job="prometheus"}[$__range]))', "dropped"),
                Query(
                    'sum(increase(alertmanager_notifications_failed_total{job="alertmanager"}[$__range]))',
                    "not delivered",
                ),
                steps=ZERO,
                size=(12, 6),
            ),
        ],
    )
