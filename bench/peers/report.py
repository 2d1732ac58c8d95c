"""The figures of all contenders as a table for people and as JSON lines.

Called by `__main__.py`. Owns what is a median of what. Ratios are of pairs: a run of a peer and the runs of Earshot
beside it.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from bench.peers.measures import Steady, Worked


class Contender:
    """One contender and what was found of it."""

    def __init__(self, name: str, what: str) -> None:
        self.name, self.what = name, what
        self.python: Path | None = None
        """Of its environment; None for Earshot, and where there is none."""
        self.version = ""
        self.missing = ""
        """Why it cannot be measured at all."""
        self.failures: list[str] = []
        self.worked: dict[str, list[Worked]] = {}
        """Commit interval (`own`, `same`) -> runs."""
        self.cpu_ratios: dict[str, list[float]] = {}
        self.rate_ratios: dict[str, list[float]] = {}
        self.steady: list[Steady] = []

    def runs(self, interval: str) -> list[Worked]:
        """Those over the most posts: Earshot has runs beside peers that get fewer."""
        most = max(run.posts for run in self.worked[interval])
        return [run for run in self.worked[interval] if run.posts == most]

    def pair(self, interval: str, done: Worked, beside: list[Worked]) -> None:
        """Note a run beside Earshot's before and after it."""

        def ratio(of: Callable[[Worked], float]) -> float:
            return of(done) / (sum(map(of, beside)) / len(beside))

        self.cpu_ratios.setdefault(interval, []).append(ratio(lambda run: run.cpu_us))
        self.rate_ratios.setdefault(interval, []).append(ratio(lambda run: run.posts_per_s))

    @property
    def difference(self) -> int:
        """The largest of the runs without kills."""
        return max((run.difference for runs in self.worked.values() for run in runs), default=0)

    @property
    def complete(self) -> bool:
        """Whether there is a figure for everything that was asked, and every cell was right without kills."""
        return not self.missing and not self.failures and not self.difference


def lines(found: Iterable[Contender]) -> str:
    """One JSON object a line."""
    return "\n".join(msgspec.json.encode(_figures(one)).decode() for one in found)


def _figures(one: Contender) -> dict[str, Any]:
    figures: dict[str, Any] = {"case": "peers", "name": one.name, "what": one.what, "version": one.version}
    for interval in one.worked:
        runs = one.runs(interval)
        figures[interval] = {
            "runs": len(runs),
            "posts": runs[0].posts,
            **{
                field: round(median(getattr(run, field) for run in runs), 1)
                for field in ("cpu_us", "posts_per_s", "folded_per_s", "resident_mb")
            },
            "cpu_of_earshot": [round(ratio, 2) for ratio in one.cpu_ratios.get(interval, ())],
            "rate_of_earshot": [round(ratio, 3) for ratio in one.rate_ratios.get(interval, ())],
            "difference": max(run.difference for run in runs),
        }
    if one.steady:
        figures["steady"] = msgspec.to_builtins(one.steady)
    if said := [one.missing] if one.missing else one.failures:
        figures["cannot_be_measured"] = said
    return figures


def table(found: list[Contender]) -> str:
    """Markdown tables: backlog by interval, steady; then who is who, and what could not be measured."""
    parts = [
        _backlog(interval, [one for one in found if interval in one.worked])
        for interval in dict.fromkeys(interval for one in found for interval in one.worked)
    ]
    if steady := [(one.name, run) for one in found for run in one.steady]:
        parts.append(_steady(steady))
    parts.append("\n".join(f"* {one.name}: {', '.join(filter(None, (one.version, one.what)))}" for one in found))
    for one in found:
        parts += [f"cannot be measured: {one.name}: {said}" for said in (*filter(None, [one.missing]), *one.failures)]
    return "\n\n".join(parts)


def _backlog(interval: str, found: list[Contender]) -> str:
    rows = []
    for one in found:
        runs = one.runs(interval)
        rows.append(
            (
                one.name,
                f"{median(run.cpu_us for run in runs):,.1f}",
                _ratio(one.cpu_ratios.get(interval)),
                f"{median(run.posts_per_s for run in runs):,.0f}",
                _ratio(one.rate_ratios.get(interval)),
                f"{median(run.folded_per_s for run in runs):,.0f}",
                f"{median(run.resident_mb for run in runs):,.0f}",
                f"{max(run.difference for run in runs):,}",
                f"{len(runs)} x {runs[0].posts:,}",
            )
        )
    head = (
        f"{interval} commit interval", "CPU us a post", "of Earshot", "posts/s, durable", "of Earshot",
        "posts/s, folded", "MB", "difference", "runs x posts",
    )  # fmt: skip
    return _markdown(head, rows)


def _ratio(ratios: list[float] | None) -> str:
    if not ratios:
        return "1"
    low, high = min(ratios), max(ratios)
    return f"{median(ratios):.2f}" if len(ratios) == 1 else f"{median(ratios):.2f} ({low:.2f}-{high:.2f})"


def _steady(found: list[tuple[str, Steady]]) -> str:
    rows = [
        (
            name,
            f"{one.posts_per_s:g}",
            f"{one.p50_ms:,.0f}",
            f"{one.p99_ms:,.0f}",
            f"{one.core:.2f}",
            ", ".join(f"{seconds:.1f}" for seconds in one.recover_s) or "-",
            f"{one.difference:,}",
            "-" if one.repeated < 0 else f"{one.repeated:,}",
        )
        for name, one in found
    ]
    head = (
        "steady",
        "posts/s",
        "p50 ms",
        "p99 ms",
        "of a core",
        "back after kill -9, s",
        "difference then",
        "repeated",
    )
    return _markdown(head, rows)


def _markdown(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))
