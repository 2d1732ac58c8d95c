"""`earshot attention`: the posts that a person must look at now.

`list` shows id, time, hospital and reason, since no more is kept; `where` says where at its source a post can be seen.
"""

from datetime import UTC, datetime

import click
import msgspec

from agents.operations.attention import address, waiting
from deploy.local_kafka import with_kafka_address
from streams.settings import Settings


@click.group()
def attention() -> None:
    """Posts that a person must look at now. The runbook says what to do about each."""


@attention.command("list")
@click.option("--hospital", default="", help="Only those of this hospital id.")
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_obj
def list_(settings: Settings, hospital: str, as_json: bool) -> None:
    """Those of the last day, oldest first: when, which hospital's, why, post id."""
    found = waiting(with_kafka_address(settings), hospital)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    for one in found:
        when = datetime.fromtimestamp(one.at / 1000, UTC)
        click.echo(f"{when:%Y-%m-%d %H:%M:%S} UTC  {one.hospital:24} {one.reason:8} {one.post}")
    if not found:
        click.echo("nothing waits")


@attention.command()
@click.argument("post")
@click.pass_obj
def where(settings: Settings, post: str) -> None:
    """The address of POST, an id from the list. One of Bluesky's is found for a day."""
    click.echo(address(with_kafka_address(settings), post))
