"""`make bench`: each layer over the same posts on the same broker, in one run.

Cases without a broker: `tagging` (topics and intent of a post), `locality` (a profile text to a tier, seen before and
never seen), `figures` (figures of a hospital, surges, a flood of questions), `remembered` (the memory of duplicates:
bytes, look-ups, restoring), `surges` (false alarms and hours to detect, on simulated weeks). With one of their own:
`accept-each`, `accept-group` (tweepy -> wal -> Kafka, by the wal's syncs), `tables` (hospital tables: memory,
recovery, windows, changelog). With a common one: `raw` (aiokafka's loop that decodes), `transport` (chunks through
Faust), `table` (plus rows, written at commits), `full` (the real worker: posts -> mentions -> rows), `api` (the same
while a thousand requests a second are asked), `recovery` (kill -9 under load until the next progress). All of these
but the last two also say their pace relative to `raw`, and at the end which of them costs another multiple of raw's
CPU than the committed one (`committed.py`). Posts are the simulated X's, about 2 kB.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
from kafka import KafkaAdminClient

from agents.kafka import stored
from agents.kafka.admin import apply_topics
from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from agents.proving.processes import EARSHOT
from bench import api, committed, figures, ingest, locality, remembered, surges, tables, tagger
from streams.kafka import client as kafka_client
from streams.kafka import topics as kafka_topics
from streams.settings import Settings, environment, load

WORKERS = str(Path(__file__).with_name("workers.py"))
CASES: dict[str, list[str]] = {
    "transport": [sys.executable, WORKERS, "transport"],
    "table": [sys.executable, WORKERS, "table"],
    "full": [*EARSHOT, "worker"],
}
ALONE: dict[str, Callable[[int], dict[str, Any]]] = {
    "tagging": tagger.measure,
    "locality": locality.measure,
    "remembered": remembered.measure,
    "surges": surges.measure,
    "tables": tables.measure,
    "figures": figures.measure,
    "accept-each": partial(ingest.measure, "each"),
    "accept-group": partial(ingest.measure, "group"),
}
EVERY = (*ALONE, "raw", *CASES, "api", "recovery")
STAGES = ("tagger", "hospitals")
RECORDS, SECONDS = "pipeline_records_total", "pipeline_chunk_seconds_sum"
POLL_SECONDS = 0.2
FIRST_POLL_SECONDS = 0.02
"""Until the first post is taken: 100,000 a second come."""
MOST_BEFORE = 4
"""Where more than a fourth of the posts was taken at the first look, the rest would say little of the pace."""
LEAST_SECONDS = 0.5
"""Of a case that is compared: what was fetched before the first chunk was taken is a part of anything shorter."""
RECOVERY_RATE = 2000.0
SESSION_SECONDS = 6.0
BOUND_SECONDS = 300.0


@click.command()
@click.option("--posts", default=200_000, show_default=True, type=click.IntRange(1000), help="Posts to work through.")
@click.option(
    "--runs", default=3, show_default=True, type=click.IntRange(1, 50), help="Of each case; the median counts."
)
@click.option("--case", "cases", multiple=True, type=click.Choice(EVERY), help="Only these.")
@click.option("--commit", is_flag=True, help="Write the ratios to raw into bench/committed.json, for later runs.")
def main(posts: int, runs: int, cases: tuple[str, ...], commit: bool) -> None:
    """Measure each stage; one JSON object a line."""
    wanted = [case for case in EVERY if case in cases or not cases]
    for case in [case for case in wanted if case in ALONE]:
        _say(ALONE[case](runs))
        wanted.remove(case)
    if not wanted:
        return
    # The shortest session: a worker that ended is out of its group after it, and the group can be made anew.
    settings = load(session_timeout=SESSION_SECONDS)
    with Pipeline(settings, lambda line: click.echo(line, err=True)) as pipeline:
        records = fill(pipeline.settings, posts, seed=1)
        size = sum(len(one.value or b"") for one in stored.read(pipeline.settings, _posts(pipeline))) / records
        floor = 0.0
        cpu_us: dict[str, float] = {}
        for case in wanted:
            if case == "recovery":
                continue
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
    if "recovery" in wanted:
        seconds = sorted(_recovery(settings, runs))
        _say({"case": "recovery", "seconds_to_progress": round(statistics.median(seconds), 2), "all": seconds})


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
    """Pace of a fresh worker over all of posts, from its first chunk to its last record, and its CPU meanwhile.
    `begins`: called when the first is taken; `ends`: before the worker is stopped."""
    restart(pipeline.settings)
    pipeline.worker_command = CASES[case]
    pipeline.workers.clear()
    child = pipeline.start_worker(case)
    started = cpu = already = 0.0
    looked = time.perf_counter(), 0.0
    deadline = time.monotonic() + BOUND_SECONDS
    while time.monotonic() < deadline:
        # Not the tables' metrics: five looks a second at them would cost a tenth of the pace.
        samples = pipeline.scrape(case, RECORDS, SECONDS)
        tagged, folded = (samples.get((RECORDS, frozenset({("stage", stage)})), 0) for stage in STAGES)
        if not started and tagged:
            started, cpu, already = time.perf_counter(), child.cpu_seconds(), tagged
            begins()
            if already > records / MOST_BEFORE:  # between two looks: count from the last look with none
                (started, cpu), already = looked, 0.0
        looked = time.perf_counter(), child.cpu_seconds()
        if tagged == records and (
            case != "full" or folded == stored.size(pipeline.settings, kafka_topics.mentions(pipeline.settings))
        ):
            seconds, used = time.perf_counter() - started, child.cpu_seconds() - cpu
            ends()
            child.end()
            inner = {stage: samples.get((SECONDS, frozenset({("stage", stage)})), 0) for stage in STAGES}
            return {
                "rate": (records - already) / seconds,
                "cpu_us": used / (records - already) * 1e6,
                **{stage: spent / records * 1e6 for stage, spent in inner.items()},
            }
        if not child.running:
            raise click.ClickException(f"{case} ended: {child.last_line()}")
        time.sleep(POLL_SECONDS if started else FIRST_POLL_SECONDS)
    raise click.ClickException(f"{case} did not finish in {BOUND_SECONDS:.0f} s")


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
    admin = KafkaAdminClient(**kafka_client.arguments(settings))
    try:
        deadline = time.monotonic() + BOUND_SECONDS
        while any(one["group_id"] == group for one in admin.list_groups()):
            # Refused until the session of the last static member is over.
            if admin.delete_groups([group])[group] != "OK":
                time.sleep(0.5)
            if time.monotonic() > deadline:
                raise click.ClickException("the group's last worker does not leave")
        admin.delete_topics(
            [one.name for one in kafka_topics.declared(settings) if one.name != kafka_topics.posts(settings)]
        )
    finally:
        admin.close()
    apply_topics(settings)


if __name__ == "__main__":
    main()
