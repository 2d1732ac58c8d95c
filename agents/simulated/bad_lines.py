"""Lines that are wrong on purpose, so that demo, chaos and tests can show that nothing dies of one.

Owns the kinds and their order. Called by `stream.py` with a good line at hand.
"""

from itertools import cycle
from typing import Literal, NamedTuple

Kind = Literal["cut", "null", "no_data", "untagged", "huge"]

HUGE_BYTES = 5_000_000
HUGE_EVERY = 50
"""A huge line is a second's worth of a whole stream: rare."""

END = b"\r\n"


class BadLine(NamedTuple):
    """One line, ready to send."""

    kind: Kind
    line: bytes


class BadLines:
    """One bad line after every `every` good ones, kind after kind. `every` 0: none."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._good = 0
        self._made = 0
        self._kinds: cycle[Kind] = cycle(("cut", "null", "no_data", "untagged"))

    def after(self, body: bytes, rule_id: str) -> BadLine | None:
        """The bad line that follows this good one, if one is due. `body` as in `posts.Post`."""
        self._good += 1
        if not self._every or self._good % self._every:
            return None
        self._made += 1
        kind: Kind = "huge" if self._made % HUGE_EVERY == 0 else next(self._kinds)
        return BadLine(kind, bad_line(kind, body, rule_id))


def bad_line(kind: Kind, body: bytes, rule_id: str) -> bytes:
    """A line of that kind, made from a good one, with its end."""
    return _content(kind, body, rule_id) + END


def _content(kind: Kind, body: bytes, rule_id: str) -> bytes:
    match kind:
        case "cut":
            return body[: len(body) // 2]
        case "null":
            return b"null"
        case "no_data":
            return b'{"includes":{"users":[]},"matching_rules":[{"id":"%b"}]}' % rule_id.encode()
        case "untagged":
            # No fault of X's: a rule needs no tag. It is the same post again, and tweepy's own reader ends at it.
            return body + b',"matching_rules":[{"id":"%b"}]}' % rule_id.encode()
        case "huge":
            return body + b',"padding":"%b"}' % (b"x" * HUGE_BYTES)
