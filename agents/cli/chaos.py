"""`earshot chaos`: runs the pipeline under faults and checks every count.

Knows options and what is printed; `agents/proving/chaos.py` hurts workers, `acceptance.py` hurts ingest.
"""

import signal
import time

import click

from agents.proving import acceptance
from agents.proving import chaos as worker_chaos
from agents.proving.plan import plan
from agents.simulated.sources import SIMULATED
from streams.settings import Settings


@click.command()
@click.option(
    "--of",
    type=click.Choice(["workers", "ingest"]),
    default="workers",
    show_default=True,
    help="Which processes to hurt.",
)
@click.option(
    "--source",
    type=click.Choice(sorted(SIMULATED)),
    default="x",
    show_default=True,
    help="The simulated source that ingest listens to.",
)
@click.option(
    "--kills", default=5, show_default=True, type=click.IntRange(0, 1000), help="How many SIGKILLs, at random moments."
)
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(10, 86_400),
    help="How long posts come. With `--of ingest`: how long Kafka is down.",
)
@click.option("--rate", default=2000.0, show_default=True, type=click.FloatRange(1, 20_000), help="Posts a second.")
@click.option("--seed", default=7, show_default=True, help="The same seed plans the same faults and posts.")
@click.option(
    "--runs",
    default=1,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Repeat so many times, each with the next seed.",
)
@click.pass_context
def chaos(
    ctx: click.Context, of: str, source: str, kills: int, seconds: float, rate: float, seed: int, runs: int
) -> None:
    """Kill, stop, add and remove workers while posts come, then compare the tables with the posts.

    Kafka is restarted and taken away for a while, unless KAFKA_BOOTSTRAP names one, and compacts changelogs meanwhile.

    With `--of ingest`: kill ingest, start it without Kafka, later stop Kafka for a while, then check that every post
    that ingest accepted is on Kafka. Exit code 0: in every run every count is right and every offset committed, or no
    post is lost.
    """
    if of != "ingest" and source != "x":
        raise click.UsageError("use --source only with --of ingest: workers read posts of all sources from Kafka")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # started in the background, a shell ignores SIGINT
        signal.signal(number, signal.default_int_handler)
    settings: Settings = ctx.obj
    started = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - started:6.1f} s  {line}")

    exact = True
    for run_seed in range(seed, seed + runs):
        if of == "ingest":
            for made in (
                acceptance.kills(settings, kills, rate, run_seed, say, source),
                acceptance.outage(settings, seconds, rate, say, source),
            ):
                exact = exact and made.lost == 0
                click.echo(str(made))
            continue
        say(f"seed {run_seed}: {seconds:.0f} s at {rate:.0f} posts/s")
        faults = plan(kills, seconds, run_seed, kafka=not settings.kafka_bootstrap)
        say("plan: " + ", ".join(map(str, faults)))
        if settings.kafka_bootstrap:
            say("Kafka itself is left alone: it is another's")
        outcome = worker_chaos.run(settings, faults, seconds, rate, run_seed, say)
        exact = exact and outcome.exact
        click.echo(str(outcome))
    ctx.exit(0 if exact else 1)
