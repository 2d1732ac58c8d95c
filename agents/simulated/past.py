"""The weeks before the live part of the simulated X: when somebody writes to which hospital, by day, week and surge.

Owns the rhythm and the surges, which `content.yaml` declares. Called by `server.py` before it listens. Knows no payload
and no file; the same seed, targets and times give the same posts.
"""

import heapq
import random
from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from agents.simulated.feed import Overtaking
from agents.simulated.people import Target, content
from agents.simulated.posts import Post, Writer

MOST_SECONDS = 28 * 86_400 - 3600
"""An hour less than 28 days: older posts count in no hour, and the past takes its time until it is counted."""
AN_HOUR = 2.0
"""New posts for each hospital and hour on average, few at most and many at some: with replies and surges some 72,000 in
28 days for the directory that ships."""
MOST = 100_000
"""New posts in all, so that a directory of thousands has no past of millions."""

_HOUR_MS = 3_600_000


class Rhythm(msgspec.Struct, frozen=True):
    """How posts spread over day and week."""

    hours: list[float]
    days: list[float]

    def at(self, moment: datetime) -> float:
        """Posts at a local time, as a multiple of the week's mean."""
        mean = sum(self.hours) / len(self.hours) * sum(self.days) / len(self.days)
        return self.hours[moment.hour] * self.days[moment.weekday()] / mean


class Surge(msgspec.Struct, frozen=True):
    """More posts than usual; `content.yaml` says what each field means."""

    busy: int
    ago: float
    hours: float
    times: float
    topic: str


class _Moment(NamedTuple):
    """Somebody writes something new."""

    at_ms: int
    target: int
    topic: str
    """Empty: any."""


def surges() -> list[Surge]:
    """Those declared."""
    return msgspec.convert(content()["surges"], list[Surge])


def written(writer: Writer, targets: tuple[Target, ...], seed: int, until_ms: int, seconds: float) -> Iterator[Post]:
    """What a listener would have been sent in the `seconds` before `until_ms`, `MOST_SECONDS` at most, in order of
    delivery: no copies, and no posts that concern no hospital. Hospitals answer at pace 1. What is due later stays with
    `writer`."""
    pace, writer.pace = writer.pace, 1.0
    order, number = Overtaking(), 0
    try:
        for moment in _moments(writer, targets, seed, until_ms, seconds):
            while (due_ms := writer.due_ms) is not None and due_ms <= moment.at_ms:
                yield from order.after(writer.write(number, due_ms))
                number += 1
            post = writer.say(number, moment.at_ms, moment.target, moment.topic)
            number += 1
            if not post.noise:
                yield from order.after(post)
        yield from order.rest()
    finally:
        writer.pace = pace


def _moments(
    writer: Writer, targets: tuple[Target, ...], seed: int, until_ms: int, seconds: float
) -> Iterator[_Moment]:
    start_ms = until_ms - int(min(seconds, MOST_SECONDS) * 1000)
    an_hour = min(AN_HOUR * len(targets), MOST * _HOUR_MS / (until_ms - start_ms))
    usual = _usual(random.Random(f"{seed}/past"), writer, targets, start_ms, until_ms, an_hour)  # noqa: S311 - repeatable
    streams = [usual]
    for number, surge in enumerate(surges()):
        drawn = random.Random(f"{seed}/surge/{number}")  # noqa: S311 - repeatable on purpose
        streams.append(_of_surge(drawn, writer, surge, start_ms, until_ms, an_hour))
    yield from heapq.merge(*streams)


def _usual(
    rng: random.Random, writer: Writer, targets: tuple[Target, ...], start_ms: int, until_ms: int, an_hour: float
) -> Iterator[_Moment]:
    """A Poisson process for each hospital, its rate constant within an hour: drawn as one, then shared out."""
    rhythm = msgspec.convert(content()["rhythm"], Rhythm)
    zones = {one.zone: ZoneInfo(one.zone) for one in targets}
    everyone = range(len(targets))
    for hour_ms in range(start_ms, until_ms, _HOUR_MS):
        factors = {name: rhythm.at(datetime.fromtimestamp(hour_ms / 1000, zone)) for name, zone in zones.items()}
        weights = [*accumulate(writer.shares[one] * factors[targets[one].zone] for one in everyone)]
        for at_ms in _poisson(rng, hour_ms, min(hour_ms + _HOUR_MS, until_ms), an_hour * weights[-1]):
            yield _Moment(at_ms, rng.choices(everyone, cum_weights=weights)[0], "")


def _of_surge(
    rng: random.Random, writer: Writer, surge: Surge, start_ms: int, until_ms: int, an_hour: float
) -> Iterator[_Moment]:
    """None of a surge that begins before the past does, or at a hospital that a small directory lacks."""
    begins = until_ms - int(surge.ago * _HOUR_MS)
    if begins < start_ms or surge.busy >= len(writer.busiest):
        return
    target = writer.busiest[surge.busy]
    ends = min(begins + int(surge.hours * _HOUR_MS), until_ms)
    for at_ms in _poisson(rng, begins, ends, an_hour * writer.shares[target] * surge.times):
        yield _Moment(at_ms, target, surge.topic)


def _poisson(rng: random.Random, start_ms: int, end_ms: int, an_hour: float) -> Iterator[int]:
    at = start_ms + rng.expovariate(an_hour) * _HOUR_MS
    while at < end_ms:
        yield int(at)
        at += rng.expovariate(an_hour) * _HOUR_MS
