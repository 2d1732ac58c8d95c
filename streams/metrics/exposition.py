"""/metrics as text, for tables of tens of thousands of series.

Owns families whose samples are made late (`Deferred`) and how they are written. Called by the collectors, in the loop,
and by `server.py`, which writes in a thread. The client library writes all other families; it takes 13 us a series,
this takes 2. Knows no metric by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import count

from prometheus_client.core import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from streams.metrics.registry import declared

Samples = Mapping[tuple[str, ...], float]
"""Label values -> number; a metric without labels has the one key ()."""

Reading = Mapping[str, Samples]
"""Metric name -> its samples."""

_OPEN_METRICS = "application/openmetrics-text"
_END = b"# EOF\n"


class Deferred(Family):
    """A declared metric whose numbers are worked out when somebody reads them."""

    def __init__(self, name: str, read: Callable[[], Samples]) -> None:
        """Raises `UndeclaredMetricError`. `read` may be called in any thread, once or more."""
        self.metric = declared(name)
        self._read = read
        super().__init__(self.metric.family, self.metric.explained, self.metric.kind)

    def numbers(self) -> Samples:
        """Its samples. Raises `UndeclaredMetricError` for a label value that is not declared."""
        samples = self._read()
        self.metric.check_all(samples)
        return samples

    def __repr__(self) -> str:
        """Its name alone: the client library shows this with an error of `numbers`."""
        return f"Deferred({self.metric.name})"

    @property
    def samples(self) -> list[Sample]:
        """The same for the client library."""
        labels = tuple(self.metric.labels)
        return [
            Sample(self.metric.name, dict(zip(labels, values, strict=True)), number)
            for values, number in self.numbers().items()
        ]

    @samples.setter
    def samples(self, made: list[Sample]) -> None:
        """The library's own empty list; not kept."""


def deferred(names: Iterable[str], read: Callable[[], Reading]) -> Iterator[Deferred]:
    """A family for each name. `read` gives the samples of all of them and is called once."""
    once = cache(read)

    def one(name: str) -> Samples:
        return once()[name]

    for name in names:
        yield Deferred(name, partial(one, name))


class _Those(Collector):
    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Sequence[Family]:
        return self._families


def written(families: Sequence[Family], accept: str) -> tuple[bytes, str]:
    """The families in the format that the header `Accept` asks for, and its content type. Any thread."""
    encode, content_type = choose_encoder(accept)
    rest = encode(_Those([one for one in families if not isinstance(one, Deferred)]))
    open_metrics = content_type.startswith(_OPEN_METRICS)
    lines = (_lines(one, open_metrics) for one in families if isinstance(one, Deferred))
    ours = "".join(line for some in lines for line in some).encode()
    if open_metrics:
        return rest.removesuffix(_END) + ours + _END, content_type
    return rest + ours, content_type


def _lines(one: Deferred, open_metrics: bool) -> Iterator[str]:
    metric = one.metric
    title = metric.family if open_metrics else metric.name
    words = one.documentation.replace("\\", r"\\").replace("\n", r"\n")
    yield f"# HELP {title} {words.replace(chr(34), chr(92) + chr(34)) if open_metrics else words}\n"
    yield f"# TYPE {title} {metric.kind}\n"
    # By name, as the client library has them: "{0}" stands for the first label declared.
    labels = ",".join(f'{label}="{{{at}}}"' for label, at in sorted(zip(metric.labels, count(), strict=False)))
    form = f"{metric.name}{{{{{labels}}}}} " if labels else f"{metric.name} "
    for values, number in one.numbers().items():
        yield f"{_opening(form, values)}{float(number)!r}\n"


REMEMBERED = 65_536
"""Series and label values whose text is remembered: those of 250 hospitals, 10 MB. Beyond it a scrape takes 2 us a
series in place of 0.7, as all did before."""


@lru_cache(maxsize=REMEMBERED)
def _opening(form: str, values: tuple[str, ...]) -> str:
    """A series' name and labels."""
    return form.format(*map(_escaped, values))


@lru_cache(maxsize=REMEMBERED)
def _escaped(value: str) -> str:
    """A label value between quotes. Hospital ids and names are remembered: 5,000 hospitals have 10,000."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
