"""Resolves where an author is: a profile text or a geo tag becomes a place, or an abstention with its reason.

Called by `streams/reading/reader.py`, once for each post, by `text_places.py` and by `earshot locate`. Splits a profile
text into phrases (`profile_text.py`), has each resolved (`phrase_places.py`) and makes one answer of them
(`answers.py`). Does not know how far a hospital is (`locality.py` does), and reads no post text: an author is not in
every place that the author writes about.

A flag never overrides a town: it tells of roots as often as of a home, and only helps to choose between namesakes.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from streams.reading.places import names as place_names
from streams.reading.places import profile_text
from streams.reading.places.answers import (
    CITY_ONLY,
    TAGGED,
    merged,
    province_place,
)
from streams.reading.places.names import PlaceNames, fold
from streams.reading.places.phrase_places import HOUSED, PhrasePlaces, by_another_name, is_inside
from streams.reading.places.place import Abstention, Place
from streams.reading.post import Post
from streams.vocabulary import Evidence

CACHE = 65_536
"""Texts remembered. The hundred commonest are a third of all profile texts; all are short."""


class Asked(NamedTuple):
    """How often profile texts, and towns that posts name, were asked for since the start."""

    hits: int
    """Answered from memory."""
    misses: int


class Gazetteer:
    """Resolves profile texts and geo tags. Never raises on any string; answers are kept in bounded caches."""

    def __init__(self, names: PlaceNames) -> None:
        self._names = names
        self._phrases = PhrasePlaces(names)
        self._wording = profile_text.shipped()
        self._resolve_cached = lru_cache(CACHE)(self._resolve)
        self._tag_cached = lru_cache(CACHE)(self._tag)

    @classmethod
    def load(cls) -> "Gazetteer":
        """The gazetteer that ships with Earshot. Raises `place_names.GazetteerError`."""
        return cls(place_names.load())

    def resolve(self, text: str) -> Place | Abstention:
        """The place that a profile text means."""
        return self._resolve_cached(text)

    def tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        """The place of a geo tag: ISO country, full name such as `Fargo, ND`, and X's place type."""
        return self._tag_cached(country, name, kind)

    def asked(self) -> Asked:
        """Hits and misses of the memory of texts; any thread."""
        counts = self._resolve_cached.cache_info()
        return Asked(counts.hits, counts.misses)

    def at(self, latitude: float, longitude: float, evidence: Evidence) -> Place | Abstention:
        """The place of exact coordinates (degrees), named after the nearest listed city within 50 km."""
        if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0.0, 0.0):
            return Abstention("junk")
        near = self._names.nearest(latitude, longitude)
        if near is None:
            return Place("", "", "", latitude, longitude, "coordinates", evidence, TAGGED)
        city = near[0]
        return Place(
            city.country, city.admin1, city.name, latitude, longitude, "coordinates", evidence, TAGGED, "",
            city.county, city.hsa, city.hrr,
        )  # fmt: skip

    def _tag(self, country: str, name: str, kind: str) -> Place | Abstention:
        found: Place | Abstention = Abstention("empty")
        if name and kind != "country":
            found = self._phrases.resolve(name, country)
        if isinstance(found, Place) and country in ("", found.country):
            return msgspec.structs.replace(found, evidence="geo_tag", confidence=TAGGED)
        if country:
            return Place(country, "", "", None, None, "country", "geo_tag", TAGGED)
        return found

    def _resolve(self, text: str) -> Place | Abstention:  # noqa: PLR0911 - one return a rule
        text = text.strip()[: profile_text.LONGEST]
        if not text:
            return Abstention("empty")
        if point := profile_text.coordinates(text):
            return self.at(*point, "profile")
        flags, text = profile_text.flags(text)
        flagged = [province_place(flag) for flag in flags]
        country = flagged[0].country if len({one.country for one in flagged}) == 1 else ""
        text = profile_text.whole(text, self._wording)
        name = fold(text)
        if name in self._names.junk or not name:
            text = ""
        head = profile_text.before_near(text, self._wording)
        if head and is_inside(near := self._phrases.resolve(head, country)):
            return near  # "Moorhead, MN near Fargo"
        parts = [text]
        if name not in self._names.aliases and name not in self._names.alone:
            parts = [part for part in profile_text.parts(text, self._wording) if fold(part)]
        found = [self._phrases.resolve(part, country) for part in self._phrases.outdoors(parts, country)]
        if country and parts and (said := self._said_elsewhere(parts, country)):
            return said
        if (
            len(found) > 1
            and profile_text.travelling(text, self._wording)
            and any(isinstance(one, Abstention) for one in found)
        ):
            return Abstention("multi")
        if country or not any(isinstance(one, Place) for one in found):
            found += flagged
        if any(by_another_name(one, text) for one in found) and any(isinstance(one, Abstention) for one in found):
            return Abstention("ambiguous")  # "Villa/Kanto"
        return merged(found) if found else Abstention("junk")

    def _said_elsewhere(self, parts: list[str], flag: str) -> Place | Abstention | None:
        """The town or state that the words name in another country than the flag beside them, which tells of the
        author's roots. None if the words fit the flag, or name nothing; `multi` for a bare name of a small town."""
        if any(is_inside(self._phrases.resolve(part, flag)) for part in parts):
            return None
        said = merged([self._phrases.resolve(part, "") for part in self._phrases.outdoors(parts, "")])
        if not isinstance(said, Place) or not is_inside(said):
            return None
        sure = said.confidence > CITY_ONLY or self._phrases.inhabitants(said) >= HOUSED
        return said if sure else Abstention("multi")


def place_of(post: Post, gazetteer: Gazetteer) -> Place | Abstention:
    """Where a post's author is: by the post's coordinates, else its geo tag, else the profile text."""
    if post.coordinates is not None:
        return gazetteer.at(*post.coordinates, "geo_tag")
    if post.geo_name or post.geo_country:
        place = gazetteer.tag(post.geo_country, post.geo_name, post.geo_type)
        if isinstance(place, Place):
            return place
    return gazetteer.resolve(post.author_location)
