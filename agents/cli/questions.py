"""`earshot questions`: what waits for a hospital's answer.

Knows options and what is printed; the list is `agents/operations/questions.py`'s.
"""

import time

import click
import msgspec

from agents.cli.named import find
from agents.kafka.generation import located
from agents.operations.questions import Question, waiting
from streams import directory
from streams.settings import Settings


@click.command()
@click.argument("hospital", default="")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def questions(settings: Settings, hospital: str, as_json: bool) -> None:
    """List the questions, requests and complaints that wait for an answer.

    HOSPITAL is an id, an @handle or part of a name; without it all hospitals are listed. A post waits for 72 h, until
    the hospital answers it or it is taken back. Calls for help and safety events stand first, then the oldest.
    """
    hospitals = directory.load(settings.directory_folder)
    wanted = find(hospitals, hospital).id if hospital else ""
    found = waiting(located(settings), time.time(), wanted)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        known = hospitals.by_id.get(one.hospital)
        click.echo(
            f"{'!' if one.urgent else ' '} {_age(one):>6}  {one.intent:9} {one.tier:13} "
            f"{known.name if known else one.hospital}  {one.address or one.post}"
            + (f"  [{', '.join(one.topics)}]" if one.topics else "")
        )
    if not found:
        click.echo("no questions waiting (last 72 h)")


def _age(one: Question) -> str:
    minutes = one.age_seconds // 60
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
