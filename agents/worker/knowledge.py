"""What posts are read by, loaded from the settings' files: the directory, and the words.

Called by `directory_watch.py` at start and after an edit, and by whatever reads posts as a worker does. Watches
nothing. A `Known` never changes: an edit makes another.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import msgspec

from streams.directory import Directory, Hospital, hours
from streams.errors import UserError
from streams.figures.about import About, Names, abouts
from streams.indicators.business_hours import BusinessHours
from streams.indicators.time_zones import TimeZones
from streams.reading.reader import Reader
from streams.reading.topics.communities import Communities
from streams.reading.topics.lexicon import Lexicon
from streams.settings import Settings, variable
from streams.tables.questions import OpenMs

PartitionsOf = Callable[[Directory], Mapping[str, int]]
"""A directory's hospitals -> the partition of `mentions` of each."""


class Known(msgspec.Struct, frozen=True):
    """All that a worker knows of hospitals and words at one moment; ids are those of one directory."""

    reader: Reader
    partition_of: Mapping[str, int]
    """Hospital id -> its partition of `mentions`."""
    keys: Mapping[str, bytes]
    """Hospital id -> its key there."""
    shown: frozenset[str]
    """Ids of the hospitals that have series of their own on /metrics."""
    residents: Mapping[str, int]
    """Hospital id -> people in its service area (HSA), by the gazetteer; only hospitals whose HSA is known."""
    about: Mapping[str, About]
    """Hospital id -> what its figures need to know of it."""
    offices: Mapping[str, OpenMs]
    """Hospital id -> when its office is open; only hospitals whose ZIP code has a time zone."""


def load_words(settings: Settings, directory: Directory) -> Lexicon:
    """The words that the settings name. Raises `UserError`."""
    return Lexicon.load(settings.taxonomy_file, settings.hospital_topics_file, directory.by_id)


def names(reader: Reader) -> Names:
    """What is counted, by name, as the reader's words have it."""
    taxonomy, communities = reader.lexicon.taxonomy, Communities.load()
    return Names(
        topics=tuple(sorted(taxonomy.operational | taxonomy.safety)),
        service_lines=tuple(sorted(taxonomy.service_line)),
        communities=tuple(sorted(communities.by_id.keys() - communities.about_health)),
        health_communities=tuple(sorted(communities.about_health)),
    )


def known(settings: Settings, reader: Reader, partitions: PartitionsOf) -> Known:
    """What follows from a reader's directory. Raises `UserError` for business hours that cannot be."""
    hospitals = reader.directory.hospitals
    residents = {one.id: people for one in hospitals if (people := reader.residents(one))}
    zones = {one.id: zone for one in hospitals if (zone := _time_zones().of(one.zip)) is not None}
    about = abouts(
        hospitals,
        residents,
        reader.region,
        lambda one: zones.get(one.id),
        lambda one: one.hours or settings.business_hours,
    )
    return Known(
        reader=reader,
        partition_of=partitions(reader.directory),
        keys={one.id: one.id.encode() for one in hospitals},
        shown=reader.directory.shown(settings.metrics_hospitals),
        residents=residents,
        about=about,
        offices=_offices(settings, hospitals, zones),
    )


@lru_cache(maxsize=1)
def _time_zones() -> TimeZones:
    return TimeZones.load()


def _offices(settings: Settings, hospitals: Iterable[Hospital], zones: Mapping[str, str]) -> dict[str, OpenMs]:
    try:
        hours.parse(settings.business_hours)
    except UserError as error:
        raise UserError(f"{variable('business_hours')}: {error}") from None
    # One for all hospitals of a zone that have the same hours: it remembers days.
    made: dict[tuple[str, str], OpenMs] = {}
    found: dict[str, OpenMs] = {}
    for one in hospitals:
        if (zone := zones.get(one.id)) is not None:
            text = one.hours or settings.business_hours
            if (zone, text) not in made:
                made[zone, text] = BusinessHours(zone, hours.parse(text)).open_ms
            found[one.id] = made[zone, text]
    return found
