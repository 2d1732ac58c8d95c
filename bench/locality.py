"""Decisions a second of one core: profile texts seen before, and never seen (resolved, then decided).

Called by `make bench`; needs no Kafka. Texts are names of US towns beside their state, ZIPs and states, dealt out
over the shipped hospitals.
"""

import gc
import statistics
import time
from collections.abc import Sequence

from streams import directory
from streams.directory import Hospital
from streams.reading.places import names as place_names
from streams.reading.places.locality import Localities
from streams.reading.places.names import PlaceNames
from streams.reading.places.reach import Reaches
from streams.reading.places.resolver import Gazetteer

TEXTS = 20_000
COMMON = 2_000
"""Texts that come again and again, well within every cache."""


def measure(runs: int) -> dict[str, int | str]:
    """The medians of `runs`, as the bench prints them."""
    started = time.perf_counter()
    names, reaches = place_names.load(), Reaches.load()
    load_ms = (time.perf_counter() - started) * 1000
    hospitals = directory.load().hospitals
    pairs = [(text, hospitals[number % len(hospitals)]) for number, text in enumerate(_texts(names))]
    for hospital in hospitals:
        reaches.of(hospital)
    fresh, again = [], []
    for _ in range(runs):
        gazetteer, localities = Gazetteer(names), Localities(reaches)
        fresh.append(_rate(gazetteer, localities, pairs))
        again.append(_rate(gazetteer, localities, pairs[:COMMON] * (TEXTS // COMMON)))
    return {
        "case": "locality",
        "cached_per_s": round(statistics.median(again)),
        "uncached_per_s": round(statistics.median(fresh)),
        "load_ms": round(load_ms),
        "texts": len(pairs),
        "runs": runs,
    }


def _texts(names: PlaceNames) -> list[str]:
    """A hundredth of them ZIPs, the states, else towns; each once."""
    towns = {f"{city.name}, {city.admin1}": None for city in names.cities if city.country == "US"}
    return [*names.codes, *list(names.zips)[:: len(names.zips) // 200], *towns][:TEXTS]


def _rate(gazetteer: Gazetteer, localities: Localities, pairs: Sequence[tuple[str, Hospital]]) -> float:
    resolve, locality = gazetteer.resolve, localities.locality
    gc.collect()
    started = time.process_time()
    for text, hospital in pairs:
        locality(resolve(text), hospital)
    return len(pairs) / (time.process_time() - started)
