"""`earshot kafka up|down|status`: the local Kafka, unless KAFKA_BOOTSTRAP names another broker.

Knows options and what is printed; the work is `deploy/local_kafka`'s.
"""

import click
import msgspec

from deploy.local_kafka import Status, local_kafka
from streams.kafka.probe import answers, require_answer
from streams.settings import Settings

_ANSWER_WITHIN = 3.0
"""Seconds that a broker given by setting has to answer."""


@click.group()
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
    type=click.IntRange(128, 65_536),
    default=256,
    show_default=True,
    help="Largest heap of the JVM, MB.",
)
@click.pass_obj
def up(settings: Settings, port: int, heap: int) -> None:
    """Start the local Kafka, unless it runs, and print its address."""
    if settings.kafka_bootstrap:
        require_answer(settings, _ANSWER_WITHIN)
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
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Say whether the local Kafka runs, and where.

    Exit code 0 also when it does not run.
    """
    if settings.kafka_bootstrap:
        now = Status(answers(settings, _ANSWER_WITHIN), settings.kafka_bootstrap, 0, "", "")
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
