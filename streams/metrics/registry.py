"""Every metric of Earshot, gathered: the declarations of `conversation`, `service`, `pipeline`, `process`, `source`,
`x` and `bluesky`, by name.

Read by the collectors, the machinery, `earshot metrics`, the dashboards and the tests. What is not declared cannot be
used: `declared` raises for a name, the metric itself for a label or its value. Names: `conversation_*` for what people
say, `pipeline_*` for machinery, `process_*` for a process as the client library names it, `source_*` for every source,
`x_*` and `bluesky_*` for what one of them alone has.
"""

from streams.metrics.bluesky import BLUESKY
from streams.metrics.conversation import CONVERSATION
from streams.metrics.metric import LOADED, Job, Metric, UndeclaredMetricError
from streams.metrics.pipeline import PIPELINE
from streams.metrics.process import PROCESS
from streams.metrics.service import SERVICE
from streams.metrics.source import SOURCE
from streams.metrics.x import X

__all__ = ["LOADED", "METRICS", "Job", "Metric", "UndeclaredMetricError", "declared"]

METRICS: tuple[Metric, ...] = (*CONVERSATION, *SERVICE, *PIPELINE, *PROCESS, *SOURCE, *X, *BLUESKY)

_BY_NAME = {metric.name: metric for metric in METRICS}


def declared(name: str) -> Metric:
    """The metric `name`; raises `UndeclaredMetricError`."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise UndeclaredMetricError(f"{name} is not declared in streams/metrics") from None
