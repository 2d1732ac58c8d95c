"""The wanted rules in X's words: stream rules and search queries.

Owns the wording and the packing under X's limits. Called by `rule_plan.py`. X's syntax (X API v2, building
a rule): a blank is AND and binds before OR, so every OR stands in brackets; what is not one plain word stands in
quotes; `lang:` and `-is:` need something beside them. Does not know what stands at X.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from agents.ingest.rules.model import (
    Community,
    Owners,
    Place,
    Point,
    RuleSet,
    communities_of,
    community_tag,
    hospitals_tag,
    spellings,
)

MAX_QUERY_CHARS = 512
"""Of `search/recent`, X API v2, pay-per-use."""

_EXCLUDED = "-is:retweet"
"""A bare repost says nothing of its own."""
_OPERATORS = frozenset({"or", "and", "not"})


class Rule(msgspec.Struct, frozen=True, order=True):
    """One stream rule; the same value with another tag is another rule."""

    value: str
    tag: str


def stream_rules(wanted: RuleSet, most_chars: int) -> tuple[Rule, ...]:
    """The rules that bring every post to, from and about the accounts, and those of the communities.

    Accounts are packed in the directory's order and communities stand alone, so a hospital that is appended changes one
    rule only. No value occurs twice: X takes none twice.
    """
    return tuple(_rules(wanted.accounts["x"], wanted.communities, most_chars))


def queries(wanted: RuleSet) -> tuple[str, ...]:
    """The same for search, in pieces that it takes, and with every account whatever its dates: search looks back."""
    return tuple(rule.value for rule in _rules(wanted.ever["x"], wanted.communities, MAX_QUERY_CHARS))


def _rules(owners: Owners, communities: Sequence[Community], most: int) -> Iterator[Rule]:
    for handles, value in _packed({handle: _heard(handle) for handle in owners}, _EXCLUDED, most):
        yield Rule(value, hospitals_tag(dict.fromkeys(hospital for handle in handles for hospital in owners[handle])))
    tags: dict[str, str] = {}
    for community in communities:
        for value in _of_community(community, most):
            # Two communities may want the same.
            tags[value] = community_tag(*communities_of(tags.get(value, "")), community.name)
    yield from (Rule(value, tag) for value, tag in tags.items())


def _heard(handle: str) -> str:
    # X's `@x` finds mentions, `to:x` replies: a reply need not mention (facts of the X API v2, operators).
    return f"@{handle} OR to:{handle} OR from:{handle}"


def _of_community(community: Community, most: int) -> Iterator[str]:
    conditions = [_near(community.near)] if community.near is not None else []
    if community.languages:
        conditions.append(_any_of([f"lang:{language}" for language in dict.fromkeys(community.languages)]))
    rest = " ".join([*conditions, _EXCLUDED])
    terms = [_quoted(one) for keyword in community.keywords for one in spellings(keyword)]
    terms += [f"#{one}" for hashtag in community.hashtags for one in spellings(hashtag)]
    if not terms:
        yield rest
    yield from (value for _, value in _packed({term: term for term in terms}, rest, most))


def _packed(terms: Mapping[str, str], rest: str, most: int) -> Iterator[tuple[list[str], str]]:
    """(what is in it, value) for as many values of at most so many characters as the terms need. `terms`: what may
    stand in one OR with others, by what it is for. One alone may be longer; whoever makes them sees to that."""
    some: list[str] = []
    for term in terms:
        if some and len(_any_of([*(terms[one] for one in some), terms[term]])) + 1 + len(rest) > most:
            yield some, f"{_any_of([terms[one] for one in some])} {rest}"
            some = []
        some.append(term)
    if some:
        yield some, f"{_any_of([terms[one] for one in some])} {rest}"


def _any_of(terms: Sequence[str]) -> str:
    """In brackets, if there is an OR in it."""
    joined = " OR ".join(terms)
    return f"({joined})" if len(terms) > 1 or " OR " in joined else joined


def _quoted(keyword: str) -> str:
    plain = all(unicodedata.category(char)[0] in "LNM" for char in keyword)
    return keyword if plain and keyword.lower() not in _OPERATORS else f'"{keyword}"'


def _near(near: Point | Place) -> str:
    if isinstance(near, Place):
        return f"place:{_quoted(near.name)}"
    return f"point_radius:[{near.longitude:.4f} {near.latitude:.4f} {near.miles}mi]"
