"""`earshot directory import|check|show|export`: the hospitals that are listened for.

Knows how to say it; files are read and merged by `agents/directory/`, what may stand in them is `streams/directory/`'s.
"""

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from agents.cli.hospital import find
from agents.directory.checking import warnings
from agents.directory.importing import KINDS, kind_of, run
from agents.directory.report import Kind, Report
from agents.directory.store import Store, written
from streams import directory
from streams.directory import Hospital
from streams.directory.files import COLUMNS, rows
from streams.errors import UserError
from streams.reading.places.names import load as load_names
from streams.settings import Settings, variable

SHOWN = 20
"""Rejected rows and warnings printed; `--json` has all."""


@click.group("directory")
def command() -> None:
    """The hospitals that are listened for."""


@command.command("import")
@click.argument("kind", type=click.Choice(["auto", *KINDS]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="The folder; else the setting's.")
@click.option("--state", "states", multiple=True, help="Only hospitals of this state (CMS); may be repeated.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as one line of JSON.")
@click.pass_obj
def import_(
    settings: Settings, kind: str, file: Path, to: Path | None, states: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Take the rows of FILE into the directory's folder. KIND `auto` goes by its header.

    A row that is wrong is left out and reported; a file that would leave the directory wrong changes nothing. Exit code
    1 when rows were rejected.
    """
    chosen: Kind = kind_of(file) if kind == "auto" else msgspec.convert(kind, Kind)
    store = Store(_folder(settings, to))
    with Console(stderr=True).status(f"{file.name}") as status:
        report = run(
            file, chosen, store, load_names().zips, {one.upper() for one in states}, not dry_run,
            lambda count: status.update(f"{file.name}: {count:,} rows"),
        )  # fmt: skip
    click.echo(msgspec.json.encode(report) if as_json else _told(report, dry_run))
    click.get_current_context().exit(int(bool(report.rejected)))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_obj
def check(settings: Settings, folder: Path | None, as_json: bool) -> None:
    """Whether the directory can be used, and what is worth a look. Exit code 0: it can; 1: it is wrong, and where."""
    found = directory.load(str(folder or settings.directory_folder))
    warned = list(warnings(found, load_names().zips))
    if as_json:
        click.echo(msgspec.json.encode({"hospitals": len(found.hospitals), "warnings": warned}))
        return
    for one in warned:
        click.echo(f"warning: {f'{one.hospital}: ' if one.hospital else ''}{one.what}")
    click.echo(f"{len(found.hospitals)} hospitals, {len(found.by_handle)} handles on X, {len(warned)} warnings")


@command.command()
@click.argument("hospital", required=False)
@click.option("--json", "as_json", is_flag=True, help="As one line of JSON.")
@click.pass_obj
def show(settings: Settings, hospital: str | None, as_json: bool) -> None:
    """All hospitals, or one by id, @handle or a part of its name."""
    found = directory.load(settings.directory_folder)
    chosen = list(found.hospitals) if hospital is None else [find(found, hospital)]
    if as_json:
        click.echo(msgspec.json.encode([_plain(one) for one in chosen]))
        return
    for one in chosen:
        handles = " ".join(f"@{handle.handle}" for handle in (*one.handles, *one.bluesky))
        mark = "  government-owned" if one.government else ""
        click.echo(f"{one.id:22} {one.name}, {one.city}, {one.state}  {handles}{mark}")
        if hospital is not None:
            click.echo(_details(one))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--state", "states", multiple=True, help="Only hospitals of this state; may be repeated.")
@click.pass_obj
def export(settings: Settings, folder: Path, states: tuple[str, ...]) -> None:
    """Write the directory's files into FOLDER, which must not hold a directory yet."""
    if any((folder / name).exists() for name in COLUMNS):
        raise UserError(f"{folder} holds a directory already: name another folder")
    found = directory.load(settings.directory_folder)
    wanted = {one.id for one in found.hospitals if not states or one.state in {state.upper() for state in states}}
    if not wanted:
        raise UserError(f"no hospital is in {', '.join(states)}")
    source: Traversable = Path(settings.directory_folder) if settings.directory_folder else directory.shipped()
    store = Store(folder)
    for name, text in directory.texts_of(source).items():
        kept = [row.values for row in rows(name, text) if "id" not in row.values or row.values["id"] in wanted]
        store.write(name, written(COLUMNS[name], kept))
    click.echo(f"{folder}: {len(wanted)} hospitals")


def _folder(settings: Settings, to: Path | None) -> Path:
    if to is not None:
        return to
    if settings.directory_folder:
        return Path(settings.directory_folder)
    raise UserError(f"say where to: --to FOLDER, or {variable('directory_folder')}")


def _told(report: Report, dry_run: bool) -> str:
    lines = [
        f"{report.kind}: {report.read} rows read, {report.added} added, {report.changed} changed, "
        f"{report.unchanged} unchanged, {report.left_out} left out, {len(report.rejected)} rejected"
        + ("; nothing written (--dry-run)" if dry_run else "")
    ]
    lines += [f"rejected: line {one.line}: {one.reason}" for one in report.rejected[:SHOWN]]
    if len(report.rejected) > SHOWN:
        lines.append(f"... and {len(report.rejected) - SHOWN} more: --json has them all")
    if report.government:
        some = ", ".join(report.government[:SHOWN]) + (", ..." if len(report.government) > SHOWN else "")
        lines.append(
            f"warning: {len(report.government)} are owned by a government ({some}): X requires an Enterprise plan and "
            "notice of such users"
        )
    return "\n".join(lines)


def _details(one: Hospital) -> str:
    beds = f", {one.beds} beds" if one.beds is not None else ""
    lines = [f"  {one.kind}, {one.ownership}{beds}; {one.latitude}, {one.longitude}; ZIP {one.zip}"]
    for handle in (*one.handles, *one.bluesky):
        days = (
            f" {handle.valid_from or '...'} to {handle.valid_to or '...'}"
            if handle.valid_from or handle.valid_to
            else ""
        )
        lines.append(f"  @{handle.handle} on {handle.network}, {handle.role}{days}")
    if one.psa or one.ssa:
        lines.append(f"  service area: {len(one.psa)} ZIP codes primary, {len(one.ssa)} secondary")
    lines += [f"  goal: {goal} {target:g}" for goal, target in one.goals]
    return "\n".join(lines)


def _plain(one: Hospital) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(one)
    return {**shown, "psa": sorted(one.psa), "ssa": sorted(one.ssa), "government": one.government}
