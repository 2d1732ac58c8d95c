"""`earshot health`: whether a process makes progress, by its health file. Compose calls it every few seconds."""

import click

from streams.errors import UserError
from streams.health_file import age
from streams.settings import Settings, variable


@click.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Check that a worker or ingest makes progress, by its health file.

    Exit code 0: EARSHOT_HEALTH_FILE was touched within the last EARSHOT_HEALTH_AGE seconds. 1: it was not.
    """
    if not settings.health_file:
        raise UserError(f"{variable('health_file')} is not set: set it to the same file as for the worker or ingest")
    seconds = age(settings.health_file)
    if seconds > settings.health_age:
        raise UserError(
            f"{settings.health_file} was last touched {seconds:.0f} s ago ({settings.health_age:g} s allowed): "
            "the process is stuck"
        )
