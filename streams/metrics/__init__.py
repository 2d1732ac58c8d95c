"""Metrics: what there is (`registry`), what agents count per chunk (`machinery`), what is read from tables
(`collector`)."""

from streams.metrics.machinery import Metrics

__all__ = ["Metrics"]
