"""Which row of HIFLD's file belongs to which hospital of the directory.

Called by `hifld.py`. HIFLD has no CCN, so name, town, ZIP code, street and telephone decide, and what kind of hospital
it is. One row a hospital: an open one before a closed one, the better match before the worse. Two hospitals that one
row fits equally well leave it without any: a wrong place is worse than none. Knows no coordinates.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from agents.importers.hospital_names import Name, likeness, name_of, shared, street, telephone, town
from agents.importers.table_file import Line

_GENERAL = frozenset({"GENERAL ACUTE CARE", "CRITICAL ACCESS", "SPECIAL", "WOMEN", "CHRONIC DISEASE"})
FITS: Mapping[str, frozenset[str]] = {
    "acute": _GENERAL,
    "critical_access": _GENERAL,
    "rural_emergency": _GENERAL,
    "cancer": _GENERAL,
    "childrens": frozenset({"CHILDREN", "GENERAL ACUTE CARE", "SPECIAL"}),
    "psychiatric": frozenset({"PSYCHIATRIC", "SPECIAL"}),
    "rehabilitation": frozenset({"REHABILITATION", "SPECIAL"}),
    "long_term": frozenset({"LONG TERM CARE", "CHRONIC DISEASE", "SPECIAL"}),
    "veterans": frozenset({"MILITARY", "GENERAL ACUTE CARE"}),
    "military": frozenset({"MILITARY", "GENERAL ACUTE CARE"}),
}
"""Kind of the directory -> HIFLD's types that may be the same hospital."""

IMPLIED: Mapping[str, frozenset[str]] = {
    "psychiatric": frozenset({"behavioral", "recovery", "detox"}),
    "rehabilitation": frozenset({"rehabilitation", "encompass"}),
    "long_term": frozenset({"extended", "kindred", "long", "ltac", "ltach", "select", "specialty", "term", "vibra"}),
    "childrens": frozenset({"children"}),
    "veterans": frozenset({"veterans"}),
    "cancer": frozenset({"cancer"}),
}
"""Kind of the directory -> words that its name may have or not."""
_ITS_OWN = frozenset({0, 1, 2, 3, 4, 6})
"""Ranks of `_rank` that make a further row a copy; by the others it may be a neighbour in the same house."""


class _House(NamedTuple):
    """A hospital, of either file."""

    name: Name
    city: str
    zip: str
    state: str
    street: str
    phone: str


class Joined(NamedTuple):
    """What became of the rows."""

    rows: dict[str, Line]
    """Hospital id -> its row."""
    copies: list[tuple[Line, str]]
    """A further row of a hospital that has a better one, and the hospital's id."""
    unmatched: list[Line]
    """Open rows that belong to no hospital for certain."""
    closed: list[Line]
    """Closed rows that no hospital needs."""


def join(hospitals: Iterable[Mapping[str, str]], lines: Sequence[Line]) -> Joined:
    """Join rows, of which each has a good ZIP code, to hospitals of the directory."""
    near: dict[str, list[tuple[str, str, _House]]] = defaultdict(list)
    for row in hospitals:
        if row["kind"] in FITS:
            house = _of_directory(row)
            for key in {house.zip, f"{house.state}/{house.city}", f"{house.state}/{house.phone}"}:
                near[key].append((row["id"], row["kind"], house))
    fits: list[tuple[int, bool, int, str]] = []
    ranks: dict[int, dict[str, int]] = {}
    for at, line in enumerate(lines):
        there = _of_hifld(line.values)
        keys = (there.zip, f"{there.state}/{there.city}", f"{there.state}/{there.phone}" if there.phone else "")
        closed = line.values["status"] == "CLOSED"
        found = {id: (kind, house) for key in keys for id, kind, house in near.get(key, ())}
        ranks[at] = {
            id: rank
            for id, (kind, house) in found.items()
            if (rank := _rank(house, there, kind, line.values.get("type", ""))) is not None
        }
        fits += [(rank, closed, at, id) for id, rank in ranks[at].items() if _stands(found[id][1], there, closed)]
    taken: dict[str, int] = {}
    used: set[int] = set()
    for rank, _, at, id in sorted(fits, key=lambda one: (one[1], one[0], one[2])):
        rivals = [other for other, its in ranks[at].items() if its == rank and other not in taken]
        if at not in used and id not in taken and rivals == [id]:
            taken[id] = at
            used.add(at)
    copies, unmatched, closed_lines = [], [], []
    for at, line in enumerate(lines):
        if at in used:
            continue
        better = [id for id, rank in ranks[at].items() if id in taken and rank in _ITS_OWN]
        if better:
            copies.append((line, min(better, key=lambda id: ranks[at][id])))
        elif line.values["status"] == "CLOSED":
            closed_lines.append(line)
        else:
            unmatched.append(line)
    return Joined({id: lines[at] for id, at in taken.items()}, copies, unmatched, closed_lines)


def _rank(ours: _House, theirs: _House, kind: str, type_: str) -> int | None:
    """How sure it is that two houses are one, 0 the surest; None where it is not."""
    alike = likeness(ours.name, theirs.name)
    same_zip, same_city = ours.zip == theirs.zip, ours.city == theirs.city
    here, fits = same_zip or same_city, type_ in FITS[kind] or not type_
    same_street = here and bool(ours.street) and ours.street == theirs.street
    same_phone = bool(ours.phone) and ours.phone == theirs.phone
    signs = same_street + same_phone
    if alike == "same" and here and (fits or same_zip or signs):
        return 0 if signs else 1 if same_zip else 2
    if not ((fits or signs == 2) and (here or same_phone)):
        return None
    if signs:
        if alike != "other":
            return 3
        if _same_sort(ours, theirs, kind) and (same_street or shared(ours.name, theirs.name)):
            return 4 if signs == 2 else 5  # renamed
    if alike == "close" and (same_zip or not _moved(ours, theirs)):
        return 6
    # A longer name may be another house of the same owner.
    elsewhere = _moved(ours, theirs) and ours.phone and theirs.phone
    return 7 if alike == "part" and same_zip and not elsewhere else None


def _stands(ours: _House, theirs: _House, closed: bool) -> bool:
    """Whether a row's place is the hospital's: where a closed house stood, or one in another town, says nothing of one
    in another street."""
    elsewhere = closed or (ours.zip != theirs.zip and ours.city != theirs.city)
    return not (elsewhere and _moved(ours, theirs))


def _moved(ours: _House, theirs: _House) -> bool:
    """Whether the two stand in different streets."""
    return bool(ours.street and theirs.street) and ours.street != theirs.street


def _same_sort(ours: _House, theirs: _House, kind: str) -> bool:
    return not (ours.name.sorts ^ theirs.name.sorts) - IMPLIED.get(kind, frozenset())


def _of_directory(row: Mapping[str, str]) -> _House:
    return _House(
        name_of(row["name"], row["city"]), town(row["city"]), row["zip"], row["state"],
        street(row.get("address", "")), telephone(row.get("telephone", "")),
    )  # fmt: skip


def _of_hifld(values: Mapping[str, str]) -> _House:
    city = values.get("city", "")
    return _House(
        name_of(values["name"], city), town(city), values["zip"], values.get("state", ""),
        street(values.get("address", "")), telephone(values.get("telephone", "")),
    )  # fmt: skip
