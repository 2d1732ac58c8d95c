"""`earshot kafka up|down|status`: the local Kafka, unless KAFKA_BOOTSTRAP names another broker.

Knows options and what is printed; the work is `deploy/local_kafka`'s.
"""

import click
import msgspec

from agents.cli.groups import Group
from deploy.local_kafka import LEAST_HEAP_MB, Status, local_kafka
from streams.kafka.probe import PATIENCE, answers, require_answer
from streams.settings import Settings


@click.group(cls=Group)
def kafka() -> None:
    """Start, stop and look at the local Kafka.

    It is one node on loopback and keeps its data between runs. If KAFKA_BOOTSTRAP is set, Earshot uses that broker, and
    these commands start and stop nothing.
    """


@kafka.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Port to listen on; 0 keeps the last one, or takes a free one.",
)
@click.option(
    "--heap",
    type=click.IntRange(LEAST_HEAP_MB, 65_536),
    default=LEAST_HEAP_MB,
    show_default=True,
    help="Largest heap of the JVM, MB. With less than the default it does not start.",
)
@click.pass_obj
def up(settings: Settings, port: int, heap: int) -> None:
    """Start the local Kafka, unless it runs, and print its address."""
    if settings.kafka_bootstrap:
        require_answer(settings)
        click.echo(f"KAFKA_BOOTSTRAP is set: using the broker at {settings.kafka_bootstrap}; no local Kafka is started")
        return
    click.echo(local_kafka(settings, port=port, heap_mb=heap).up())


@kafka.command()
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop the local Kafka and keep its data."""
    if settings.kafka_bootstrap:
        click.echo(f"KAFKA_BOOTSTRAP is set: the broker at {settings.kafka_bootstrap} was not started here")
        return
    click.echo("stopped" if local_kafka(settings).down() else "not running")


@kafka.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say whether the local Kafka runs, and where.

    Exit code 0: it runs. 1: it does not.
    """
    settings: Settings = ctx.obj
    if settings.kafka_bootstrap:
        now = Status(answers(settings, PATIENCE), settings.kafka_bootstrap, 0, "", "")
    else:
        now = local_kafka(settings).status()
    if as_json:
        click.echo(msgspec.json.encode(now))
    elif settings.kafka_bootstrap:
        click.echo(f"{'answers' if now.running else 'does not answer'}: {now.bootstrap} (set by KAFKA_BOOTSTRAP)")
    elif now.running:
        click.echo(f"running at {now.bootstrap}, process {now.pid}, log {now.log}")
    else:
        click.echo(f"not running; its folder is {now.folder}")
    ctx.exit(int(not now.running))
