"""Turns a text into plain words, in which phrases are then looked for: one space around each, nothing else left.

Owns the treatment of case, accents, punctuation, apostrophes, hashtags, handles, emoji and stretched letters. Called by
`phrases.py` for both texts and phrases, so that the two always agree. Knows no phrase's meaning.

A handle is one word that begins with @. A hashtag is `#` and its word; if it is written in capitals, its parts follow
as words (`#WaitTimes`: "# waittimes wait times"). Letters of every script are letters; in scripts without spaces each
sign is a word. Emoji separate words and are dropped, except those that a phrase names.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

READ_CHARS: Final = 2_000
"""Characters of a post that are read, some 350 words. X allows 25,000, but the beginning says what a post is about.
Keeps any text under 2 ms."""

_KEPT_SIGNS = b"@_#"
_SENTENCE_SIGNS = b'.,;:!?\n()"'
_WORDS: Final = bytes(
    code if code >= 128 else ord(chr(code).lower()) if chr(code).isalnum() or code in _KEPT_SIGNS else ord(" ")
    for code in range(256)
)
_CLAUSES: Final = bytes(ord(".") if code in _SENTENCE_SIGNS else sign for code, sign in enumerate(_WORDS))
"""Byte tables: `_CLAUSES` keeps where sentences and their parts end, as a full stop."""
_APOSTROPHES: Final = b"'`"

_FOREIGN: Final = re.compile(rb"&#\d+;(?:&#\d+;)*")
_HASHTAG: Final = re.compile(rb"#([\w\x80-\xff]+)")
_HUMP: Final = re.compile(rb"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_STRETCHED: Final = re.compile(rb"([a-z])\1\1+")
_SIGNS: Final = dict.fromkeys("‘’´ʼ", "") | dict.fromkeys("—–…。、！？；：“”«»¿¡", ".")
"""Apostrophes are dropped; any sign that separates parts of a sentence becomes a full stop."""
_TYPED: Final = "’‘“”…—–"
"""Signs that phones and word processors write in place of ASCII's. In many posts they are nearly all the non-ASCII
characters; replacing them first takes a fifth of the time of folding each."""
_VANISHING = frozenset({"Mn", "Me", "Cf"})
"""Unicode categories of characters that are dropped: accents, enclosing marks, invisible characters."""
REMEMBERED = 65_536
"""Characters whose folding is remembered; when full, the memory is emptied. A few hundred occur."""


class _Folding(dict[bytes, bytes]):
    """Number of a non-ASCII character, in decimal -> what replaces the character, UTF-8."""

    def __init__(self, emoji: frozenset[str] | None) -> None:
        super().__init__()
        self._emoji = emoji

    def __missing__(self, number: bytes) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        # Somebody may have written `&#99999999;`, which is no character.
        code = int(number) if len(number) < 8 else 0
        folded = self[number] = self._fold(chr(code)).encode() if code <= sys.maxunicode else b" "
        return folded

    def _fold(self, char: str) -> str:
        if char in _SIGNS:
            return _SIGNS[char]
        if unicodedata.decomposition(char):
            return "".join(map(self._plain, unicodedata.normalize("NFKD", char)))
        return self._plain(char)

    def _plain(self, char: str) -> str:
        if char.isalnum():
            # A script without spaces: each character is a word, and a phrase is several of them.
            return f" {char} " if unicodedata.east_asian_width(char) == "W" else char.lower()
        kind = unicodedata.category(char)
        if kind in _VANISHING:
            return ""
        if kind == "So" and (self._emoji is None or char in self._emoji):
            return f" {char} "
        return char if kind == "Mc" or char.isascii() else " "


def emoji_of(text: str) -> frozenset[str]:
    """The emoji and other pictorial characters in a text."""
    return frozenset(char for char in text if not char.isascii() and unicodedata.category(char) == "So")


class Words:
    """Turns texts into plain words."""

    def __init__(self, emoji: Iterable[str] | None = None) -> None:
        """`emoji`: those that count as words; None: all of them."""
        self._folding = _Folding(None if emoji is None else frozenset(emoji))

    def letters(self, text: str) -> bytes:
        """Lower-case words, UTF-8, with any number of spaces around each. Takes any string; ignores what is beyond
        `READ_CHARS`."""
        return self._spelt(text).translate(_WORDS, _APOSTROPHES)

    def plain(self, text: str) -> bytes:
        """As `letters`, one space around each word; a single space if there are none."""
        return spaced(self.letters(text))

    def clause_ends(self, text: str) -> list[int]:
        """For each part of a sentence: the number of words of `plain` up to its end."""
        parts = self._spelt(text).translate(_CLAUSES, _APOSTROPHES).split(b".")
        return list(accumulate(len(part.split()) for part in parts))

    def _spelt(self, text: str) -> bytes:
        """The text with non-ASCII characters folded and hashtags split into words."""
        if len(text) > READ_CHARS:
            text = text[:READ_CHARS]
        if "&" in text:
            text = text.replace("&amp;", "&")  # X escapes it
        words = text.encode() if text.isascii() else self._as_ascii(text)
        return _HASHTAG.sub(_with_parts, words).replace(b"#", b" # ") if "#" in text else words

    def _as_ascii(self, text: str) -> bytes:
        for sign in _TYPED:
            if sign in text:
                text = text.replace(sign, _SIGNS[sign])
        # By far the quickest way to find non-ASCII characters: have each written as `&#233;`.
        words = text.encode("ascii", "xmlcharrefreplace")
        return words if text.isascii() else _FOREIGN.sub(self._folded, words)

    def _folded(self, run: re.Match[bytes]) -> bytes:
        numbers = run[0][2:-1]
        if len(numbers) < 7:  # one character; two take seven or more
            return self._folding[numbers]
        return b"".join(map(self._folding.__getitem__, numbers.split(b";&#")))


def _with_parts(hashtag: re.Match[bytes]) -> bytes:
    if hashtag[1].islower() and b"_" not in hashtag[1]:
        return hashtag[0]
    parts = _HUMP.sub(b" ", hashtag[1])
    return b"%b %b " % (hashtag[0], parts) if parts != hashtag[1] else hashtag[0]


def spaced(letters: bytes) -> bytes:
    """Letters with one space around each word."""
    words = b" %b " % letters
    words = words.replace(b"  ", b" ")  # nearly always all there is; split and join cost twice as much
    while b"  " in words:
        words = words.replace(b"  ", b" ")
    return words


def shortened(words: bytes, known: frozenset[bytes]) -> bytes:
    """Plain words with letters written three times or more cut to two or one, if that makes the word a `known` one:
    "sooo goood" becomes "so good"."""
    stretched = {word: _shortened(word, known) for word in set(words.split()) if _STRETCHED.search(word)}
    return b" ".join([stretched.get(word, word) for word in words.split(b" ")])


def _shortened(word: bytes, known: frozenset[bytes]) -> bytes:
    for kept in (rb"\1\1", rb"\1"):
        shorter = _STRETCHED.sub(kept, word)
        if shorter in known:
            return shorter
    return word
