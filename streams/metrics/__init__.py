"""Metrics: what there is (`registry`), what agents count per chunk (`machinery`), what is read from tables and parts
(`collector`), and how it is shown (`server`)."""

from prometheus_client import disable_created_metrics

from streams.metrics.machinery import Metrics

# In the plain format each counter's creation time would be a gauge of its own: more series, and nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]

__all__ = ["Metrics"]
