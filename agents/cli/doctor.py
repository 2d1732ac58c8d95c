"""`earshot doctor`: what is wrong around Earshot, and what to do about it.

Knows what is printed; the checks are `agents/operations/doctor.py`'s.
"""

import click
import msgspec

from agents.cli import logs
from agents.operations.doctor import examine
from streams.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check Kafka, directory, token, sources, clock, disk, /metrics and Prometheus.

    Changes nothing. Asks X once for its stream rules. Exit code 1 if a line says `fail`.
    """
    settings: Settings = ctx.obj
    logs.begin(settings)
    findings = list(examine(settings))
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        for one in findings:
            click.echo(f"{one.state:5} {one.what}: {one.found}{f' -> {one.act}' if one.act else ''}")
    ctx.exit(any(one.state == "fail" for one in findings))
