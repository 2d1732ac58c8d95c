"""Imports HIFLD's hospitals (Homeland Infrastructure Foundation-Level Data): coordinates and beds. HIFLD no longer
publishes the file; copies are still found.

Called by `import_run.py`. `hifld_join.py` says which row is which hospital; a row that is none for certain is reported
as unmatched, never added, and a hospital's second row as a copy. X and Y are metres in some years and degrees in
others, so LATITUDE and LONGITUDE are read.
"""

from collections.abc import Iterable

from agents.importers.hifld_join import join
from agents.importers.report import Noted, Report
from agents.importers.store import Rows
from agents.importers.table_file import Line
from streams.directory.files import degrees, zip_code

LAYOUTS = {
    "name": ("NAME",),
    "address": ("ADDRESS",),
    "city": ("CITY",),
    "state": ("STATE",),
    "zip": ("ZIP",),
    "telephone": ("TELEPHONE",),
    "type": ("TYPE",),
    "status": ("STATUS",),
    "latitude": ("LATITUDE",),
    "longitude": ("LONGITUDE",),
    "beds": ("BEDS",),
    "website": ("WEBSITE",),
}
OPTIONAL = ("address", "city", "state", "telephone", "type", "website")
_NOTHING = {"", "-999", "NOT AVAILABLE"}


def merge(hospitals: Rows, lines: Iterable[Line], report: Report) -> Rows:
    """The hospitals with coordinates, beds and website from the file."""
    good = [line for line in lines if _is_good(line, report)]
    joined = join(hospitals.values(), good)
    merged = dict(hospitals)
    for id, line in sorted(joined.rows.items(), key=lambda one: one[1].number):
        values = line.values
        row = merged[id,] | {
            name: f"{degrees(name, values[name]):.4f}" for name in ("latitude", "longitude")
        }  # fmt: skip
        row |= {name: values[name] for name in ("beds", "website") if values.get(name)}
        report.note(hospitals[id,], row)
        merged[id,] = row
    for line, id in joined.copies:
        report.left_out += 1
        best, status = joined.rows[id], line.values["status"].lower()
        report.duplicates.append(
            Noted(line.number, f"{line.values['name']} ({status}) is {id}, as line {best.number} {best.values['name']}")
        )
    report.left_out += len(joined.closed)
    report.unmatched += [
        Noted(line.number, f"{line.values['name']}, ZIP {line.values['zip']}") for line in joined.unmatched
    ]
    return merged


def _is_good(line: Line, report: Report) -> bool:
    """Whether a row can be used; clears what says nothing. A wrong row is reported, a closed one only left out."""
    report.read += 1
    values = line.values
    values.update({name: "" for name, text in values.items() if text in _NOTHING})
    try:
        zip_code(values["zip"])
        for name in ("latitude", "longitude"):
            degrees(name, values[name])
        if values["beds"] and not values["beds"].isdecimal():
            raise ValueError(f"BEDS {values['beds']!r} is not a whole number")
    except ValueError as error:
        if values["status"] == "CLOSED":
            report.left_out += 1
        else:
            report.reject(line.number, str(error))
        return False
    return True
