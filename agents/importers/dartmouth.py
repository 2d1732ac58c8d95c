"""Imports the Dartmouth Atlas' crosswalk (ZipHsaHrrNN): each ZIP code's service area and referral region.

Called by `import_run.py`. The year is part of the first column's name. An import replaces the whole file.
"""

import re
from collections.abc import Iterable, Sequence

from agents.importers.report import Report
from agents.importers.store import Rows
from agents.importers.table_file import Line, plain
from streams.directory.files import zip_code

_YEAR = re.compile(r"zipcode\d{2,4}")


def layouts(names: Sequence[str]) -> dict[str, Sequence[str]]:
    """Which columns are read, of a header."""
    first = next((name for name in names if _YEAR.fullmatch(plain(name))), "zipcode19")
    return {"zip": (first,), "hsa": ("hsanum",), "hrr": ("hrrnum",)}


def merge(markets: Rows, lines: Iterable[Line], report: Report) -> Rows:
    """The crosswalk of the file."""
    found: Rows = {}
    for line in lines:
        report.read += 1
        try:
            code = zip_code(line.values["zip"])
            row = {"zip": code, "hsa": line.values["hsa"], "hrr": line.values["hrr"]}
            if not (row["hsa"].isdecimal() and row["hrr"].isdecimal()):
                raise ValueError("hsanum or hrrnum is not a number")
            if (code,) in found:
                raise ValueError(f"zip {code} stands twice")
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        report.note(markets.get((code,)), row)
        found[code,] = row
    return found
