"""`earshot worker`: one worker, until SIGTERM or ctrl-c."""

import click

from agents.cli import logs
from agents.kafka.generation import located
from streams.settings import Settings


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Tag posts and keep the hospital tables, which /metrics shows, until ctrl-c.

    More workers share the work, at most one for each partition.
    """
    from agents.worker.process import run  # noqa: PLC0415 - Faust takes a second to import

    logs.begin(settings)
    run(located(settings))
