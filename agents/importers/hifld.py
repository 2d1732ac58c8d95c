"""Imports HIFLD's hospitals (Homeland Infrastructure Foundation-Level Data): coordinates and beds. HIFLD no longer
publishes the file; copies are still found.

Called by `import_run.py`. The file has no CCN, so a row belongs to the hospital of the same name and ZIP code, else to
the only hospital of its ZIP code if the file has only one open there. A row that belongs to none for certain is
reported as unmatched, never added. X and Y are metres in some years and degrees in others, so LATITUDE and LONGITUDE
are read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from agents.importers.report import Noted, Report
from agents.importers.store import Rows
from agents.importers.table_file import Line
from streams.directory.files import degrees, zip_code
from streams.reading.places.names import fold

LAYOUTS = {
    "name": ("NAME",),
    "zip": ("ZIP",),
    "status": ("STATUS",),
    "latitude": ("LATITUDE",),
    "longitude": ("LONGITUDE",),
    "beds": ("BEDS",),
    "website": ("WEBSITE",),
}
_NOTHING = {"", "-999", "NOT AVAILABLE"}


def merge(hospitals: Rows, lines: Iterable[Line], report: Report) -> Rows:
    """The hospitals with coordinates, beds and website from the file."""
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    by_zip: dict[str, list[str]] = defaultdict(list)
    for row in hospitals.values():
        if row["kind"] != "community":
            by_name[fold(row["name"]), row["zip"]].append(row["id"])
            by_zip[row["zip"]].append(row["id"])
    rows = list(lines)
    open_in = Counter(line.values["zip"] for line in rows if line.values["status"] == "OPEN")
    merged = dict(hospitals)
    taken: dict[str, int] = {}
    for line in rows:
        report.read += 1
        values = {name: "" if text in _NOTHING else text for name, text in line.values.items()}
        if values["status"] != "OPEN":
            report.left_out += 1
            continue
        try:
            zip_code(values["zip"])
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        ids = by_name.get((fold(values["name"]), values["zip"]), [])
        if not ids and open_in[values["zip"]] == 1:
            ids = by_zip.get(values["zip"], [])
        if len(ids) != 1:
            report.unmatched.append(Noted(line.number, f"{values['name']}, ZIP {values['zip']}"))
            continue
        (id,) = ids
        try:
            place = degrees("latitude", values["latitude"]), degrees("longitude", values["longitude"])
            if values["beds"] and not values["beds"].isdecimal():
                raise ValueError(f"BEDS {values['beds']!r} is not a whole number")
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        if id in taken:
            report.reject(line.number, f"line {taken[id]} is {id} already")
            continue
        taken[id] = line.number
        row = merged[id,] | {"latitude": f"{place[0]:.4f}", "longitude": f"{place[1]:.4f}"}
        row |= {name: values[name] for name in ("beds", "website") if values[name]}
        report.note(hospitals[id,], row)
        merged[id,] = row
    return merged
