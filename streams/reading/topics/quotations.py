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
    plain = text.count('"') > 1
    typed = not text.isascii() and ("“" in text or "«" in text)
    if not (reposts or plain or typed):
        return text
    read = text[:READ_CHARS]
    unquoted = own = _REPOSTED.sub("", read) if reposts else read
    if typed:
        own = _QUOTED.sub(_short_ones, unquoted)
    elif plain:
        own = _without_long_ones(unquoted)
    if own is not unquoted and len(own.split()) < OWN_WORDS:
        own = unquoted
    return own if own != read else text


def _short_ones(quotation: re.Match[str]) -> str:
    return quotation[0] if _is_short(quotation[0]) else " "


def _without_long_ones(text: str) -> str:
    """As `_QUOTED.sub(_short_ones, text)` for a text whose quotes are all ASCII's, in a fourth of the time."""
    parts = text.split('"')
    own = parts[0]
    is_changed = False
    last = len(parts) - 1
    for place in range(1, last, 2):
        quotation = f'"{parts[place]}"'
        if not _is_short(quotation):
            quotation = " "
            is_changed = True
        own = own + quotation + parts[place + 1]
    if not is_changed:
        return text
    return own if last % 2 == 0 else f'{own}"{parts[last]}'


def _is_short(quotation: str) -> bool:
    return len(quotation.split()) <= QUOTED_WORDS
