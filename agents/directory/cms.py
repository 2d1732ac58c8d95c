"""CMS' Hospital General Information (data set xubh-q36u): every hospital that Medicare pays, with its owner.

Knows the layouts of 2016 to today. It has no coordinates: a new hospital stands at its ZIP code's centre until HIFLD
says better. Names come in capitals and are written plainly, unless the directory has the same name already.
"""

from collections.abc import Collection, Iterable, Mapping

from agents.directory.report import Report
from agents.directory.source import Line
from agents.directory.store import Rows
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
}
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


def merge(
    hospitals: Rows, lines: Iterable[Line], report: Report, zips: Mapping[str, Zip], states: Collection[str]
) -> Rows:
    """The hospitals with those of the file added and changed. `states`: only these; none: all."""
    merged = dict(hospitals)
    seen: dict[str, int] = {}
    for line in lines:
        report.read += 1
        values = line.values
        if states and values["state"] not in states:
            report.left_out += 1
            continue
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
        report.note(hospitals.get((id,)), row)
        if row["ownership"].startswith("government") and row != hospitals.get((id,)):
            report.government.append(id)
        merged[id,] = row
    return merged


def _row(values: Mapping[str, str], known: Mapping[str, str] | None, zips: Mapping[str, Zip]) -> dict[str, str]:
    id, code = hospital_id(values["id"]), zip_code(values["zip"])
    kind = TYPES.get(fold(values["type"]))
    if kind is None:
        raise ValueError(f"Hospital Type {values['type']!r} is not known")
    if not values["name"] or not values["city"]:
        raise ValueError("it has no name or city")
    row = dict(known or {"beds": "", "latitude": "", "longitude": ""})
    moved = known is not None and known["zip"] != code
    if not row["latitude"] or moved:
        centre = zips.get(code)
        if centre is None and not row["latitude"]:
            raise ValueError(f"ZIP {code} is not known, so there is no place to put it")
        if centre is not None and not row["latitude"]:
            row["latitude"], row["longitude"] = f"{centre.latitude:.3f}", f"{centre.longitude:.3f}"
    same = known is not None and fold(known["name"]) == fold(values["name"])
    row |= {
        "id": id,
        "name": known["name"] if known is not None and same else _plainly(values["name"]),
        "city": known["city"]
        if known is not None and fold(known["city"]) == fold(values["city"])
        else _plainly(values["city"]),
        "state": values["state"],
        "zip": code,
        "county": _plainly(values["county"]),
        # CMS knows no cancer hospitals: they are acute there.
        "kind": "cancer" if known is not None and known["kind"] == "cancer" and kind == "acute" else kind,
        "ownership": OWNERS.get(fold(values["owner"]), "unknown"),
        "checked": "cms",
    }
    return row


def _plainly(name: str) -> str:
    """`GOOD SAMARITAN REGIONAL MEDICAL CENTER` as people write it."""
    if not name.isupper():
        return name
    words = [word if "'" not in word else word.capitalize() for word in name.title().split()]
    return " ".join(word.lower() if at and word.lower() in _SMALL else word for at, word in enumerate(words))
