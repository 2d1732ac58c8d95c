"""Stream rules as X reads them, for what Earshot uses: accounts, keywords, "phrases", hashtags, languages, places,
`-is:retweet`, OR, AND, ().

Owns parsing and matching. Called by `rule_book.py`, and by `search.py`, whose queries are of the same language. A rule
with any other operator is refused, as X refuses what it does not know: a rule that is silently never matched would make
a lie of `matching_rules`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from agents.simulated.post_view import Seen, is_within, row_of

Matches = Callable[[Seen], bool]

MAX_CHARS = 1024
MOST_MILES = 25.0
"""Of `point_radius`."""
RETWEET = "is:retweet"

_PIECE = re.compile(
    r'\s*(?:(?P<bracket>[()])|(?P<other>(?:place:)?"[^"]*"|point_radius:\[[^\]]*\]|[^\s()"]+))(?P<rest>(?=[\s()]|$))?'
)
_ACCOUNT = re.compile(r"(?:@|to:|from:)[a-z0-9_]{1,15}")
_HASHTAG = re.compile(r"#\w+")
_LANGUAGE = re.compile(r"lang:[a-z]{2,3}")
_POINT = re.compile(r"point_radius:\[(-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?) (\d+(?:\.\d+)?)(mi|km)\]")


class RuleError(ValueError):
    """A rule that X would refuse; the message says why."""


def parse(value: str, most: int = MAX_CHARS) -> Matches:
    """The predicate of a rule of at most so many characters. AND (a blank) binds before OR. Raises `RuleError`."""
    if not 0 < len(value) <= most:
        raise RuleError(f"a rule has 1 to {most} characters")
    parser = _Parser(_pieces(value))
    matches, positive = parser.any_of()
    if parser.token is not None:
        raise RuleError(f"unexpected {parser.token!r}")
    if not positive:
        raise RuleError("a rule needs an operator that may stand alone")
    return matches


def _pieces(value: str) -> Iterator[str]:
    place, end = 0, len(value.rstrip())
    while place < end:
        found = _PIECE.match(value, place)
        if found is None or (found["other"] and found["rest"] is None):
            raise RuleError(f"a quote, bracket or blank is missing at character {place + 1}")
        yield found["bracket"] or found["other"]
        place = found.end()


class _Parser:
    """Recursive descent; each part also says whether it requires something that may stand alone."""

    def __init__(self, tokens: Iterator[str]) -> None:
        self._rest = tokens
        self.token: str | None = next(self._rest, None)

    def _next(self) -> str:
        token = self.token
        if token is None:
            raise RuleError("unexpected end")
        self.token = next(self._rest, None)
        return token

    def any_of(self) -> tuple[Matches, bool]:
        parts = [self._all_of()]
        while self.token == "OR":  # noqa: S105 - no password
            self._next()
            parts.append(self._all_of())
        operators = frozenset(atom for atom, _, _ in parts if atom)
        others = [matches for atom, matches, _ in parts if not atom]
        positive = all(part_positive for _, _, part_positive in parts)
        # Nearly all of a rule is one long OR of operators: one look at a set.
        return (lambda seen: not operators.isdisjoint(seen.atoms) or any(other(seen) for other in others)), positive

    def _all_of(self) -> tuple[str, Matches, bool]:
        """(operator if it is a single one, predicate, positive)."""
        parts = [self._one()]
        while self.token not in (None, "OR", ")"):
            parts.append(self._one())
        if len(parts) == 1:
            return parts[0]
        predicates = [matches for _, matches, _ in parts]
        return "", (lambda seen: all(matches(seen) for matches in predicates)), any(part[2] for part in parts)

    def _one(self) -> tuple[str, Matches, bool]:
        token = self._next()
        if token == "(":  # noqa: S105
            matches, positive = self.any_of()
            if self._next() != ")":
                raise RuleError("a bracket is not closed")
            return "", matches, positive
        return _operator(token)


def _operator(token: str) -> tuple[str, Matches, bool]:
    """As `_Parser._all_of`."""
    if token in ("OR", "AND", "NOT"):
        raise RuleError(f"unexpected {token!r}")
    atom = token.lower()
    if atom == f"-{RETWEET}":
        return "", (lambda seen: RETWEET not in seen.atoms), False
    if _LANGUAGE.fullmatch(atom):
        return atom, (lambda seen: atom in seen.atoms), False
    if atom.startswith("point_radius:"):
        return "", _around(atom), True
    if atom.startswith("place:"):
        atom = f"place:{_place(atom.removeprefix('place:'))}"
    elif _HASHTAG.fullmatch(token):
        atom = f"#{folded_tag(token[1:])}"
    elif not _ACCOUNT.fullmatch(atom):
        return _keyword(token)
    return atom, (lambda seen: atom in seen.atoms), True


def _keyword(token: str) -> tuple[str, Matches, bool]:
    row = row_of(_unquoted(token))
    if row == " ":
        raise RuleError(f"{token!r} has no word")
    return "", (lambda seen: row in row_of(seen.text)), True


def folded_tag(tag: str) -> str:
    """A hashtag without #, as it is compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", tag).casefold())


def _unquoted(token: str) -> str:
    """A phrase without its quotes, or a keyword, which may have no punctuation outside of them."""
    if token.startswith('"'):
        return token[1:-1]
    if any(unicodedata.category(char)[0] not in "LNM" for char in token):
        raise RuleError(f"{token!r} is no operator that is simulated, and a keyword of more than letters needs quotes")
    return token


def _place(name: str) -> str:
    if not name.strip('"'):
        raise RuleError("place: without a name")
    return " ".join(name.strip('"').split())


def _around(token: str) -> Matches:
    found = _POINT.fullmatch(token)
    if found is None:
        raise RuleError("point_radius is [longitude latitude radius], the radius with mi or km")
    longitude, latitude, radius = (float(found[number]) for number in (1, 2, 3))
    miles = radius if found[4] == "mi" else radius / 1.609344
    if not (abs(longitude) <= 180 and abs(latitude) <= 90 and 0 < miles <= MOST_MILES):
        raise RuleError(f"point_radius is out of bounds: at most {MOST_MILES:.0f} mi")
    return lambda seen: seen.box is not None and is_within(seen.box, longitude, latitude, miles)
