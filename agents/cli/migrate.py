"""`earshot migrate`: moves a stopped pipeline to another number of partitions.

Knows what is printed; the move is `agents/operations/migration.py`.
"""

import click

from agents.kafka.generation import located
from streams.settings import MOST_PARTITIONS, Settings, variable


@click.command()
@click.option("--partitions", type=click.IntRange(1, MOST_PARTITIONS), help="Number to move the pipeline to.")
@click.option("--drop-old", is_flag=True, help="Delete the Kafka topics that earlier migrations left.")
@click.pass_context
def migrate(ctx: click.Context, partitions: int | None, drop_old: bool) -> None:
    """Move a pipeline to another number of partitions, with all its counts.

    Stop ingest, let the workers take what waits, stop them; then run this. It writes every row and every remembered
    post to new Kafka topics, compares them with the old ones, and switches. Interrupted, run it again. The old Kafka
    topics stay until --drop-old. Exit code 1: they differ, and the old ones are still in use.
    """
    from agents.operations import migration  # noqa: PLC0415 - not needed for --help

    if (partitions is None) == (not drop_old):
        raise click.UsageError("give --partitions N, or --drop-old")
    settings: Settings = ctx.obj
    settings = located(settings)
    if partitions is None:
        for name in migration.drop_old(settings, click.echo):
            click.echo(f"deleted   {name}")
        return
    moved = migration.migrate(settings, partitions, click.echo)
    if moved is None:
        click.echo(f"this pipeline has {partitions} partitions: nothing to move")
        return
    click.echo(f"difference {moved.difference}")
    if moved.difference:
        click.echo("the old Kafka topics are still in use: run it again")
        ctx.exit(1)
    click.echo(
        f"moved to {partitions} partitions: set {variable('partitions')}={partitions} everywhere, then start workers "
        "and ingest; `earshot migrate --drop-old` deletes the old Kafka topics"
    )
