"""The words of each language by which a text's form is read: greetings, prepositions, negators, pronouns.

Owns languages.yaml, its checks, and the words of all languages taken together: posts and profiles mix languages, so no
text is assigned to one. To add a language, add a key to that file. Used by `addressed.py`, `intent.py`,
`phrases.py`, `profile_text.py` and `phrase_places.py`, which make sets and patterns of the words. Knows no topic and no
place: taxonomy.yaml has the topics, words.yaml the names of places.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

from streams import yaml_file
from streams.errors import UserError

_CODE = re.compile(r"[a-z]{2,3}")
"""ISO 639: `en`."""


class LanguagesError(UserError):
    """languages.yaml cannot be used. One line: each wrong entry's line number and what is wrong."""


class FunctionWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one language, or of all together. Comments in languages.yaml explain each list; a missing list is
    empty."""

    openers: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    given_to: tuple[str, ...] = ()
    given_elsewhere: tuple[str, ...] = ()
    leading_to: tuple[str, ...] = ()
    located: tuple[str, ...] = ()
    you: tuple[str, ...] = ()

    negators: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()

    fillers: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    contracted: tuple[str, ...] = ()
    care: tuple[str, ...] = ()

    pronouns: tuple[str, ...] = ()
    pronouns_after: tuple[str, ...] = ()
    living: tuple[str, ...] = ()
    living_in: tuple[str, ...] = ()
    now: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    going_to: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    by_way_of: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    past_first: tuple[str, ...] = ()
    past_last: tuple[str, ...] = ()
    not_there: tuple[str, ...] = ()
    house_in: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load() -> FunctionWords:
    """The words of all languages that ship with Earshot. Raises `LanguagesError`."""
    return parse(_shipped())


def parse(text: bytes) -> FunctionWords:
    """The words of all languages in a YAML text together: in the text's order, each once. Raises `LanguagesError` with
    everything that is wrong."""
    try:
        raw = yaml_file.decode(text, dict[str, dict[str, Any]], _check)
    except ValueError as error:
        raise LanguagesError(f"languages.yaml: {error}") from None
    languages = [msgspec.convert(one, FunctionWords) for one in raw.values()]
    return FunctionWords(**{name: _together(name, languages) for name in FunctionWords.__struct_fields__})


def any_of(words: Iterable[str]) -> str:
    """A pattern that matches any one of the words; without words, one that matches nothing."""
    return "|".join(map(re.escape, words)) or r"(?!)"


def _together(name: str, languages: Iterable[FunctionWords]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for one in languages for word in getattr(one, name)))


def _shipped() -> bytes:
    return (resources.files(__name__) / "languages.yaml").read_bytes()


def _check(raw: dict[str, dict[str, Any]]) -> Iterator[yaml_file.Wrong]:
    for language, lists in raw.items():
        if not _CODE.fullmatch(language):
            yield (language,), f"{language!r} is not a language's code such as en"
        wrong: list[yaml_file.Wrong] = []
        words = yaml_file.converted(lists, FunctionWords, (language,), wrong)
        yield from wrong
        if words is not None:
            yield from (((language, *path), f"{language}: {what}") for path, what in _check_words(words))


def _check_words(words: FunctionWords) -> Iterator[yaml_file.Wrong]:
    for name in FunctionWords.__struct_fields__:
        for number, word in enumerate(getattr(words, name)):
            if not word or word != word.strip().lower():
                yield (name, number), f"{word!r} in `{name}` is not a word in lower case"
            elif name == "letters" and not (len(word) == 1 and word.isalpha()):
                yield (name, number), f"{word!r} in `{name}` is not one letter"
