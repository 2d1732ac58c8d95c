"""Imports CMS' Hospital Service Area file: from which ZIP codes each hospital's Medicare inpatients
come, a million rows a year.

Called by `import_run.py`. The primary service area is the lowest number of ZIP codes with 75 % of the cases, after 42
CFR 411.357(e)(2) (which also wants them to touch each other; that is not checked). The secondary area is what is needed
up to 85 %, where planners' whole areas end. The file suppresses ZIP codes with few cases, which thins out rural
hospitals: a planner's own list is better. An import replaces the lists of each hospital in the file.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from agents.importers.report import Report
from agents.importers.store import Rows
from agents.importers.table_file import Line
from streams.directory.files import hospital_id, zip_code

LAYOUTS = {
    "id": ("MEDICARE_PROV_NUM", "Medicare Provider Number", "CCN"),
    "zip": ("ZIP_CD_OF_RESIDENCE", "ZIP Code of Residence"),
    "cases": ("TOTAL_CASES", "Total Cases"),
}
PRIMARY, SECONDARY = 0.75, 0.85


def merge(areas: Rows, hospitals: Rows, lines: Iterable[Line], report: Report) -> Rows:
    """The service areas with those of the file's hospitals, of the directory's alone."""
    cases: dict[str, dict[str, int]] = defaultdict(dict)
    for line in lines:
        report.read += 1
        values = line.values
        try:
            id = hospital_id(values["id"])
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        if (id,) not in hospitals or values["cases"] in ("*", ""):
            report.left_out += 1
            continue
        try:
            code, count = zip_code(values["zip"]), int(values["cases"].replace(",", ""))
            if count < 0:
                raise ValueError
        except ValueError as error:
            report.reject(line.number, str(error) or f"TOTAL_CASES {values['cases']!r} is not a count")
            continue
        cases[id][code] = cases[id].get(code, 0) + count
    merged = {key: row for key, row in areas.items() if key[0] not in cases}
    for id, by_zip in sorted(cases.items()):
        for code, area in areas_of(by_zip).items():
            row = {"id": id, "zip": code, "area": area}
            report.note(areas.get((id, code)), row)
            merged[id, code] = row
    return merged


def areas_of(cases: Mapping[str, int]) -> dict[str, str]:
    """ZIP -> `psa` or `ssa`, of one hospital's cases by ZIP."""
    total = sum(cases.values())
    found: dict[str, str] = {}
    before = 0
    for code, count in sorted(cases.items(), key=lambda pair: (-pair[1], pair[0])):
        if not count or before >= SECONDARY * total:
            break
        found[code] = "psa" if before < PRIMARY * total else "ssa"
        before += count
    return found
