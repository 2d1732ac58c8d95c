"""CMS' Hospital General Information (data set xubh-q36u): every hospital that Medicare pays, with its owner. An
owner it does not know is `unknown`; a type it does not know is refused, since not all of CMS' rows are hospitals.

Knows the layouts of 2016 to today. It has no coordinates: a new hospital stands at its ZIP code's centre until HIFLD
says better. Names come in capitals and are written plainly, unless the directory has the same name already.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from agents.importers.report import Report
from agents.importers.store import Rows
from agents.importers.table_file import Line
from streams.directory.files import hospital_id, zip_code
from streams.directory.hospital import Kind, Ownership
from streams.reading.places.names import Zip, fold

LAYOUTS = {
    "id": ("Facility ID", "Provider ID"),
    "name": ("Facility Name", "Hospital Name"),
    "city": ("City/Town", "City"),
    "state": ("State",),
    "zip": ("ZIP Code",),
    "county": ("County/Parish", "County Name"),
    "type": ("Hospital Type",),
    "owner": ("Hospital Ownership",),
    "address": ("Address",),
    "telephone": ("Telephone Number", "Phone Number"),
}
OPTIONAL = ("address", "telephone")
"""Kept beside Earshot's own columns: by them HIFLD's rows are joined. """
TYPES: dict[str, Kind] = {
    "acute care hospitals": "acute",
    "critical access hospitals": "critical_access",
    "childrens": "childrens",
    "psychiatric": "psychiatric",
    "rehabilitation": "rehabilitation",
    "long term": "long_term",
    "rural emergency hospital": "rural_emergency",
    "acute care veterans administration": "veterans",
    "acute care department of defense": "military",
}
OWNERS: dict[str, Ownership] = {
    "government federal": "government_federal",
    "government hospital district or authority": "government_local",
    "government local": "government_local",
    "government state": "government_state",
    "voluntary non profit church": "nonprofit",
    "voluntary non profit other": "nonprofit",
    "voluntary non profit private": "nonprofit",
    "proprietary": "proprietary",
    "physician": "physician",
    "tribal": "tribal",
    "department of defense": "government_federal",
    "veterans health administration": "government_federal",
}
_SMALL = {"of", "and", "the", "at", "for", "in", "on"}
_CAPITALS = {"CHI", "HCA", "MD", "NYU", "SSM", "UAB", "UCLA", "UCSF", "UNC", "UPMC", "USC", "UT", "VA", "II", "III"}
"""Names that are spelled."""
_POSSESSIVE = re.compile(r"(?<=['’])S\b")


def merge(
    hospitals: Rows, lines: Iterable[Line], report: Report, zips: Mapping[str, Zip], states: Collection[str]
) -> Rows:
    """The hospitals with those of the file added and changed. `states`: only these; none: all. Those that the file no
    longer has stay, and are reported; not those whose id is no CCN, which CMS never had."""
    merged = dict(hospitals)
    seen: dict[str, int] = {}
    covered: set[str] = set()
    named: set[str] = set()
    for line in lines:
        report.read += 1
        values = line.values
        if states and values["state"] not in states:
            report.left_out += 1
            continue
        named.add(values["id"])
        try:
            row = _row(values, merged.get((values["id"],)), zips)
        except ValueError as error:
            report.reject(line.number, str(error))
            continue
        id = row["id"]
        if id in seen:
            report.reject(line.number, f"{id} stands on line {seen[id]} already")
            continue
        seen[id] = line.number
        covered.add(row["state"])
        report.note(hospitals.get((id,)), row)
        merged[id,] = row
    report.vanished = [
        f"{row['id']} {row['name']}, {row['city']}, {row['state']}"
        for row in hospitals.values()
        if row["id"] not in named and row["state"] in covered and not row["id"][0].islower()
    ]
    return merged


def _row(values: Mapping[str, str], known: Mapping[str, str] | None, zips: Mapping[str, Zip]) -> dict[str, str]:
    id, code = hospital_id(values["id"]), zip_code(values["zip"])
    kind = TYPES.get(fold(values["type"]))
    if kind is None:
        raise ValueError(f"Hospital Type {values['type']!r} is not known")
    if not values["name"] or not values["city"]:
        raise ValueError("it has no name or city")
    row = dict(known or {"beds": "", "latitude": "", "longitude": ""})
    # What stands at its ZIP code's centre moves with the ZIP code; what was put somewhere better stays.
    if known is None or (row["latitude"], row["longitude"]) == centre(known["zip"], zips):
        place = centre(code, zips)
        if place is None:
            raise ValueError(f"ZIP {code} is not known, so there is no place to put it")
        row["latitude"], row["longitude"] = place
    row |= {
        "id": id,
        "name": _kept(known, "name", values["name"]),
        "city": _kept(known, "city", values["city"]),
        "state": values["state"],
        "zip": code,
        "county": _kept(known, "county", values["county"]),
        # CMS knows no cancer hospitals: they are acute there.
        "kind": "cancer" if known is not None and known["kind"] == "cancer" and kind == "acute" else kind,
        "ownership": OWNERS.get(fold(values["owner"]), "unknown"),
        "checked": "cms",
    }
    row |= {name: values[name] for name in OPTIONAL if values.get(name)}
    return row


def centre(code: str, zips: Mapping[str, Zip]) -> tuple[str, str] | None:
    """Latitude and longitude of a ZIP code, as written for what has none of its own (0.001 degrees: 100 m)."""
    known = zips.get(code)
    return None if known is None else (f"{known.latitude:.3f}", f"{known.longitude:.3f}")


def _kept(known: Mapping[str, str] | None, column: str, theirs: str) -> str:
    """What the folder has, if CMS says the same in capitals."""
    ours = known.get(column, "") if known is not None else ""
    return ours if ours and fold(ours) == fold(theirs) else _plainly(theirs)


def _plainly(name: str) -> str:
    """`GOOD SAMARITAN REGIONAL MEDICAL CENTER` as people write it."""
    return " ".join(_word(at, word) for at, word in enumerate(name.split())) if name.isupper() else name


def _word(at: int, word: str) -> str:
    if word in _CAPITALS:
        return word
    if at and word.lower() in _SMALL:
        return word.lower()
    return _POSSESSIVE.sub("s", word.title())
