"""PromQL of the dashboards: selectors that only declared metrics can get, and the few forms that are used again.

Called by the dashboards' modules. Knows names and labels through the registry; recorded series are plain text here
and held to deploy/prometheus/rules by the tests.
"""

from typing import NamedTuple

from streams.metrics.registry import UndeclaredMetricError, declared


class Query(NamedTuple):
    """One query of a panel."""

    expr: str
    legend: str = ""
    """Empty only where there is one series."""


def selector(name: str, suffix: str = "", **matchers: str) -> str:
    """Series of a declared metric; a value with `|` is a regular expression. Raises `UndeclaredMetricError`.

    `suffix`: `_bucket`, `_sum` or `_count` of a histogram.
    """
    metric = declared(name)
    for label, value in matchers.items():
        allowed = metric.jobs if label == "job" else metric.labels.get(label)
        if allowed is None or (allowed and not set(value.split("|")) <= set(allowed)):
            raise UndeclaredMetricError(f"{name} has no {label}={value!r}")
    matchers = {"job": "|".join(metric.jobs), **matchers}
    inner = ", ".join(f'{label}{"=~" if "|" in value else "="}"{value}"' for label, value in matchers.items())
    return f"{name}{suffix}{{{inner}}}"


def about(name: str, rise: str = "") -> str:
    """The registry's own words on a metric, and what a rise means where they do not say it."""
    metric = declared(name)
    return " ".join(filter(None, (metric.help, rise, metric.act)))


def age(name: str, by: str = "") -> str:
    """Seconds since the latest of a timestamp."""
    return f"time() - {_over('max', by)}({selector(name)})"


def since(name: str, beside: str, **matchers: str) -> str:
    """Seconds since the earliest of a timestamp that is absent when there is nothing; then 0, if the gauge `beside`
    (with these `matchers`) is there to say so."""
    return f"(time() - min({selector(name)})) or 0 * max({selector(beside, **matchers)})"


def rate(name: str, by: str = "", suffix: str = "", **matchers: str) -> str:
    """A second's worth of a counter of one process, over all processes. `suffix`: `_sum` or `_count` of a histogram."""
    return f"{_over('sum', by)}(rate({selector(name, suffix, **matchers)}[$__rate_interval]))"


def in_range(name: str, by: str = "", **matchers: str) -> str:
    """How far a counter of one process rose in the shown time."""
    return f"{_over('sum', by)}(increase({selector(name, **matchers)}[$__range]))"


def quantile(q: float, name: str, by: str = "") -> str:
    """A quantile of a histogram, in its unit."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({selector(name, '_bucket')}[$__rate_interval])))"


# Counters of the tables survive restarts and move between workers. A worker that was killed shows the count of its last
# commit until it has replayed the rest; `rate` takes such a step back for a reset and adds the lifetime once more. So
# the highest of the last five minutes comes first, as in the recorded rules.


def table_now(name: str, by: str, **matchers: str) -> str:
    """A table's counter over its lifetime: exact, no extrapolation."""
    return f"max by ({by}) (max_over_time({selector(name, **matchers)}[5m]))"


def table_in_range(name: str, by: str, **matchers: str) -> str:
    """A table's counter over the shown time, by its first and last scrape: whole numbers, no extrapolation."""
    first = f"min by ({by}) (min_over_time({selector(name, **matchers)}[$__range]))"
    return f"{table_now(name, by, **matchers)} - {first}"


def table_week_before(name: str, by: str, **matchers: str) -> str:
    """The same over the same time a week before. Absent until Prometheus has that week."""
    then = f"{selector(name, **matchers)}[$__range] offset 1w"
    return f"max by ({by}) (max_over_time({then})) - min by ({by}) (min_over_time({then}))"


def table_per_hour(name: str, by: str, **matchers: str) -> str:
    """A table's counter as a flow."""
    return f"3600 * rate({table_now(name, by, **matchers)}[$__rate_interval:])"


def _over(operator: str, by: str) -> str:
    return f"{operator} by ({by}) " if by else operator
