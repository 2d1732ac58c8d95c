"""`earshot locate`: the place that a profile text means, how near it is to a hospital, and why.

Owns what is shown; `streams/reading/places/` finds the place and the tier. The text is the command's own argument or
file, so it may be shown.
"""

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import track

from agents.cli import named as hospitals
from streams import directory
from streams.directory import Directory, Hospital
from streams.errors import UserError
from streams.reading.places import names as place_names
from streams.reading.places.locality import RULES, Localities, Locality
from streams.reading.places.markets import Market, Markets
from streams.reading.places.names import PlaceNames, fold
from streams.reading.places.place import Abstention, Place
from streams.reading.places.reach import KM_PER_MILE, Reaches
from streams.reading.places.resolver import Gazetteer
from streams.settings import Settings
from streams.vocabulary import ABSTAINED_BECAUSE, Abstained, Precision

_READ_AS: dict[Precision, str] = {
    "coordinates": "coordinates",
    "zip": "a ZIP code",
    "county": "a county beside its state",
    "admin1": "a state or province",
    "country": "a country",
}
"""A town may be read in several ways: `_read_as`."""
_PIECES = re.compile(r"[,/|;()]")
_CANDIDATES = 5
"""Shown of each name."""
_LONG = 2_000
"""Rows from which a bar is worth it: under a second."""


class Candidate(msgspec.Struct, frozen=True):
    """A city that some words of the text are the name of."""

    words: str
    name: str
    admin1: str
    country: str
    population: int


class MarketShown(msgspec.Struct, frozen=True):
    """A service area or referral region."""

    id: str
    name: str
    population: int


class HospitalShown(msgspec.Struct, frozen=True):
    """The hospital, and what its tiers are decided by. Miles."""

    id: str
    name: str
    hsa: MarketShown | None
    hrr: MarketShown | None
    r_local: float
    r_regional: float
    psa_zips: int
    ssa_zips: int


class Explained(msgspec.Struct, frozen=True):
    """Everything about one text."""

    location: str
    place: Place | None
    abstained: Abstained | None
    read_as: str
    """What the text was taken for; empty if for nothing."""
    candidates: list[Candidate]
    """Largest first, for each part of the text that names a city."""
    hospital: HospitalShown | None = None
    locality: Locality | None = None


class Row(msgspec.Struct, frozen=True):
    """One text of many: the columns of what `--csv` writes. Empty or None where there is nothing to say."""

    location: str
    hospital: str
    tier: str
    rule: str
    confidence: int | None
    distance_km: int | None
    precision: str
    evidence: str
    country: str
    admin1: str
    county: str
    city: str
    abstained: str


class Atlas:
    """Everything that is loaded to answer, once."""

    def __init__(self, known: Directory) -> None:
        self.names = place_names.known(known.crosswalk)
        self.gazetteer = Gazetteer(self.names)
        self.markets = Markets(self.names.zips.values())
        self.reaches = Reaches(self.names, self.markets)
        self.localities = Localities(self.reaches)


@click.command()
@click.argument("text", required=False)
@click.option("--hospital", "named", default="", help="The hospital: its id, an @handle, or part of its name.")
@click.option(
    "--csv",
    "file",
    type=click.Path(path_type=Path),
    help="Read many texts from a CSV file with the column location and, if you like, hospital.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each text.")
@click.pass_obj
def locate(settings: Settings, text: str | None, named: str, file: Path | None, as_json: bool) -> None:
    """Show the place that TEXT means, how near it is to a hospital, and which rule decided.

    With --csv, print one CSV row (or JSON line) for each row of the file. --hospital then holds for the rows that name
    no hospital.
    """
    if (text is None) == (file is None):
        raise click.UsageError("give one TEXT, or --csv FILE")
    known = directory.load(settings.directory_folder)
    hospital = hospitals.find(known, named) if named else None
    atlas = Atlas(known)
    if file is not None:
        rows = _answers(_texts(file, known, hospital), atlas)
        if as_json:
            for row in rows:
                click.echo(msgspec.json.encode(row))
        else:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(Row.__struct_fields__)
            writer.writerows(msgspec.structs.astuple(row) for row in rows)
        return
    explained = _explained(text or "", hospital, atlas)
    if as_json:
        click.echo(msgspec.json.encode(explained))
        return
    for label, line in _told(explained):
        click.echo(f"{label:<10} {line}")


def _explained(text: str, hospital: Hospital | None, atlas: Atlas) -> Explained:
    place = atlas.gazetteer.resolve(text)
    return Explained(
        location=text,
        place=place if isinstance(place, Place) else None,
        abstained=place.reason if isinstance(place, Abstention) else None,
        read_as=_read_as(text, place, atlas.names) if isinstance(place, Place) else "",
        candidates=list(_candidates(text, atlas.names)),
        hospital=_hospital_shown(hospital, atlas) if hospital else None,
        locality=atlas.localities.locality(place, hospital) if hospital else None,
    )


def _read_as(text: str, place: Place, names: PlaceNames) -> str:
    if place.precision != "city":
        return _READ_AS[place.precision]
    whole = fold(text)
    if whole in names.aliases:
        return "a name that people have for the town"
    if called := names.candidates(whole):
        return f"a name alone, by far the largest of {len(called)}" if len(called) > 1 else "a name alone, of one town"
    return "a town beside what it lies in"


def _candidates(text: str, names: PlaceNames) -> Iterator[Candidate]:
    """The cities of the text's name, and of the name of each of its parts."""
    for words in dict.fromkeys(fold(part) for part in (text, *_PIECES.split(text))):
        for city, _ in names.candidates(words)[:_CANDIDATES]:
            yield Candidate(words, city.name, city.admin1, city.country, city.population)


def _hospital_shown(hospital: Hospital, atlas: Atlas) -> HospitalShown:
    reach = atlas.reaches.of(hospital)
    return HospitalShown(
        id=hospital.id,
        name=hospital.name,
        hsa=_market(atlas.markets.hsa(reach.hsa)),
        hrr=_market(atlas.markets.hrr(reach.hrr)),
        r_local=round(reach.local_km / KM_PER_MILE, 1),
        r_regional=round(reach.regional_km / KM_PER_MILE, 1),
        psa_zips=len(hospital.psa),
        ssa_zips=len(hospital.ssa),
    )


def _market(market: Market | None) -> MarketShown | None:
    return MarketShown(market.id, market.name, market.population) if market else None


def _told(explained: Explained) -> Iterator[tuple[str, str]]:
    """What a person reads, (label, line)."""
    place, hospital, locality = explained.place, explained.hospital, explained.locality
    for one in explained.candidates:
        where = ", ".join(part for part in (one.name, one.admin1, one.country) if part)
        yield "candidate", f"{one.words!r}: {where} ({one.population:,} people)"
    if place:
        where = ", ".join(part for part in (place.city, place.admin1, place.country) if part)
        yield "place", f"{where or 'far from every town'}, {place.confidence} % sure"
        yield "read as", explained.read_as
        known = {"ZIP": place.zip, "county": place.county, "HSA": place.hsa, "HRR": place.hrr}
        if any(known.values()):
            yield "lies in", "; ".join(f"{what} {value}" for what, value in known.items() if value)
    elif explained.abstained:
        yield "place", f"none: {explained.abstained}, {ABSTAINED_BECAUSE.words[explained.abstained].meaning}"
    if not hospital or not locality:
        return
    yield "hospital", f"{hospital.id} {hospital.name}"
    for kind, market in (("HSA", hospital.hsa), ("HRR", hospital.hrr)):
        yield "", f"{kind} {market.id} {market.name}, {market.population:,} people" if market else f"{kind} unknown"
    yield "", f"local to {hospital.r_local} miles, regional to {hospital.r_regional} miles"
    if hospital.psa_zips or hospital.ssa_zips:
        yield "", f"its own lists: {hospital.psa_zips} ZIPs in the PSA, {hospital.ssa_zips} in the SSA"
    if locality.distance_km >= 0:
        yield "distance", f"{locality.distance_km / KM_PER_MILE:.0f} miles ({locality.distance_km} km)"
    yield "rule", f"{locality.rule}: {RULES[locality.rule].words}"
    yield "tier", locality.tier + (f", {locality.confidence} % sure" if locality.confidence else "")


def _texts(file: Path, known: Directory, default: Hospital | None) -> list[tuple[str, Hospital | None]]:
    """(text, hospital) of every row. Raises `UserError` with the line that names an unknown hospital."""
    texts: list[tuple[str, Hospital | None]] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if "location" not in (reader.fieldnames or ()):
                raise UserError(f"{file}: its header has no column location")
            for row in reader:
                try:
                    hospital = hospitals.find(known, named) if (named := row.get("hospital")) else default
                except UserError as error:
                    raise UserError(f"{file}, line {reader.line_num}: {error}") from None
                texts.append((row["location"] or "", hospital))
            return texts
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{file}: is not UTF-8; save it as CSV, UTF-8") from None
    except csv.Error as error:
        raise UserError(f"{file}, line {reader.line_num}: {error}") from None


def _answers(texts: list[tuple[str, Hospital | None]], atlas: Atlas) -> Iterator[Row]:
    console = Console(stderr=True)
    shown = console.is_terminal and len(texts) >= _LONG
    for text, hospital in track(texts, "locating", console=console, disable=not shown):
        place = atlas.gazetteer.resolve(text)
        found = place if isinstance(place, Place) else None
        locality = atlas.localities.locality(place, hospital) if hospital else None
        yield Row(
            location=text,
            hospital=hospital.id if hospital else "",
            tier=locality.tier if locality else "",
            rule=locality.rule if locality else "",
            confidence=locality.confidence if locality else found.confidence if found else None,
            distance_km=locality.distance_km if locality and locality.distance_km >= 0 else None,
            precision=found.precision if found else "",
            evidence=found.evidence if found else "",
            country=found.country if found else "",
            admin1=found.admin1 if found else "",
            county=found.county if found else "",
            city=found.city if found else "",
            abstained=place.reason if isinstance(place, Abstention) else "",
        )
