"""Ties a post to hospitals by its handles: to which, how, and whether the post speaks to each.

Called by `reader.py`, before all other rules, and by `earshot tag` and `agents/evaluation/posts.py`. Knows the
directory's accounts and the labelling rules for "addressed". Does not look for names of hospitals without a handle. A
repost says nothing of its own and is tied to nobody.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

from streams.directory import Directory, Hospital
from streams.reading import languages
from streams.reading.languages import FunctionWords
from streams.reading.post import Post
from streams.vocabulary import NETWORKS, Relation

Tie = tuple[Hospital, Relation, bool]
"""A hospital, how the post is tied to it, and whether the post addresses it."""

_GIVEN_REACH = 10
"""Most words between giving and the handle: "shout out to the whole night crew of the ER at"."""
_STOPS = frozenset('.!?…\n:;,—–-)"”')
_PLAIN_ENDS = frozenset({"", " ", ",", ".", "!", "?", ":", "\n"})
_WORD_SIGNS = "¡¿.,!?;:…\"'“”‘’()[]-–—*~>"


class AddressWords:
    """The words that show whether a text speaks to a handle, as sets; languages.yaml says what each is."""

    def __init__(self, words: FunctionWords) -> None:
        self.openers = frozenset(words.openers)
        self.called = frozenset(words.called)
        self.given = frozenset(words.given)
        self.given_to = frozenset(words.given_to)
        self.given_elsewhere = frozenset(words.given_elsewhere)
        self.leading_to = frozenset(words.leading_to)
        self.located = frozenset(words.located)
        self.you = frozenset(words.you)


@lru_cache(maxsize=1)
def _shipped() -> AddressWords:
    return AddressWords(languages.load())


def hospitals_of(post: Post, directory: Directory) -> tuple[Tie, ...]:
    """The hospitals a post is tied to, one entry each: author before replied before mentioned, then in order of
    mention."""
    if post.repost:
        return ()
    by_handle = directory.accounts[post.network]
    if NETWORKS[post.network].by_id:
        return _by_id(post, by_handle)
    ties: dict[str, Tie] = {}
    for hospital in by_handle.get(post.author_handle, ()):
        ties[hospital.id] = (hospital, "author", False)
    answered = bool(post.reply_to)
    for handle in post.mentions:
        hospitals = by_handle.get(handle)
        if hospitals is not None:
            for hospital in hospitals:
                if hospital.id not in ties:
                    if answered:
                        ties[hospital.id] = (hospital, "replied", True)
                    else:
                        ties[hospital.id] = (hospital, "mentioned", addresses(post.text, handle))
                elif ties[hospital.id][1:] == ("mentioned", False):
                    # The post may address the hospital by its second handle.
                    ties[hospital.id] = (hospital, "mentioned", addresses(post.text, handle))
        # The first handle is the author answered; a reply only mentions the others.
        answered = False
    return tuple(ties.values())


def _by_id(post: Post, by_account: Mapping[str, tuple[Hospital, ...]]) -> tuple[Tie, ...]:
    """As `hospitals_of`, in a network where the directory may know an account by its id, its handle or both."""
    ties: dict[str, Tie] = {one.id: (one, "author", False) for one in by_account.get(post.author_id, ())}
    answered = bool(post.reply_to_author)
    for account, handle in zip(post.mention_ids, post.mentions, strict=True):
        for hospital in (*by_account.get(account, ()), *by_account.get(handle, ())):
            known = ties.get(hospital.id)
            if answered:
                ties.setdefault(hospital.id, (hospital, "replied", True))
            elif known is None or known[1:] == ("mentioned", False):
                spoken_to = bool(handle) and addresses(post.text, handle)
                ties[hospital.id] = (hospital, "mentioned", spoken_to)
        answered = False
    return tuple(ties.values())


def addresses(text: str, handle: str, words: AddressWords | None = None) -> bool:
    """Whether a text speaks to `@handle` (lower case, without @): it opens with the handle, ends with it as a tag,
    or calls it.

    It does not if the handle is the subject or a place in mid-sentence, or is missing. `words`:
    without them, the shipped languages. Raises `LanguagesError`.
    """
    lower = text.lower()
    tag = f"@{handle}"
    start = lower.find(tag)
    if start == 0 and lower[len(tag) : len(tag) + 1] in _PLAIN_ENDS:
        return True  # what most posts look like
    while start >= 0:
        end = start + len(tag)
        after = lower[end : end + 1]
        if not (after.isalnum() or after == "_") and _speaks(lower, start, end, words or _shipped()):
            return True
        start = lower.find(tag, end)
    return False


def is_about(text: str, handle: str, topics: Collection[str], words: AddressWords | None = None) -> bool:
    """Whether a text with `@handle` (lower case, without @) is about the hospital, not merely located there: it speaks
    to the hospital, has one of its `topics`, or names it other than as a place."""
    tag = f"@{handle}"
    lower = text.lower()
    if tag not in lower:
        return False
    if topics or addresses(text, handle, words):
        return True
    before = [word.strip(_WORD_SIGNS) for word in lower[: lower.find(tag)].split()[-3:]]
    return (words or _shipped()).located.isdisjoint(before)


def _speaks(lower: str, start: int, end: int, words: AddressWords) -> bool:
    before = _words_in(lower[:start])
    if all(word[0] == "@" or word in words.openers or not any(map(str.isalpha, word)) for word in before):
        return True
    last = before[-1]
    boundary = lower[:start].rstrip()[-1:]
    if last in words.called or (boundary not in _STOPS and _is_given(before, words)):
        return True
    rest = _words_in(lower[end:])
    if all(word[0] in "@#" or word.startswith("http") or not any(map(str.isalpha, word)) for word in rest):
        return boundary in _STOPS or last not in words.leading_to
    if lower[end : end + 1] == "," and last not in words.leading_to:
        return True
    if boundary in _STOPS:
        # Called in mid-text: "..., @handle, ...", or a sentence that opens with the handle and asks or says "you".
        return lower[end : end + 1] in {",", "?", "!"} or "?" in lower[end:] or not words.you.isdisjoint(rest)
    return False


def _words_in(text: str) -> list[str]:
    words: list[str] = []
    for part in text.split():  # not a generator, which costs more than the rest of it
        word = part.strip(_WORD_SIGNS)
        if word:
            words.append(word)
    return words


def _is_given(before: list[str], words: AddressWords) -> bool:
    """Whether the words before a handle give it something: "huge thanks to everyone at"."""
    near = before[-_GIVEN_REACH:]
    for place in range(len(near) - 1, -1, -1):
        word = near[place]
        if word in words.given_elsewhere:
            return False
        if word in words.given:
            return not words.given_to.isdisjoint(near[place + 1 : place + 4])
    return False
