"""`earshot directory import|check|show|export`: the hospitals that are listened for.

Knows how to say it; files are read and merged by `agents/importers/`, what may stand in them is `streams/directory/`'s.
"""

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from agents.cli.groups import Group
from agents.cli.named import find
from agents.importers.directory_warnings import EXAMPLES, GOVERNMENT, groups, warnings
from agents.importers.import_run import KINDS, kind_of, run
from agents.importers.report import Kind, Report
from agents.importers.store import Store, written
from streams import directory
from streams.directory import DirectoryError, Hospital
from streams.directory.files import COLUMNS, rows
from streams.directory.hospital import GOALS
from streams.errors import UserError
from streams.reading.places.names import load as load_names
from streams.settings import Settings, variable

SHOWN = 20
"""Rejected rows and warnings printed; `--json` has all."""


@click.group("directory", cls=Group)
def command() -> None:
    """Import, check, show and export the hospitals."""


@command.command("import")
@click.argument("kind_and_file", nargs=-1, required=True, metavar=f"[{'|'.join(KINDS)}] FILE")
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write to this folder instead of EARSHOT_DIRECTORY_FOLDER.",
)
@click.option("--state", "states", help="Only hospitals in these states, such as `ND,MN` (kind cms).")
@click.option("--dry-run", is_flag=True, help="Report what would change, write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
@click.pass_obj
def import_(
    settings: Settings, kind_and_file: tuple[str, ...], to: Path | None, states: str, dry_run: bool, as_json: bool
) -> None:
    """Import the rows of FILE into the directory.

    Without a kind, the file's header decides. A wrong row is left out and reported. A file that would make the
    directory invalid changes nothing. Exit code 1: some rows were rejected, or none was taken.
    """
    *kinds, named = kind_and_file
    file = Path(named)
    if kinds and (len(kinds) > 1 or kinds[0] not in KINDS):
        raise UserError(f"{' '.join(kinds)!r} is no kind of file: give one of {', '.join(KINDS)}, then the file")
    kind: Kind = msgspec.convert(kinds[0], Kind) if kinds else kind_of(file)
    if states and kind != "cms":
        raise UserError(f"--state works with kind cms only: a {kind} file is about hospitals already in the folder")
    store = Store(_folder(settings, to))
    with Console(stderr=True).status(f"{file.name}") as status:
        report = run(
            file, kind, store, load_names().zips, _states(states), not dry_run,
            lambda count: status.update(f"{file.name}: {count:,} rows"),
        )  # fmt: skip
    click.echo(msgspec.json.encode(report) if as_json else _told(report, dry_run))
    taken = report.added + report.changed + report.unchanged + report.removed
    if not taken and not as_json:
        click.echo(f"nothing in {file.name} was taken{f': no hospital in {states}' if states else ''}", err=True)
    click.get_current_context().exit(int(bool(report.rejected) or not taken))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--all", "every", is_flag=True, help="Print every warning on a line of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON, with every warning.")
@click.pass_obj
def check(settings: Settings, folder: Path | None, every: bool, as_json: bool) -> None:
    """Check that the directory is valid, and list warnings.

    Warnings of one sort that more than three hospitals have are one line: how many have it, and three of them.

    FOLDER is another one than EARSHOT_DIRECTORY_FOLDER; a file of it means the same. Exit code 0: it is valid. 1: it is
    not, and each error says where.
    """
    if folder is not None and folder.is_file():
        if folder.name not in COLUMNS:
            raise UserError(f"{folder} is a file, and none of a directory", f"name the folder of {', '.join(COLUMNS)}")
        folder = folder.parent
    try:
        found = directory.load(str(folder or settings.directory_folder))
    except DirectoryError as error:
        if as_json:
            click.echo(msgspec.json.encode({"hospitals": 0, "errors": error.reasons, "warnings": [], "sorts": []}))
        else:
            click.echo("\n".join(f"error: {reason}" for reason in error.reasons), err=True)
        click.get_current_context().exit(1)
    warned = list(warnings(found, load_names().zips, settings.metrics_hospitals))
    sorts = groups(warned)
    if as_json:
        listed = [{"hospital": one.hospital, "what": one.what} for one in warned]
        told = {"hospitals": len(found.hospitals), "errors": [], "warnings": listed, "sorts": sorts}
        click.echo(msgspec.json.encode(told))
        return
    many = {one.sort for one in sorts if one.count > EXAMPLES and not every}
    for one in warned:
        if one.sort not in many:
            click.echo(f"warning: {f'{one.hospital}: ' if one.hospital else ''}{one.what}")
    for group in sorts:
        if group.sort in many:
            click.echo(f"warning: {group.count:,} hospitals ({', '.join(group.examples)}, ...): {group.what}")
    click.echo(f"{len(found.hospitals)} hospitals, {len(found.accounts['x'])} handles on X, {len(warned)} warnings")
    if many:
        click.echo("--all lists every warning")


@command.command()
@click.argument("hospital", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
@click.pass_obj
def show(settings: Settings, hospital: str | None, as_json: bool) -> None:
    """Show all hospitals, or one by id, @handle or part of its name."""
    found = directory.load(settings.directory_folder)
    chosen = list(found.hospitals) if hospital is None else [find(found, hospital)]
    if as_json:
        click.echo(msgspec.json.encode([_plain(one) for one in chosen]))
        return
    for one in chosen:
        handles = " ".join(f"@{handle.handle}" for handle in one.accounts.every) or "(no handle)"
        mark = "  government-owned" if one.government else ""
        click.echo(f"{one.id:22} {one.name}, {one.city}, {one.state}  {handles}{mark}")
        if hospital is not None:
            click.echo(_details(one))


@command.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--state", "states", help="Only hospitals in these states, such as `ND,MN`.")
@click.pass_obj
def export(settings: Settings, folder: Path, states: str) -> None:
    """Write the directory's files to FOLDER.

    FOLDER must not hold a directory yet.
    """
    if any((folder / name).exists() for name in COLUMNS):
        raise UserError(f"{folder} holds a directory already: name another folder")
    found = directory.load(settings.directory_folder)
    wanted = {one.id for one in found.hospitals if not states or one.state in _states(states)}
    if not wanted:
        raise UserError(f"no hospital is in {states}")
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
    raise UserError(f"name the folder to write to: --to FOLDER, or set {variable('directory_folder')}")


def _states(text: str | None) -> frozenset[str]:
    return frozenset(part.strip().upper() for part in (text or "").split(",")) - {""}


def _told(report: Report, dry_run: bool) -> str:
    lines = [
        f"{report.kind}: {report.read} rows read, {report.added} added, {report.changed} changed, "
        f"{report.unchanged} unchanged, {report.removed} removed, {report.left_out} left out, "
        f"{len(report.unmatched)} unmatched, {len(report.rejected)} rejected"
        + ("; nothing written (--dry-run)" if dry_run else "")
    ]
    if report.vanished:
        lines.append(
            f"not in the file any more, of the hospitals in its states: {len(report.vanished)} (closed, merged or with "
            f"a new id). They stay; to stop listening, delete their rows from {report.file}:"
        )
        lines += [f"vanished: {one}" for one in report.vanished[:SHOWN]]
        if len(report.vanished) > SHOWN:
            lines.append(f"... and {len(report.vanished) - SHOWN} more vanished: --json has them all")
    lists = (("rejected", report.rejected), ("unmatched", report.unmatched), ("duplicate", report.duplicates))
    for what, noted in lists:
        lines += [f"{what}: line {one.line}: {one.reason}" for one in noted[:SHOWN]]
        if len(noted) > SHOWN:
            lines.append(f"... and {len(noted) - SHOWN} more {what}: --json has them all")
    if report.government:
        some = ", ".join(report.government[:SHOWN]) + (", ..." if len(report.government) > SHOWN else "")
        lines.append(f"warning: {len(report.government)} of them ({some}): {GOVERNMENT}")
    return "\n".join(lines)


def _details(one: Hospital) -> str:
    beds = f", {one.beds} beds" if one.beds is not None else ""
    county = f", {one.county}" if one.county else ""
    lines = [f"  {one.kind}, {one.ownership}{beds}; {one.latitude}, {one.longitude}; ZIP {one.zip}{county}"]
    if one.hours:
        lines.append(f"  office hours: {one.hours}")
    if one.government:
        lines.append(f"  {GOVERNMENT}")
    for handle in one.accounts.every:
        days = (
            f" {handle.valid_from or '...'} to {handle.valid_to or '...'}"
            if handle.valid_from or handle.valid_to
            else ""
        )
        lines.append(f"  @{handle.handle} on {handle.network}, {handle.role}{days}")
    if one.psa or one.ssa:
        lines.append(f"  service area: {len(one.psa)} ZIP codes primary, {len(one.ssa)} secondary")
    lines += [
        f"  goal: {goal} {'at least' if GOALS[goal].better == 'higher' else 'at most'} {target:g} {GOALS[goal].unit}"
        for goal, target in one.goals
    ]
    return "\n".join(lines)


def _plain(one: Hospital) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(one)
    return {**shown, "psa": sorted(one.psa), "ssa": sorted(one.ssa), "government": one.government}
