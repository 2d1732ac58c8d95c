"""Finds the words of a text that are its author's own: what somebody else said decides no intent.

Called by `lexicon.py`. Topics are found in the whole text, quotations included, because a post may be about what it
quotes. Only double quotes count: a single quote is as often an apostrophe.
"""

import re
from typing import Final

from streams.reading.topics.words import READ_CHARS

QUOTED_WORDS: Final = 4
"""Most words in quotes that are still the author's own: a term, a title or an ironic word."""
OWN_WORDS: Final = 3
"""With fewer words beside a quotation, they only name the quoted person, and the quotation is the post."""

_REPOSTED: Final = re.compile(r"(?<![\w@#])[RQ]T @\w.*", re.DOTALL)
_QUOTED: Final = re.compile(r'"[^"]*"|“[^“”]*”|«[^«»]*»')


def own_words(text: str) -> str:
    """The text without what follows `RT @x` or `QT @x`, and without quotations. Takes any string."""
    reposts = "@" in text and ("RT @" in text or "QT @" in text)
    quotes = text.count('"') > 1 or (not text.isascii() and ("“" in text or "«" in text))
    if not (reposts or quotes):
        return text
    read = text[:READ_CHARS]
    unquoted = _REPOSTED.sub("", read) if reposts else read
    own = _QUOTED.sub(_short_ones, unquoted) if quotes else unquoted
    if own is not unquoted and len(own.split()) < OWN_WORDS:
        own = unquoted
    return own if own != read else text


def _short_ones(quotation: re.Match[str]) -> str:
    return quotation[0] if len(quotation[0].split()) <= QUOTED_WORDS else " "
