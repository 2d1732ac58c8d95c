"""`earshot soak`: runs the pipeline for long and says what grows, which alerts fired, and whether every count is right.

Knows options and what is printed; `agents/proving/soak.py` does it.
"""

import signal
import time

import click

from agents.cli.history import History
from agents.proving import soak as soaking
from agents.proving.plan import plan
from streams.settings import Settings


@click.command()
@click.option(
    "--seconds", default=3600.0, show_default=True, type=click.FloatRange(10, 604_800), help="How long posts come."
)
@click.option("--rate", default=50.0, show_default=True, type=click.FloatRange(1, 20_000), help="Posts a second.")
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same posts and faults.")
@click.option(
    "--kills",
    default=0,
    show_default=True,
    type=click.IntRange(0, 1000),
    help="How many SIGKILLs; with any, all the faults of `earshot chaos`.",
)
@click.option("--expect", "expected", multiple=True, help="An alert that may fire, by name; repeat for several.")
@click.option("--history", type=History(), help="Begin as large as after so long a past: `72h`, `28d`.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON; progress goes to stderr.")
@click.pass_context
def soak(
    ctx: click.Context,
    seconds: float,
    rate: float,
    seed: int,
    kills: int,
    expected: tuple[str, ...],
    history: float | None,
    as_json: bool,
) -> None:
    """Run everything for long; say how memory, lag and disk grow.

    A real Kafka, simulated sources, ingest, a worker, and a Prometheus with the shipped alerts. With --kills, three
    workers come, go and are killed, Kafka is taken away, and changelogs are compacted within seconds, as in `earshot
    chaos`. Ctrl-c ends it early; what came until then is counted.

    A new worker grows for days: it keeps questions for 72 h, ids for a day, counts for four weeks. With --history the
    rows and ids of such a past are written to Kafka first, so that an hour shows whether memory stays level. What is
    compared then: the lifetime, and the hours from the present one on.

    Exit code 0: every count is right and no alert fired, but those of --expect and those that tell what posts say
    (SomebodyInDanger, say: some simulated posts are such). 1: not so, or a worker ended by itself without faults.
    """
    if unknown := set(expected) - soaking.every_alert():
        raise click.UsageError(f"no alert is named {', '.join(sorted(unknown))}: see docs/runbook.md")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # started in the background, a shell ignores SIGINT
        signal.signal(number, signal.default_int_handler)
    settings: Settings = ctx.obj
    started = time.monotonic()

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - started:6.1f} s  {line}", err=as_json)

    faults = plan(kills, seconds, seed, kafka=not settings.kafka_bootstrap) if kills else []
    if faults:
        say("plan: " + ", ".join(map(str, faults)))
    found = soaking.run(
        settings, seconds, rate, seed, say, faults, soaking.about_posts() | set(expected), history or 0.0
    )
    if as_json:
        click.echo(soaking.as_json(found))
    else:
        for line in soaking.lines(found):
            click.echo(line)
    ctx.exit(0 if found.steady else 1)
