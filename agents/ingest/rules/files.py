"""The wanted rules, read from the directory and from the YAML of community queries.

Called at start, by `earshot rules` and `earshot doctor`, and by `watch.py` after an edit. Owns what may stand in the
file; a wrong entry is named with its line, and nothing of the file is used then. Knows no source.

    fargo_births:
      keywords: [maternity ward, midwife, "labor and delivery"]
      hashtags: [fargobirths]
      languages: [en]
      near: {hospital: "350070", miles: 25}
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from agents.ingest.rules.model import Community, Place, Point, RuleSet, words
from streams import directory, yaml_file
from streams.directory import Directory
from streams.errors import UserError
from streams.settings import Settings, variable

MOST_MILES = 25
"""X API v2, `point_radius`."""
MOST_CHARS = 100
"""Of a keyword, hashtag or place: so that one alone, with all else that a query may have, fits a search of 512."""
MOST_LANGUAGES = 10
"""For the same reason."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_HASHTAG = re.compile(r"\w+")
_QUOTED = re.compile(r"[\w\s'.,&/+-]+")
"""What may stand between X's quotes without meaning anything to X."""


class QueriesError(UserError):
    """The community queries cannot be used. One line: each wrong entry's line number and what is wrong."""


class _Near(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hospital: str = ""
    miles: int = MOST_MILES
    place: str = ""


class _Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keywords: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    near: _Near | None = None


def load(settings: Settings, day: str = "") -> RuleSet:
    """What the settings' files want on a day, `2026-11-24`; none: with every account, whatever its dates.

    Raises `UserError`: the directory's, or `QueriesError`.
    """
    hospitals = directory.load(settings.directory_folder)
    name = settings.community_queries_file
    if not name:
        return RuleSet.of(hospitals, day)
    try:
        text = Path(name).read_bytes()
    except OSError as error:
        raise QueriesError(f"{variable('community_queries_file')}={name} cannot be read: {error.strerror}") from None
    return RuleSet.of(hospitals, day, parse(text, hospitals, name))


def parse(text: bytes, hospitals: Directory, name: str) -> tuple[Community, ...]:
    """The communities of a YAML text, in its order; one of nothing but comments has none.

    `hospitals`: those that there are; `name`: of the file. Raises `QueriesError` with everything that is wrong.
    """
    if all(not line.strip() or line.lstrip().startswith(b"#") for line in text.splitlines()):
        return ()
    try:
        queries = yaml_file.decode(text, dict[str, Any], lambda found: _check(found, hospitals))
    except ValueError as error:
        raise QueriesError(f"{name}: {error}") from None
    return tuple(
        _community(name, msgspec.convert(query, _Query, strict=False), hospitals) for name, query in queries.items()
    )


def _community(name: str, query: _Query, hospitals: Directory) -> Community:
    near: Point | Place | None = None
    if query.near is not None and query.near.place:
        near = Place(query.near.place)
    elif query.near is not None:
        hospital = hospitals.by_id[query.near.hospital]
        near = Point(hospital.longitude, hospital.latitude, query.near.miles)
    return Community(name, query.keywords, query.hashtags, query.languages, near)


def _check(queries: dict[str, Any], hospitals: Directory) -> Iterator[yaml_file.Wrong]:
    for name, raw in queries.items():
        if not _NAME.fullmatch(name):
            yield (name,), f"the name {name!r} is not 1 to 40 of a-z, 0-9, _ and -"
        wrong: list[yaml_file.Wrong] = []
        query = yaml_file.converted(raw, _Query, (name,), wrong)
        if query is not None:
            wrong += (((name, *path), what) for path, what in _check_query(query, hospitals))
        yield from ((path, f"query {name}: {what}") for path, what in wrong)


def _check_query(query: _Query, hospitals: Directory) -> Iterator[yaml_file.Wrong]:
    if not query.keywords and not query.hashtags and query.near is None:
        yield (), "it has neither keywords nor hashtags nor near"
    for number, keyword in enumerate(query.keywords):
        if why := _unusable(keyword):
            yield ("keywords", number), f"the keyword {keyword!r} {why}"
    for number, tag in enumerate(query.hashtags):
        if not _HASHTAG.fullmatch(tag) or tag.isdigit() or len(tag) > MOST_CHARS:
            yield ("hashtags", number), f"the hashtag {tag!r} is not one word without #"
    for number, language in enumerate(query.languages):
        if not _LANGUAGE.fullmatch(language):
            yield ("languages", number), f"the language {language!r} is not two letters such as en"
    if len(query.languages) > MOST_LANGUAGES:
        yield ("languages",), f"more than {MOST_LANGUAGES} languages: leave them all out"
    if query.near is not None:
        yield from ((("near", *path), what) for path, what in _check_near(query.near, hospitals))


def _check_near(near: _Near, hospitals: Directory) -> Iterator[yaml_file.Wrong]:
    if bool(near.hospital) == bool(near.place):
        yield (), "near is a hospital or a place, one of them"
    elif near.place and (why := _unusable(near.place)):
        yield ("place",), f"the place {near.place!r} {why}"
    elif near.hospital and near.hospital not in hospitals.by_id:
        yield ("hospital",), f"hospital {near.hospital} is not in the directory"
    if not 1 <= near.miles <= MOST_MILES:
        yield ("miles",), f"miles is not 1 to {MOST_MILES}"


def _unusable(text: str) -> str:
    """Why a keyword or place cannot be looked for; empty if it can."""
    if text.startswith(("#", "@", "$")):
        return "begins with a sign: hashtags go without # under `hashtags`, accounts into the directory"
    if not words(text):
        return "has no word"
    if len(text) > MOST_CHARS:
        return f"has more than {MOST_CHARS} characters"
    if not _QUOTED.fullmatch(text):
        return "has a character that X might read as its own: use letters, digits, blanks and ' . , & / + -"
    return ""
