"""`make bench`: each layer over the same posts on the same broker, in one run.

Cases without a broker: `tagging` (topics and intent of a post), `locality` (a profile text to a tier, seen before and
never seen), `figures` (figures of a hospital, surges, a flood of questions), `remembered` (the memory of duplicates:
bytes, look-ups, restoring), `surges` (false alarms and hours to detect, on simulated weeks). With one of their own:
`accept-each`, `accept-group` (tweepy -> wal -> Kafka, by the wal's syncs), `tables` (hospital tables: memory, recovery,
windows, changelog). With a common one: `raw` (aiokafka's loop that decodes), `transport` (chunks through Faust),
`table` (plus rows, written at commits), `full` (the real worker: posts -> mentions -> rows), `api` (the same while a
thousand requests a second are asked). With pipelines of their own: `recovery` (kill -9 under load until the next
progress), `latency` (accepted by ingest until visible, at three paces), `gap` (the same while a worker joins, and while
one is killed), `growth` (by workers, hospitals and pace); the last two only when named. The cases from `raw` to `full`
also say their pace relative to `raw`, and at the end which of them costs another multiple of raw's CPU than the
committed one (`committed.py`). Posts are the simulated X's, about 2 kB. Everything runs compiled where that can be, as
in a worker.
"""

# ruff: noqa: E402 - compiled modules come before whatever imports them
from streams import compiled

compiled.use()

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import click
import msgspec

from agents.kafka import clients, stored
from agents.kafka.admin import apply_topics, drop
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from bench import (
    api,
    backlog,
    committed,
    figures,
    gap,
    growth,
    ingest,
    latency,
    locality,
    paced,
    remembered,
    steady,
    surges,
    tables,
    tagger,
)
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, environment, load

CASES: dict[str, list[str]] = {
    "transport": [sys.executable, "-m", "bench.workers", "transport"],
    "table": [sys.executable, "-m", "bench.workers", "table"],
    "full": [*EARSHOT, "worker"],
}
ALONE: dict[str, Callable[[int], dict[str, Any]]] = {
    "tagging": tagger.measure,
    "locality": locality.measure,
    "remembered": remembered.measure,
    "surges": surges.measure,
    "tables": tables.measure,
    "figures": figures.measure,
    "steady": steady.measure,
    "accept-each": partial(ingest.measure, "each"),
    "accept-group": partial(ingest.measure, "group"),
}
PACED = ("latency", "gap", "growth")
ONLY_NAMED = ("gap", "growth")
"""Not measured unless asked for: half an hour."""
EVERY = (*ALONE, "raw", *CASES, "api", "recovery", *PACED)
STAGES = ("tagger", "hospitals")
RECORDS, SECONDS = "pipeline_records_total", "pipeline_chunk_seconds_sum"
POLL_SECONDS = 0.1, 2.0
"""Shortest and longest pause between two looks, each of which costs the worker some milliseconds: half of what the rest
will take at the pace so far, but not longer than that pace has been watched."""
FIRST_POLL_SECONDS = 0.02
"""Until the worker holds its partitions: then its clock runs."""
LEAST_SECONDS = 0.5
"""Of a case that is compared: the pauses between two looks are a part of anything shorter."""
RECOVERY_RATE = 2000.0
SESSION_SECONDS = 6.0
BOUND_SECONDS = 300.0


@click.command()
@click.option("--posts", default=200_000, show_default=True, type=click.IntRange(1000), help="Posts to work through.")
@click.option(
    "--runs", default=3, show_default=True, type=click.IntRange(1, 50), help="Of each case; the median counts."
)
@click.option(
    "--seconds",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1),
    help="In which posts come at a pace; twice in gap.",
)
@click.option("--case", "cases", multiple=True, type=click.Choice(EVERY), help="Only these.")
@click.option("--commit", is_flag=True, help="Write the ratios to raw into bench/committed.json, for later runs.")
def main(posts: int, runs: int, seconds: float, cases: tuple[str, ...], commit: bool) -> None:
    """Measure each stage; one JSON object a line."""
    wanted = [case for case in EVERY if case in (cases or set(EVERY) - set(ONLY_NAMED))]
    for case in [case for case in wanted if case in ALONE]:
        _say(ALONE[case](runs))
        wanted.remove(case)
    if not wanted:
        return
    # The shortest session: a worker that ended is out of its group after it, and the group can be made anew.
    settings = load(session_timeout=SESSION_SECONDS)
    if common := [case for case in wanted if case not in ("recovery", *PACED)]:
        _on_one_broker(settings, common, posts, runs, commit)
    if "recovery" in wanted:
        found = sorted(_recovery(settings, runs))
        _say({"case": "recovery", "seconds_to_progress": round(statistics.median(found), 2), "all": found})
    if set(wanted) & set(PACED):
        try:
            for result in _paced(settings, wanted, posts, runs, seconds):
                _say(result)
        except UserError as error:
            raise click.ClickException(str(error)) from error


def _paced(settings: Settings, cases: list[str], posts: int, runs: int, seconds: float) -> Iterator[dict[str, Any]]:
    """The cases with a pipeline for each point, all on one broker."""

    def say(line: str) -> None:
        click.echo(line, err=True)

    with backlog.warmed(settings, say) as broker:
        if "latency" in cases:
            yield from latency.measure(broker, seconds, say)
        if "gap" in cases:
            yield from gap.measure(broker, 2 * seconds, say)
        if "growth" in cases:
            yield from growth.measure(broker, posts, runs, seconds, say)


def _on_one_broker(settings: Settings, cases: list[str], posts: int, runs: int, commit: bool) -> None:
    """The cases that work through the same posts."""
    with Pipeline(settings, lambda line: click.echo(line, err=True)) as pipeline:
        records = fill(pipeline.settings, posts, seed=1)
        size = sum(len(one.value or b"") for one in stored.read(pipeline.settings, _posts(pipeline))) / records
        floor = 0.0
        cpu_us: dict[str, float] = {}
        for case in cases:
            if case == "api":
                _say(_api(pipeline, records, runs))
                continue
            results = [_measure(case, pipeline, records) for _ in range(runs)]
            rate = statistics.median(result["rate"] for result in results)
            floor = rate if case == "raw" else floor
            cost = statistics.median(result["cpu_us"] for result in results)
            short = records < rate * LEAST_SECONDS and case != "raw"
            inner = {
                f"{stage}_us": round(statistics.median(result[stage] for result in results), 1)
                for stage in STAGES
                if case == "full"
            }
            if not short:
                cpu_us |= {
                    case: cost,
                    **{f"{case}/{stage.removesuffix('_us')}": spent for stage, spent in inner.items()},
                }
            _say(
                {
                    "case": case,
                    "posts_per_s": round(rate),
                    "cpu_us_per_post": round(cost, 1),
                    **inner,
                    "min_posts_per_s": round(min(result["rate"] for result in results)),
                    "max_posts_per_s": round(max(result["rate"] for result in results)),
                    "of_raw": round(rate / floor, 3) if floor else None,
                    **({"note": "too short to be exact: measure more --posts"} if short else {}),
                    "posts": records,
                    "bytes_per_post": round(size),
                    "runs": runs,
                }
            )
        _compare(committed.ratios(cpu_us), commit)


def _compare(now: dict[str, float], commit: bool) -> None:
    """Say which stage moved; without `raw` in the run there is nothing to compare by."""
    if not now:
        click.echo("compared with nothing: the comparison needs --case raw in the same run", err=True)
        return
    if commit:
        committed.save(now)
    before = committed.load()
    if not before:
        click.echo("compared with nothing: bench/committed.json is not there; --commit writes it", err=True)
    found = [*committed.moved(now, before)]
    for one in found:
        click.echo(str(one), err=True)
    _say({"case": "compared", "of_raw_cpu": now, "moved": [one.stage for one in found]})


def _say(result: dict[str, Any]) -> None:
    click.echo(msgspec.json.encode(result))


def _posts(pipeline: Pipeline) -> str:
    return kafka_topics.posts(pipeline.settings)


def _measure(case: str, pipeline: Pipeline, records: int) -> dict[str, float]:
    click.echo(f"{case}: {records} posts", err=True)
    if case == "raw":
        environ = environment(pipeline.settings)
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "bench.raw", str(records)], env=environ, capture_output=True, check=True
        )
        result = msgspec.json.decode(done.stdout, type=dict[str, float])
        return {"rate": result["posts"] / result["seconds"], "cpu_us": result["cpu_seconds"] / result["posts"] * 1e6}
    return _worker(case, pipeline, records)


def _api(pipeline: Pipeline, records: int, runs: int) -> dict[str, Any]:
    alone, asked, answers = [], [], []
    for _ in range(runs):
        click.echo(f"api: {records} posts, alone and asked", err=True)
        alone.append(_worker("full", pipeline, records))
        with ExitStack() as stack:
            said: list[Callable[[], dict[str, Any]]] = []

            def ask(stack: ExitStack = stack, said: list[Callable[[], dict[str, Any]]] = said) -> None:
                said.append(stack.enter_context(api.asking("127.0.0.1", pipeline.api_ports["full"])))

            def told(said: list[Callable[[], dict[str, Any]]] = said) -> None:
                answers.append(said[0]())

            asked.append(_worker("full", pipeline, records, ask, told))
    return api.compared(alone, asked, answers)


def _nothing() -> None:
    pass


def _worker(
    case: str,
    pipeline: Pipeline,
    records: int,
    begins: Callable[[], None] = _nothing,
    ends: Callable[[], None] = _nothing,
) -> dict[str, float]:
    """Pace of a fresh worker over all of posts, and its CPU meanwhile: from the last look when it held no partition,
    before it fetches a post, to its last record. `begins`: called when the clock runs; `ends`: before the worker is
    stopped."""
    restart(pipeline.settings)
    pipeline.worker_command = CASES[case]
    pipeline.workers.clear()
    child = pipeline.start_worker(case)
    looked = time.perf_counter(), child.cpu_seconds()
    begun: tuple[float, float] | None = None
    deadline = time.monotonic() + BOUND_SECONDS
    while time.monotonic() < deadline:
        # Not the tables' metrics, once the clock runs: five looks a second at them would cost a tenth of the pace.
        samples = pipeline.scrape(case, *((RECORDS, SECONDS) if begun else ()))
        tagged, folded = (samples.get((RECORDS, frozenset({("stage", stage)})), 0) for stage in STAGES)
        if begun is None and samples.get((paced.HELD, frozenset({("stage", "tagger")})), 0):
            begun = looked
            begins()
        looked = time.perf_counter(), child.cpu_seconds()
        if tagged == records and (
            case != "full" or folded == stored.size(pipeline.settings, kafka_topics.mentions(pipeline.settings))
        ):
            assert begun is not None, "no post is taken before its partition is held"
            seconds, used = time.perf_counter() - begun[0], child.cpu_seconds() - begun[1]
            ends()
            child.end()
            inner = {stage: samples.get((SECONDS, frozenset({("stage", stage)})), 0) for stage in STAGES}
            return {
                "rate": records / seconds,
                "cpu_us": used / records * 1e6,
                **{stage: spent / records * 1e6 for stage, spent in inner.items()},
            }
        if not child.running:
            raise click.ClickException(f"{case} ended: {child.last_line()}")
        time.sleep(_pause(tagged, records - tagged, looked[0] - begun[0]) if begun else FIRST_POLL_SECONDS)
    raise click.ClickException(f"{case} did not finish in {BOUND_SECONDS:.0f} s")


def _pause(done: float, left: float, seconds: float) -> float:
    least, most = POLL_SECONDS
    return min(most, max(least, min(left * seconds / done / 2, seconds))) if done else least


def _recovery(settings: Settings, runs: int) -> Iterator[float]:
    """Seconds from kill -9 under load, restarted at once, to the first chunk of posts taken."""
    with Pipeline(settings, lambda _: None) as pipeline:
        pipeline.start_simulated("x", RECOVERY_RATE, seed=1)
        child = pipeline.start_worker("recovery")
        pipeline.start_ingest()
        for _ in range(runs):
            _wait_progress(pipeline)
            child.kill()
            killed = time.monotonic()
            child.start()
            _wait_progress(pipeline)
            yield round(time.monotonic() - killed, 2)


def _wait_progress(pipeline: Pipeline) -> None:
    deadline = time.monotonic() + BOUND_SECONDS
    while pipeline.scrape("recovery").get(("pipeline_records_total", frozenset({("stage", "tagger")})), 0) <= 0:
        if time.monotonic() > deadline:
            raise click.ClickException("no progress after a restart")
        time.sleep(0.05)


def restart(settings: Settings) -> None:
    """Make the group, the mentions and the changelogs anew; the posts stay."""
    group = kafka_topics.app_id(settings)
    admin = clients.admin(settings)
    try:
        deadline = time.monotonic() + BOUND_SECONDS
        while any(one["group_id"] == group for one in admin.list_groups()):
            # Refused until the session of the last static member is over.
            if admin.delete_groups([group])[group] != "OK":
                time.sleep(0.5)
            if time.monotonic() > deadline:
                raise click.ClickException("the group's last worker does not leave")
    finally:
        admin.close()
    # Until they are gone: those that Kafka still lists would not be made anew.
    drop(settings, {one.name for one in kafka_topics.declared(settings)} - {kafka_topics.posts(settings)})
    apply_topics(settings)


if __name__ == "__main__":
    main()
