"""`earshot topics apply|describe`: the Kafka topics as declared, against the broker's.

Knows what is printed; comparing and changing is `agents/kafka/admin.py`.
"""

import click
import msgspec

from agents.cli.groups import Group
from agents.kafka.admin import Described, apply_topics, describe_topics
from agents.kafka.generation import located
from streams.settings import Settings


@click.group(cls=Group)
def topics() -> None:
    """Create and describe the Kafka topics of a pipeline."""


@topics.command()
@click.option(
    "--change-config", is_flag=True, help="Change every configuration that differs, also where it may delete."
)
@click.pass_obj
def apply(settings: Settings, change_config: bool) -> None:
    """Create the Kafka topics that are missing.

    Of Kafka topics that exist, a configuration that differs is changed where that is harmless, and listed; what might
    delete or refuse records only with --change-config. The number of partitions never changes: `earshot migrate` moves
    a pipeline to another.
    """
    for one in apply_topics(located(settings), change_config=change_config):
        click.echo(f"{one.result:10}{one.name}")
        for change in one.changes:
            click.echo(
                f"{'':10}{change.key}: {change.actual} -> {'default' if change.wanted is None else change.wanted}"
            )
        for difference in one.left:
            click.echo(f"{'':10}{difference}: left so; `earshot topics apply --change-config` changes it")


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def describe(ctx: click.Context, as_json: bool) -> None:
    """Compare each Kafka topic with its declaration, and say why.

    Exit code 0: all are as declared. 1: one is missing or differs.
    """
    settings: Settings = ctx.obj
    found = describe_topics(located(settings))
    if as_json:
        click.echo(msgspec.json.encode(found))
    for one in found if not as_json else ():
        click.echo(f"{one.declared.name}: {_state(one)}\n    {one.declared.why}")
        wanted = {"partitions": one.declared.partitions, **one.declared.full_config}
        click.echo(f"    {' '.join(f'{key}={value}' for key, value in wanted.items())}")
    ctx.exit(int(any(one.state != "as declared" for one in found)))


def _state(one: Described) -> str:
    if one.state != "differs":
        return one.state
    counts = [f"partitions is {one.partitions}, should be {one.declared.partitions}"] * (
        one.partitions != one.declared.partitions
    )
    return "differs: " + "; ".join([*counts, *map(str, one.differences)])
