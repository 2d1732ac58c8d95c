"""`earshot demo`: the whole of it on this machine, for some seconds."""

import signal

import click
from rich.console import Console

from agents.proving.demo import Demo
from streams.settings import Settings


@click.command()
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(1, 86_400), help="How long to show.")
@click.option("--rate", default=200.0, show_default=True, type=click.FloatRange(1, 10_000), help="Posts a second.")
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same posts.")
@click.pass_context
def demo(ctx: click.Context, seconds: float, rate: float, seed: int) -> None:
    """Show Earshot at work: Kafka, simulated sources, ingest and a worker.

    It ends by comparing the tables with the posts. Exit code 0: tables, /metrics and oracle show the same numbers. 1:
    they do not, or a process did not run.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # started in the background, a shell ignores SIGINT
        signal.signal(number, signal.default_int_handler)
    settings: Settings = ctx.obj
    ctx.exit(0 if Demo(settings, Console()).run(seconds, rate, seed) else 1)
