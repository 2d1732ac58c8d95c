"""The accounts of the simulated X: hospitals as they are addressed, and a crowd that is made up, near and far.

Owns who lives where. Called by `posts.py`. Knows nothing of what anyone writes.
"""

import random
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
import yaml

from streams.directory import Directory, Hospital
from streams.indicators.time_zones import TimeZones

CROWD = 1500
"""People who write; enough that most of a minute's posts come from different ones."""
NEAR, ELSEWHERE, ABROAD, JUNK = 0.58, 0.80, 0.86, 0.93
"""Upper bounds of the shares: in a hospital's own city, elsewhere in the US, abroad, no place; the rest say nothing."""

ZONE = "America/Chicago"
"""Of a hospital whose ZIP code says none: in the middle."""


class Target(msgspec.Struct, frozen=True):
    """A hospital as people address it. `handle`: lower case, without @; `state`: two letters."""

    id: str
    handle: str
    name: str
    city: str
    state: str
    zone: str = ZONE
    """IANA name."""
    brand: str = ""
    """The account of its brand, when that is not `handle`; several hospitals may share it."""


class Account(NamedTuple):
    """An account, and its user object as X sends it."""

    id: str
    username: str
    json: msgspec.Raw


def targets(directory: Directory) -> tuple[Target, ...]:
    """The directory's hospitals by their first handle; those without one cannot be addressed."""
    zones = TimeZones.load()
    return tuple(_target(one, zones) for one in directory.hospitals if one.accounts["x"])


def _target(one: Hospital, zones: TimeZones) -> Target:
    handle, *others = one.accounts["x"]
    brand = next((other.handle for other in others if other.role == "brand"), "")
    zone = zones.of(one.zip) or ZONE
    return Target(one.id, handle.handle, one.name, one.city, one.state, zone, brand)


def content() -> dict[str, Any]:
    """`content.yaml`, read anew."""
    text = files(__package__).joinpath("content.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    return loaded


def hospital_account(number: int, target: Target) -> Account:
    """The hospital's own account."""
    location = f"{target.city}, {target.state}"
    return _account(
        str(9_000_000 + number), target.handle, target.name, location, f"{target.name}. Not monitored 24/7."
    )


def brand_account(number: int, handle: str) -> Account:
    """The account of a brand."""
    return _account(str(9_500_000 + number), handle, handle, "", "")


def crowd(rng: random.Random, words: dict[str, Any], homes: tuple[Target, ...]) -> list[Account]:
    """`CROWD` people. The same `rng` makes the same people."""
    people = []
    for number in range(CROWD):
        first, last = rng.choice(words["first_names"]), rng.choice(words["last_names"])
        # At most 15 characters, as X wants it, and no two alike.
        username = f"{first[:5]}{last[:5]}_{number}"
        people.append(
            _account(
                str(100_000_000 + number * 7919),
                username,
                f"{first} {last}",
                _home(rng, words, rng.choice(homes)),
                rng.choice(words["about"]),
            )
        )
    return people


def _home(rng: random.Random, words: dict[str, Any], near: Target) -> str:
    """A profile's location text; empty when there is none."""
    draw = rng.random()
    if draw < NEAR:
        full = words["states"].get(near.state, near.state)
        styles = (f"{near.city}, {near.state}", f"{near.city}, {full}", near.city, f"{near.city} {near.state}", full)
        return rng.choices(styles, (60, 15, 12, 8, 5))[0]
    for bound, kind in ((ELSEWHERE, "elsewhere"), (ABROAD, "abroad"), (JUNK, "junk")):
        if draw < bound:
            home: str = rng.choice(words["homes"][kind])
            return home
    return ""


def _account(user_id: str, username: str, name: str, location: str, about: str) -> Account:
    user: dict[str, Any] = {"id": user_id, "username": username, "name": name, "protected": False, "verified": False}
    if location:
        user["location"] = location
    if about:
        user["description"] = about
    user["public_metrics"] = {
        "followers_count": int(user_id) % 997,
        "following_count": int(user_id) % 389,
        "tweet_count": int(user_id) % 7321,
        "listed_count": int(user_id) % 7,
    }
    return Account(user_id, username, msgspec.Raw(msgspec.json.encode(user)))
