"""`earshot settings`: every setting as `streams/settings.py` declares it, with the value in force and who set it."""

import click
import msgspec

from streams.settings import Settings, describe, given


@click.command()
@click.option("--set", "only_set", is_flag=True, help="List only what the environment sets.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def settings(settings: Settings, only_set: bool, as_json: bool) -> None:
    """List every setting: variable, value, allowed values, what it does.

    `*` marks what the environment sets.
    """
    is_set = given()
    listed = [one for one in describe() if not only_set or one.name in is_set]
    if as_json:
        found = [
            {**msgspec.structs.asdict(one), "value": getattr(settings, one.name), "set": one.name in is_set}
            for one in listed
        ]
        click.echo(msgspec.json.encode(found))
        return
    for one in listed:
        value = getattr(settings, one.name)
        default = "" if value == one.default else f" (default {_shown(one.default)})"
        mark = "* " if one.name in is_set else "  "
        click.echo(f"{mark}{one.env} = {f'{_shown(value)} {one.unit}'.rstrip()}{default}")
        click.echo(f"      {one.doc}\n      Allowed: {one.allowed}")
    click.echo(f"{len(is_set)} of {len(list(describe()))} are set by the environment (*)")


def _shown(value: object) -> str:
    return str(value) if value != "" else "(empty)"
