"""What a metric is: the shape of a declaration, and the refusal of everything that is not declared.

Used by the declarations (`conversation`, `pipeline`, `source`, `x`, `bluesky`), by `registry`, which gathers them, and
by whatever counts or shows. Knows no metric by name and no client library.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import product
from typing import Any, Literal, NoReturn, TypeVar

import msgspec

from streams import vocabulary
from streams.directory import hospital
from streams.settings import MOST_PARTITIONS
from streams.vocabulary import ClosedSet

Job = Literal["worker", "ingest"]
"""Prometheus' `job`: the process that shows a metric."""

LOADED = {
    "hospital": "ids of the hospital directory",
    "name": "names in the hospital directory",
    "city": "cities in the hospital directory",
    "region": "largest towns of referral regions (HRR) in the gazetteer",
    "state": "postal codes in the hospital directory",
    "topic": "ids of the taxonomy",
    "community": "ids of the communities of interest",
    "version": "the version that runs",
    "partition": "whole numbers below EARSHOT_PARTITIONS",
}
"""Labels whose values are closed by data or a setting that is loaded at start, and what closes them."""

_CLOSED: dict[tuple[str, ...], ClosedSet[Any]] = {tuple(one.words): one for one in (*vocabulary.SETS, *hospital.SETS)}

Value = TypeVar("Value")


class UndeclaredMetricError(Exception):
    """A metric, label or label value that the registry does not know."""


class Closed(dict[tuple[str, ...], Value]):
    """Label values -> what is kept for them. Holds every declared series from the start; another key raises."""

    def __init__(self, name: str, series: dict[tuple[str, ...], Value]) -> None:
        super().__init__(series)
        self._name = name

    def __missing__(self, key: object) -> NoReturn:
        raise UndeclaredMetricError(f"{self._name} has no series {key}")


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    unit: str
    labels: dict[str, tuple[str, ...]] = {}
    """Label -> its closed values; empty for those in `LOADED`."""
    jobs: tuple[Job, ...] = ("worker",)
    help: str
    act: str
    """What a reader does when it moves."""
    buckets: tuple[float, ...] = ()

    @property
    def family(self) -> str:
        """Name as the client library wants it: a counter's without `_total`."""
        return self.name.removesuffix("_total")

    @property
    def explained(self) -> str:
        """The help with what each label value means, from the vocabulary: Prometheus' HELP."""
        meanings = (
            f" {label}: {'; '.join(f'`{value}`, {one.meaning}' for value, one in found.words.items())}."
            for label in self.labels
            if (found := self.closed_set(label))
        )
        return self.help + "".join(meanings)

    def closed_set(self, label: str) -> ClosedSet[Any] | None:
        """What declares the values of a label; None for numbers and for those in `LOADED`."""
        return _CLOSED.get(self.labels[label])

    def series(self, **fixed: str) -> Iterator[tuple[str, ...]]:
        """Label values of every series; with `fixed`, of those that have these values. Labels in `LOADED` have none."""
        if stray := fixed.keys() - self.labels.keys():
            raise UndeclaredMetricError(f"{self.name} has no label {', '.join(sorted(stray))}")
        for values in product(*self.labels.values()):
            if all(values[list(self.labels).index(label)] == value for label, value in fixed.items()):
                yield values

    def counts(self, **fixed: str) -> Closed[int]:
        """A zero for every series (see `series`), to count in."""
        return Closed(self.name, dict.fromkeys(self.series(**fixed), 0))

    def check_all(self, series: Collection[Sequence[str]]) -> None:
        """As `check` for many at once, in a tenth of the time."""
        lengths = {len(values) for values in series}
        if lengths <= {len(self.labels)} and all(
            not allowed or {values[at] for values in series} <= set(allowed)
            for at, allowed in enumerate(self.labels.values())
        ):
            return
        for values in series:
            self.check(values)

    def check(self, values: Sequence[str]) -> None:
        """Raise `UndeclaredMetricError` unless these label values make a series of this metric."""
        if len(values) != len(self.labels):
            raise UndeclaredMetricError(f"{self.name} has labels {list(self.labels)}, not {len(values)} values")
        for value, (label, allowed) in zip(values, self.labels.items(), strict=True):
            if label == "partition":
                known = value.isdecimal() and int(value) < MOST_PARTITIONS
            else:
                known = not allowed or value in allowed
            if not known:
                raise UndeclaredMetricError(f"{self.name}: {label} is never {value!r}")
