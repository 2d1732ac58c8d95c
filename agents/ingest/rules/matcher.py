"""The wanted rules as a matcher, for a source that sends everything.

Called for each post of such a source, in its reading thread. Matches as X does (tests hold both to each other), with
one exception: it knows no places, so a community `near` somewhere is never matched. Reposts do not come here. Knows no
source's format.
"""

from collections.abc import Iterable
from typing import NamedTuple

from agents.ingest.rules.model import Community, Owners, community_tag, folded, hospitals_tag, spellings, words


class Said(NamedTuple):
    """What rules can see of a post. Identities are lower case: handles without @, or ids."""

    author: str
    author_handle: str
    """Empty if not known, or if `author` is it."""
    mentions: tuple[str, ...]
    reply_to_author: str
    """Whose post is replied to; empty for none."""
    text: str
    hashtags: tuple[str, ...]
    """Without #."""
    languages: tuple[str, ...] = ()
    """As the source names them (`en`, `en-US`); a community with `languages` does not match a post without."""


class LocalRules:
    """Matches posts. Read only."""

    def __init__(self, owners: Owners, communities: Iterable[Community] = ()) -> None:
        """`owners`: of the source's own network."""
        self._tags = [hospitals_tag(ids) for ids in dict.fromkeys(owners.values())]
        number = {tag: place for place, tag in enumerate(self._tags)}
        self._accounts = {name.lower(): number[hospitals_tag(ids)] for name, ids in owners.items()}
        self._languages: dict[int, frozenset[str]] = {}
        self._hashtags: dict[str, list[int]] = {}
        self._phrases: dict[str, list[tuple[list[str], int]]] = {}
        """First word -> (all words, rule)."""
        for community in communities:
            if community.near is None:
                self._add(community, len(self._tags))
                self._tags.append(community_tag(community.name))

    def _add(self, community: Community, rule: int) -> None:
        if community.languages:
            self._languages[rule] = frozenset(community.languages)
        for hashtag in community.hashtags:
            for spelling in spellings(hashtag):
                self._hashtags.setdefault(folded(spelling), []).append(rule)
        for keyword in community.keywords:
            for spelling in spellings(keyword):
                phrase = words(spelling)
                self._phrases.setdefault(phrase[0], []).append((phrase, rule))

    def tags(self, said: Said) -> tuple[str, ...]:
        """The tags of the rules that match, in the rules' order: accounts as in the directory, then communities. None:
        the post is not ours."""
        accounts = self._accounts
        found = {
            accounts[name]
            for name in (said.author, said.author_handle, said.reply_to_author, *said.mentions)
            if name in accounts
        }
        heard: list[int] = []
        if self._hashtags:
            for hashtag in said.hashtags:
                heard += self._hashtags.get(folded(hashtag), ())
        if self._phrases:
            text = words(said.text)
            for place, word in enumerate(text):
                for phrase, rule in self._phrases.get(word, ()):
                    if text[place : place + len(phrase)] == phrase:
                        heard.append(rule)
        spoken = {language.lower().partition("-")[0] for language in said.languages}
        found.update(rule for rule in heard if self._spoken_in(rule, spoken))
        return tuple(self._tags[rule] for rule in sorted(found))

    def _spoken_in(self, rule: int, languages: set[str]) -> bool:
        wanted = self._languages.get(rule)
        return wanted is None or not wanted.isdisjoint(languages)
