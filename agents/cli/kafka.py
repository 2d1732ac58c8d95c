"""`earshot kafka up|down|status`: the local Kafka, or a word that another broker is used.

Knows how to say it; doing it is `deploy/local_kafka`.
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
    """The local Kafka: one node on loopback, its data kept between runs.

    With KAFKA_BOOTSTRAP set that broker is used, and nothing here is started or stopped.
    """


@kafka.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    help="Port to listen on; 0 keeps the last, or takes a free one.",
)
@click.option(
    "--heap",
    type=click.IntRange(128, 65_536),
    default=256,
    show_default=True,
    help="Most memory of the JVM's heap, MB.",
)
@click.pass_obj
def up(settings: Settings, port: int, heap: int) -> None:
    """Start it, unless it runs, and print its address."""
    if settings.kafka_bootstrap:
        require_answer(settings, _ANSWER_WITHIN)
        click.echo(f"KAFKA_BOOTSTRAP is set: using the broker at {settings.kafka_bootstrap}; no local Kafka is started")
        return
    click.echo(local_kafka(settings, port=port, heap_mb=heap).up())


@kafka.command()
@click.pass_obj
def down(settings: Settings) -> None:
    """Stop it; its data stay."""
    if settings.kafka_bootstrap:
        click.echo(f"KAFKA_BOOTSTRAP is set: the broker at {settings.kafka_bootstrap} is not ours to stop")
        return
    click.echo("stopped" if local_kafka(settings).down() else "not running")


@kafka.command()
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Say whether it runs, and where. Exit code 0 also when it does not."""
    if settings.kafka_bootstrap:
        now = Status(answers(settings, _ANSWER_WITHIN), settings.kafka_bootstrap, 0, "", "")
    else:
        now = local_kafka(settings).status()
    if as_json:
        click.echo(msgspec.json.encode(now))
    elif settings.kafka_bootstrap:
        click.echo(f"{'answers' if now.running else 'does not answer'}: {now.bootstrap} (by KAFKA_BOOTSTRAP)")
    elif now.running:
        click.echo(f"running at {now.bootstrap}, process {now.pid}, log {now.log}")
    else:
        click.echo(f"not running; its folder is {now.folder}")
