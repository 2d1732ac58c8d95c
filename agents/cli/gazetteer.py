"""`earshot gazetteer build|show`: the file of places that ships with Earshot.

Knows options and what is printed; `deploy/gazetteer` builds the file and needs packages that only
`make gazetteer` installs.
"""

import json
from importlib import resources
from pathlib import Path

import click

from agents.cli.groups import Group
from deploy.gazetteer.build import build as built
from deploy.gazetteer.sources import SOURCES
from streams.atomic_file import replace_file
from streams.errors import UserError
from streams.reading import places
from streams.reading.places import names

SHIPPED = Path(str(resources.files(places) / names.FILE))


@click.group(cls=Group)
def gazetteer() -> None:
    """Build and show the file of known places."""


@gazetteer.command()
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    default=SHIPPED,
    help="Write this file instead of the package's.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if the file is not up to date.")
def build(to: Path, check: bool) -> None:
    """Build the file from its sources.

    `make gazetteer` calls this. The same versions of the sources give the same bytes.
    """
    packed = names.pack(built())
    if check:
        if not to.exists() or to.read_bytes() != packed:
            raise UserError(f"{to} is not up to date with its sources: run `make gazetteer`")
        click.echo(f"{to}: as built from its sources")
        return
    replace_file(to, packed, sync=False)
    click.echo(f"{to}: {len(packed):,} bytes")


@gazetteer.command()
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def show(as_json: bool) -> None:
    """Show what the file holds, its sources and their licences."""
    content = names.unpack(SHIPPED.read_bytes())
    counts = {
        "cities": len(content.cities),
        "names": len(content.names),
        "zips": len(content.zips),
        "counties": len(content.counties),
        "bytes": SHIPPED.stat().st_size,
    }
    if as_json:
        sources = [one._asdict() | {"version": content.sources[one.package]} for one in SOURCES]
        told = {"format": content.format, **counts, "sources": sources, "attribution": content.attribution}
        click.echo(json.dumps(told))
        return
    click.echo(f"format {content.format}: " + ", ".join(f"{count:,} {what}" for what, count in counts.items()))
    for one in SOURCES:
        click.echo(f"{one.package} {content.sources[one.package]}: {one.what} ({one.licence})")
    click.echo(content.attribution)
