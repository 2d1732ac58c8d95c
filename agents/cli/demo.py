"""`earshot demo`: the whole of it on this machine, for some seconds."""

import signal

import click
from rich.console import Console

from agents.cli.history import History
from agents.proving.demo import Demo
from streams.settings import Settings

RATE = 200.0
RATE_AFTER_HISTORY = 5.0
"""Of the live part: slower, so that it does not drown the past, of which an hour has about a hundred posts."""


@click.command()
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 86_400), help="How long to show.")
@click.option(
    "--rate",
    type=click.FloatRange(1, 10_000),
    help=f"Posts a second; {RATE:g}, or with --history {RATE_AFTER_HISTORY:g}.",
)
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same posts.")
@click.option("--history", type=History(), help="Count so much of a simulated past first: `28d`, `36h`.")
@click.pass_context
def demo(ctx: click.Context, seconds: float, rate: float | None, seed: int, history: float | None) -> None:
    """Show Earshot at work: Kafka, simulated sources, ingest and a worker.

    It ends by comparing the tables with the posts. Exit code 0: tables, /metrics and oracle show the same numbers. 1:
    they do not, or a process did not run.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # started in the background, a shell ignores SIGINT
        signal.signal(number, signal.default_int_handler)
    settings: Settings = ctx.obj
    if rate is None:
        rate = RATE if history is None else RATE_AFTER_HISTORY
    ctx.exit(0 if Demo(settings, Console()).run(seconds, rate, seed, history) else 1)
