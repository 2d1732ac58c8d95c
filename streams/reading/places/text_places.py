"""Finds the places that a post's text names: where something happens or someone is headed, not where the author is.

Called by `streams/reading/reader.py`. The result has a field of its own and never replaces the author's place: a nurse
in Fargo who writes about Rochester, MN is still in Fargo. Only a town with its state counts ("in Fargo, ND", "Fargo,
North Dakota"): a bare name in a sentence is too often an ordinary word. Knows no hospital.
"""

import re
from collections.abc import Iterable

import msgspec

from streams.reading.places.names import PlaceNames
from streams.reading.places.place import Place
from streams.reading.places.resolver import Gazetteer

MOST = 4
"""Most places taken from one text."""


class MentionedPlaces:
    """Finds the places that texts name. Costs under 2 us for a post that names none."""

    def __init__(self, names: PlaceNames, gazetteer: Gazetteer) -> None:
        states = sorted((name.title() for name in names.state_names), key=len, reverse=True)
        tail = "|".join([*sorted(names.codes), *states])
        # Look for a comma and a state first, which are rare; the town stands before them.
        self._state = re.compile(rf", ?(?=[A-Z])({tail})(?!\w)")
        self._gazetteer = gazetteer

    def of(self, text: str) -> tuple[Place, ...]:
        """The towns that the text names, each once, in order. Takes any string."""
        if "," not in text:
            return ()
        found: dict[Place, None] = {}
        for match in self._state.finditer(text):
            for town in _endings(text[max(0, match.start() - 60) : match.start()]):
                place = self._gazetteer.resolve(f"{town}, {match[1]}")
                if isinstance(place, Place) and place.precision == "city":
                    found[msgspec.structs.replace(place, evidence="none")] = None
                    break
            if len(found) == MOST:
                break
        return tuple(found)


def _endings(before: str) -> Iterable[str]:
    """Texts that may be a town's name: the last one to four words before a comma, the longest first."""
    words: list[str] = []
    for word in reversed(before.split(" ")):
        capital = any(map(str.isupper, word))
        if len(words) == 4 or not (capital or (words and word in ("of", "du", "la", "de"))):
            break
        words.insert(0, word)
    return (" ".join(words[start:]) for start in range(len(words)))
