"""`earshot attention`: the posts that a person must look at now.

`list` shows id, time, hospital and reason: Earshot keeps nothing else. `where` prints a post's address at its source.
"""

from datetime import UTC, datetime

import click
import msgspec

from agents.cli.groups import Group
from agents.cli.named import find
from agents.kafka.generation import located
from agents.operations.attention import address_by_id, address_on_posts, waiting
from streams import directory
from streams.settings import Settings


@click.group(cls=Group)
def attention() -> None:
    """List the posts that a person must look at now.

    The runbook says what to do about each.
    """


@attention.command("list")
@click.option(
    "--hospital",
    "named",
    default="",
    help="Only those of one hospital: its id, an @handle or part of its name.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def list_(settings: Settings, named: str, as_json: bool) -> None:
    """List the posts of the last 24 h, oldest first.

    Each line has the time, the hospital, the reason and the post id.
    """
    hospitals = directory.load(settings.directory_folder)
    wanted = find(hospitals, named) if named else None
    found = waiting(located(settings), wanted.id if wanted else "")
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        when = datetime.fromtimestamp(one.at / 1000, UTC)
        click.echo(f"{when:%Y-%m-%d %H:%M:%S} UTC  {one.hospital:24} {one.reason:8} {one.post}")
    if not found:
        click.echo(f"no posts waiting (last 24 h, {wanted.name if wanted else 'all hospitals'})")


@attention.command()
@click.argument("post")
@click.pass_obj
def where(settings: Settings, post: str) -> None:
    """Print the web address of POST, an id from the list.

    A post on Bluesky is found for 24 h.
    """
    click.echo(address_by_id(post) or address_on_posts(located(settings), post))
