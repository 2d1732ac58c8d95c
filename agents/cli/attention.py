"""`earshot attention`: the posts that a person must look at now.

`list` shows id, time, hospital and reason: Earshot keeps nothing else. `where` prints a post's address at its source.
"""

from datetime import UTC, datetime

import click
import msgspec

from agents.kafka.generation import located
from agents.operations.attention import address, waiting
from streams.settings import Settings


@click.group()
def attention() -> None:
    """List the posts that a person must look at now.

    The runbook says what to do about each.
    """


@attention.command("list")
@click.option("--hospital", default="", help="Show only the posts of this hospital id.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def list_(settings: Settings, hospital: str, as_json: bool) -> None:
    """List the posts of the last 24 h, oldest first.

    Each line has the time, the hospital, the reason and the post id.
    """
    found = waiting(located(settings), hospital)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        when = datetime.fromtimestamp(one.at / 1000, UTC)
        click.echo(f"{when:%Y-%m-%d %H:%M:%S} UTC  {one.hospital:24} {one.reason:8} {one.post}")
    if not found:
        click.echo("no posts waiting (last 24 h)")


@attention.command()
@click.argument("post")
@click.pass_obj
def where(settings: Settings, post: str) -> None:
    """Print the web address of POST, an id from the list.

    A post on Bluesky is found for 24 h.
    """
    click.echo(address(located(settings), post))
