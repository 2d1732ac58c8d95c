"""`earshot verify`: compares the tables with the posts."""

import click
import msgspec

from agents.kafka.generation import located
from agents.proving.verification import settled_verdict
from streams.settings import Settings


@click.command()
@click.option(
    "--within",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="Seconds to wait until every post is processed.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def verify(ctx: click.Context, within: float, as_json: bool) -> None:
    """Count `posts` again and compare every cell of the tables.

    Stop ingest first; workers may run. Exit code 0: no difference. Kafka keeps posts for 24 h and tables for longer: on
    an older pipeline, the hours whose posts are all still there are compared, and the last line says which.
    """
    settings: Settings = ctx.obj
    found = settled_verdict(located(settings), within)
    click.echo(msgspec.json.encode(found._asdict()) if as_json else str(found))
    ctx.exit(0 if found.difference == 0 else 1)
