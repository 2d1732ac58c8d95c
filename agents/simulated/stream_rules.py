"""Stream rules as X reads them, for what Earshot uses: `@x`, `to:x`, `from:x`, `-is:retweet`, OR, AND, ().

Owns parsing and matching. Called by `rule_book.py`, and by `search.py`, whose queries are of the same language. A rule
with any other operator is refused, as X refuses what it does not know: a rule that is silently never matched would make
a lie of `matching_rules`.
"""

import re
from collections.abc import Callable, Iterator

Atoms = frozenset[str]
"""What is true of a post: `@mayoclinic`, `to:mayoclinic`, `from:someone`, `is:retweet`; lower case."""
Matches = Callable[[Atoms], bool]

MAX_CHARS = 1024
RETWEET = "is:retweet"

_TOKEN = re.compile(r"\s*(?:(?P<bracket>[()])|(?P<word>[^\s()]+))")
_OPERATOR = re.compile(r"(?:@|to:|from:)[a-z0-9_]{1,15}")


class RuleError(ValueError):
    """A rule that X would refuse; the message says why."""


def parse(value: str, most: int = MAX_CHARS) -> Matches:
    """The predicate of a rule of at most so many characters. AND (a blank) binds before OR. Raises `RuleError`."""
    if not 0 < len(value) <= most:
        raise RuleError(f"a rule has 1 to {most} characters")
    tokens = [match["bracket"] or match["word"] for match in _TOKEN.finditer(value)]
    parser = _Parser(tokens)
    matches, positive = parser.any_of()
    if parser.token is not None:
        raise RuleError(f"unexpected {parser.token!r}")
    if not positive:
        raise RuleError("a rule needs an operator that is not negated")
    return matches


class _Parser:
    """Recursive descent; each part also says whether it requires something that is not negated."""

    def __init__(self, tokens: list[str]) -> None:
        self._rest: Iterator[str] = iter(tokens)
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
        return (lambda atoms: not operators.isdisjoint(atoms) or any(other(atoms) for other in others)), positive

    def _all_of(self) -> tuple[str, Matches, bool]:
        """(operator if it is a single one, predicate, positive)."""
        parts = [self._one()]
        while self.token not in (None, "OR", ")"):
            parts.append(self._one())
        if len(parts) == 1:
            return parts[0]
        predicates = [matches for _, matches, _ in parts]
        return "", (lambda atoms: all(matches(atoms) for matches in predicates)), any(part[2] for part in parts)

    def _one(self) -> tuple[str, Matches, bool]:
        token = self._next().lower()
        if token == "(":  # noqa: S105
            matches, positive = self.any_of()
            if self._next() != ")":
                raise RuleError("a bracket is not closed")
            return "", matches, positive
        if token == f"-{RETWEET}":
            return "", (lambda atoms: RETWEET not in atoms), False
        if not _OPERATOR.fullmatch(token):
            raise RuleError(f"{token!r} is no operator that is simulated")
        return token, (lambda atoms: token in atoms), True
