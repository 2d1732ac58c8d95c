"""`earshot doctor`: what is wrong around Earshot, and what to do about it.

Knows how to say it; looking is `agents/operations/doctor.py`.
"""

import click
import msgspec

from agents.cli import logs
from agents.operations import doctor as looking
from streams.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Look at broker, Kafka topics, directory, token, X, clock, disk, /metrics and Prometheus; nothing is changed.

    Asks X once for its stream rules. Exit code 1 if a line says `fail`.
    """
    settings: Settings = ctx.obj
    logs.begin(settings)
    findings = list(looking.examine(settings))
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        for one in findings:
            click.echo(f"{one.state:5} {one.what}: {one.found}{f' -> {one.act}' if one.act else ''}")
    ctx.exit(any(one.state == "fail" for one in findings))
