"""One import from beginning to end: recognises the kind of file, merges its rows into the folder's, checks and writes.

Called by `earshot directory import`. Knows which importer changes which file of the folder.
"""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import get_args

from agents.importers import cms, dartmouth, hifld, own, service_area
from agents.importers.report import Kind, Report
from agents.importers.store import Store
from agents.importers.table_file import header, lines, plain
from streams.directory import files
from streams.directory.files import hint
from streams.errors import UserError
from streams.reading.places.names import Zip

KINDS: tuple[Kind, ...] = get_args(Kind)

FILES: dict[Kind, str] = {
    "cms": files.HOSPITALS,
    "hifld": files.HOSPITALS,
    "dartmouth": files.MARKETS,
    "service-area": files.SERVICE_AREAS,
    "handles": files.HANDLES,
    "goals": files.GOALS_FILE,
}
_SIGNS: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("cms", ("hospitaltype", "hospitalownership")),
    ("hifld", ("latitude", "longitude", "status", "beds")),
    ("dartmouth", ("hsanum", "hrrnum")),
    ("service-area", ("totalcases",)),
    ("service-area", ("zip", "area")),
    ("handles", ("network", "handle")),
    ("goals", ("goal", "target")),
)
"""Columns that only one kind of file has."""


def kind_of(path: Path) -> Kind:
    """What a file is, by its header. Raises `UserError`."""
    columns = header(path)
    names = set(map(plain, columns))
    for kind, signs in _SIGNS:
        if names.issuperset(signs):
            return kind
    raise UserError(
        f"{path}: its header is none of {', '.join(KINDS)}{hint(columns)}: name the kind, or see docs/directory.md"
    )


def run(
    path: Path, kind: Kind, store: Store, zips: Mapping[str, Zip], states: Collection[str], write: bool,
    progress: Callable[[int], None],
) -> Report:  # fmt: skip
    """Import a file. Raises `UserError`, and then nothing is changed.

    `states`: postal codes, for `cms` alone. `progress` is told how many rows were read, now and then.
    """
    report = Report(kind, FILES[kind])
    hospitals = store.rows(files.HOSPITALS)
    if kind != "cms" and not hospitals:
        raise UserError(f"{store.folder} has no hospitals yet: import the CMS file first")
    rows = store.rows(report.file)
    match kind:
        case "cms":
            merged = cms.merge(
                rows, lines(path, cms.LAYOUTS, optional=cms.OPTIONAL, progress=progress), report, zips, states
            )
        case "hifld":
            found = lines(path, hifld.LAYOUTS, optional=hifld.OPTIONAL, progress=progress)
            merged = hifld.merge(rows, found, report)
        case "dartmouth":
            merged = dartmouth.merge(rows, lines(path, dartmouth.layouts(header(path)), progress=progress), report)
        case "service-area" if not set(map(plain, header(path))).issuperset(files.COLUMNS[report.file]):
            found = lines(path, service_area.LAYOUTS, progress=progress)
            merged = service_area.merge(rows, hospitals, found, report)
        case "handles" | "goals" | "service-area":
            found = lines(path, own.layouts(report.file), optional=own.OPTIONAL, progress=progress)
            merged = own.merge(report.file, rows, hospitals, found, report)
    report.removed = len(rows.keys() - merged.keys())
    if merged != rows:
        text, directory = store.checked(report.file, merged)
        if report.file == files.HOSPITALS:
            changed = {one for one, row in merged.items() if row != rows.get(one)}
            report.government = [one.id for one in directory.hospitals if one.government and (one.id,) in changed]
        if write:
            store.write(report.file, text)
    return report
