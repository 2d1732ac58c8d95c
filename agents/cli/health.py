"""`earshot health`: whether the process of a health file gets on. What compose calls, every few seconds."""

import click

from streams.errors import UserError
from streams.health_file import age
from streams.settings import Settings, variable


@click.command()
@click.pass_obj
def health(settings: Settings) -> None:
    """Exit code 0 if EARSHOT_HEALTH_FILE was touched within EARSHOT_HEALTH_AGE, else 1 and a line that says so."""
    if not settings.health_file:
        raise UserError(f"{variable('health_file')} is not set: name the file that the worker or ingest is given")
    seconds = age(settings.health_file)
    if seconds > settings.health_age:
        raise UserError(
            f"{settings.health_file} is {seconds:.0f} s old, {settings.health_age:g} are allowed: its process is stuck"
        )
