"""`earshot settings`: every setting as `streams/settings.py` declares it, with the value in force."""

import click
import msgspec

from streams.settings import Settings, describe


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def settings(settings: Settings, as_json: bool) -> None:
    """List every setting: variable, value, allowed values, what it does."""
    if as_json:
        found = [{**msgspec.structs.asdict(one), "value": getattr(settings, one.name)} for one in describe()]
        click.echo(msgspec.json.encode(found))
        return
    for one in describe():
        value = getattr(settings, one.name)
        default = "" if value == one.default else f" (default {_shown(one.default)})"
        click.echo(f"{one.env} = {f'{_shown(value)} {one.unit}'.rstrip()}{default}")
        click.echo(f"    {one.doc}\n    Allowed: {one.allowed}")


def _shown(value: object) -> str:
    return str(value) if value != "" else "(empty)"
