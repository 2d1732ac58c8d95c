"""`earshot worker`: one worker, until SIGTERM or ctrl-c."""

import logging

import click

from agents.cli import logs
from agents.kafka.generation import wait_located
from streams import compiled
from streams.kafka.reach import Reach
from streams.settings import Settings

log = logging.getLogger(__name__)


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Tag posts and keep the hospital tables, which /metrics shows, until ctrl-c.

    More workers share the work, at most one for each partition. Without a broker it waits for one.
    """
    logs.begin(settings)
    why = compiled.use() if settings.compiled == "yes" else "EARSHOT_COMPILED=no"
    log.info("hot modules: %s", f"pure Python ({why})" if why else "compiled")

    from agents.worker.process import run  # noqa: PLC0415 - Faust takes a second to import, and see above

    reach = Reach()
    run(wait_located(settings, reach), reach)
