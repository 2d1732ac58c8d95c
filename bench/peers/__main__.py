"""`make bench-peers`: Earshot beside other stream processors that do the whole job, in one run, on one broker.

Two measures. *Backlog*: each peer works through the same posts, with a run of Earshot before and one after it, in turn,
so that what else the machine does hits both; CPU a post first, since the pace depends on it. *Steady*: each contender
has posts come at an even pace, then is killed with kill -9 while they go on. At the end of each run the oracle compares
every cell. Figures are medians over runs; ratios are each run against the Earshot runs beside it.

Exit code 0: every peer was measured, and without kills every cell was right. 1: not so, or the run could not begin.
130: ended by ctrl-c or SIGTERM; no process is left.
"""

import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import msgspec

from agents.proving.pipeline import Pipeline
from bench.__main__ import SESSION_SECONDS, restart
from bench.peers import environments, report
from bench.peers.environments import MissingError
from bench.peers.grounds import Ground
from bench.peers.measures import NotMeasuredError, Worked, steady, work_through
from bench.peers.registry import PEERS, Peer
from bench.peers.report import Contender
from bench.peers.runs import EarshotRun, PeerRun, Run
from streams import compiled
from streams.errors import UserError
from streams.settings import Settings, load

SAME_SECONDS = 1.0
"""The one commit interval of all, in the variant that has one."""
STEADY_RATE, STEADY_SECONDS = 500.0, 15.0
INTERRUPTED = 130
EARSHOT = "earshot"


@click.command()
@click.option("--posts", default=60_000, show_default=True, type=click.IntRange(1000), help="Posts of a backlog.")
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1, 50), help="Of each peer's backlog.")
@click.option("--peers", "names", default=",".join(PEERS), show_default=True, help="Only these, with commas between.")
@click.option(
    "--intervals", type=click.Choice(["own", "same", "both"]), default="both", show_default=True,
    help=f"Commit as each has it by default, or all each {SAME_SECONDS:g} s.",
)  # fmt: skip
@click.option("--kills", default=3, show_default=True, type=click.IntRange(0, 20), help="In the steady measure.")
@click.option("--limit", default=120.0, show_default=True, type=click.FloatRange(5), help="Seconds for one run.")
@click.option("--measures", default="backlog,steady", show_default=True, help="Only these, with commas between.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, one for each contender; else a table.")
def main(
    posts: int, runs: int, names: str, intervals: str, kills: int, limit: float, measures: str, as_json: bool
) -> None:
    """Measure Earshot and its peers beside each other."""
    wanted = _chosen(names, PEERS, "peer")
    parts = _chosen(measures, ("backlog", "steady"), "measure")
    bench = Bench(posts, runs, kills, limit)
    with interruptible():
        found = bench.run(
            [PEERS[name] for name in wanted],
            (("own", "same") if intervals == "both" else (intervals,)) if "backlog" in parts else (),
            steadily="steady" in parts,
        )
    click.echo(report.lines(found) if as_json else report.table(found))
    sys.exit(0 if all(one.complete for one in found) else 1)


@contextmanager
def interruptible() -> Iterator[None]:
    """A signal to end goes through every `with`, so that no process or folder is left, and ends in exit code 130; an
    error that a person is meant to read, in one line and exit code 1."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    except UserError as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _chosen(names: str, known: "dict[str, Peer] | tuple[str, ...]", what: str) -> list[str]:
    chosen = [name.strip() for name in names.split(",") if name.strip()]
    if wrong := [name for name in chosen if name not in known] or ([] if chosen else ["none"]):
        raise click.UsageError(f"{what} {', '.join(wrong)}: choose from {', '.join(known)}")
    return list(dict.fromkeys(chosen))


class Bench:
    """One call of the command."""

    def __init__(self, posts: int, runs: int, kills: int, limit: float) -> None:
        self._posts, self._runs, self._kills, self._limit = posts, runs, kills, limit
        self._started = time.monotonic()
        self._number = 0

    def say(self, line: str) -> None:
        """Progress."""
        click.echo(f"{time.monotonic() - self._started:6.1f} s  {line}", err=True)

    def run(self, peers: list[Peer], intervals: tuple[str, ...], *, steadily: bool) -> list[Contender]:
        """Every contender with its figures. `intervals`: of the backlogs, none for no backlog; `steadily`: whether to
        measure the steady stream. Raises `UserError`."""
        if why := compiled.available():
            self.say(f"in pure Python, Earshot and peers alike: {why}")
        earshot = Contender(EARSHOT, "the real worker; commit each 0.5 s")
        found = [earshot, *map(self._installed, peers)]
        there = [one for one in found if one.python is not None]
        with Pipeline(load(session_timeout=SESSION_SECONDS), self.say) as broker:
            # Of a file, for Kafka topics are made anew between runs, and everyone must hash authors alike.
            key = broker.folder / "author-key"
            key.touch(mode=0o600)
            key.write_text(secrets.token_hex())
            settings = msgspec.structs.replace(broker.settings, author_key_file=str(key))
            sizes = {one.name: min(self._posts, PEERS[one.name].most_posts) for one in there}
            for size in sorted({*sizes.values()}, reverse=True) if intervals else ():
                with Ground(settings, self.say) as ground:
                    ground.fill(size)
                    self.say(f"backlog: {ground.posts} posts, copies included, and {ground.records} records of them")
                    for interval in intervals:
                        self._rounds(interval, ground, earshot, [one for one in there if sizes[one.name] == size])
            if steadily:
                for one in (earshot, *there, earshot):  # twice, for what the machine did meanwhile
                    self._steady(settings, one)
        return found

    def _installed(self, peer: Peer) -> Contender:
        found = Contender(peer.name, peer.what)
        self.say(f"{peer.name}: environment")
        try:
            found.python = environments.python_of(peer.environment)
        except MissingError as error:
            found.missing = str(error)
            self.say(f"{peer.name} cannot be measured: {error}")
        else:
            found.version = f"{peer.package} {environments.version_of(found.python, peer.package)}"
        return found

    # -- backlog ------------------------------------------------------------------------------------------------------

    def _rounds(self, interval: str, ground: Ground, earshot: Contender, left: list[Contender]) -> None:
        commit = SAME_SECONDS if interval == "same" else 0.0

        def worked(one: Contender) -> Worked | None:
            with self._noted(one, f"backlog, {interval} interval"), self._of(one, ground, commit) as run:
                done = work_through(run, ground, self._limit)
                self._note(one, interval, done)
                return done
            return None

        before = worked(earshot)
        for _ in range(self._runs):
            for one in list(left):
                done, after = worked(one), worked(earshot)
                if done is None:
                    left.remove(one)  # not the time limit again and again
                elif pair := [run for run in (before, after) if run is not None]:
                    one.pair(interval, done, pair)
                before = after

    def _note(self, one: Contender, interval: str, done: Worked) -> None:
        one.worked.setdefault(interval, []).append(done)
        wrong = f", DIFFERENCE {done.difference}" if done.difference else ""
        self.say(
            f"{one.name}, {interval} interval: {done.cpu_us:.1f} us of CPU a post, {done.posts_per_s:,.0f} posts/s "
            f"durable, {done.folded_per_s:,.0f} folded, {done.resident_mb:.0f} MB{wrong}"
        )

    # -- steady -------------------------------------------------------------------------------------------------------

    def _steady(self, settings: Settings, one: Contender) -> None:
        with Ground(settings, self.say) as ground, self._noted(one, "steady"):
            rate = STEADY_RATE if one.python is None else min(STEADY_RATE, PEERS[one.name].most_rate)
            with self._of(one, ground, 0.0) as run:
                done = steady(run, ground, rate, STEADY_SECONDS, self._kills, self._limit)
            one.steady.append(done)
            back = ", ".join(f"{seconds:.1f}" for seconds in done.recover_s) or "-"
            repeated = f", {done.repeated} records repeated" if done.repeated >= 0 else ""
            self.say(
                f"{one.name}: p99 {done.p99_ms:.0f} ms at {rate:g} posts/s, {done.core:.2f} of a core; after "
                f"{self._kills} x kill -9 back in {back} s{repeated}; {done.verdict}"
            )

    # -- runs ---------------------------------------------------------------------------------------------------------

    def _of(self, one: Contender, ground: Ground, commit: float) -> Run:
        if one.python is None:
            restart(ground.settings)
            return EarshotRun(ground.pipeline, commit)
        self._number += 1
        return PeerRun(PEERS[one.name], one.python, ground.settings, ground.topic, str(self._number), commit)

    @contextmanager
    def _noted(self, one: Contender, what: str) -> Iterator[None]:
        """A run that fails is said and noted; the others go on."""
        try:
            yield
        except (NotMeasuredError, UserError) as error:
            one.failures.append(f"{what}: {error}")
            self.say(f"{one.name}, {what}: cannot be measured: {error}")


if __name__ == "__main__":
    main()
