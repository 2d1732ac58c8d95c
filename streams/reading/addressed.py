"""Whom a post is tied to: the hospitals of its handles, how each is tied, and whether the post speaks to it.

Called by the reader, first of all rules. Knows the directory's handles and the labelling rules for "addressed"; names
of hospitals without a handle are not looked for. A repost says nothing of its own and is tied to nobody.
"""

from streams.directory import Directory, Hospital
from streams.reading.post import Post
from streams.vocabulary import Relation

Tie = tuple[Hospital, Relation, bool]
"""A hospital, how the post is tied to it, and whether it is addressed."""

# fmt: off
_OPENERS = frozenset({
    "hi", "hey", "hello", "dear", "yo", "thanks", "thank", "you", "thx", "ty", "gracias", "hola", "attn", "cc",
    "so", "ok", "and", "well", "please", "pls", "plz",
})
"""Words that may stand before a handle which still opens the post."""
_THANKS = frozenset({
    "thanks", "thank", "thx", "ty", "gracias", "dear", "hey", "hi", "hello", "hola", "attn", "kudos", "props",
    "shoutout", "bravo", "please", "pls",
})
"""Words that, right before a handle anywhere, speak to it."""
_LEADING_TO = frozenset({
    "at", "to", "from", "with", "by", "for", "of", "in", "on", "the", "my", "your", "our", "a", "an", "near", "via",
    "and", "or", "than", "about", "inside", "outside", "into", "vs", "like", "is", "was", "are", "told", "called",
    "visited", "love", "hate", "en", "de", "del", "al", "con", "por", "para", "el", "la", "mi",
})
"""Words after which a handle is part of the sentence, not a closing tag."""
_YOU = frozenset({
    "you", "your", "youre", "yours", "yall", "u", "ur", "please", "pls", "thanks", "thank", "tu", "su", "ustedes",
    "usted", "gracias",
})
"""Words that speak to somebody."""
# fmt: on
_STOPS = frozenset('.!?…\n:;,—–-)"”')
_PLAIN_ENDS = frozenset({"", " ", ",", ".", "!", "?", ":", "\n"})
_WORD_SIGNS = "¡¿.,!?;:…\"'“”‘’()[]-–—*~>"


def hospitals_of(post: Post, directory: Directory) -> tuple[Tie, ...]:
    """The hospitals a post is tied to, one entry each: author before replied before mentioned, then in order of
    mention."""
    if post.repost:
        return ()
    by_handle = directory.by_handle
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
                    # A second handle of the same hospital may be the one that is spoken to.
                    ties[hospital.id] = (hospital, "mentioned", addresses(post.text, handle))
        # The author answered is the first handle; whoever else is mentioned in a reply is mentioned.
        answered = False
    return tuple(ties.values())


def addresses(text: str, handle: str) -> bool:
    """Whether a text speaks to `@handle` (lower case, without @): it opens with it, closes with it as a tag, or calls
    it.

    A handle that is the subject or a place in mid-sentence, or is not in the text at all, is not spoken to.
    """
    lower = text.lower()
    tag = f"@{handle}"
    start = lower.find(tag)
    if start == 0 and lower[len(tag) : len(tag) + 1] in _PLAIN_ENDS:
        return True  # what most posts look like
    while start >= 0:
        end = start + len(tag)
        after = lower[end : end + 1]
        if not (after.isalnum() or after == "_") and _speaks(lower, start, end):
            return True
        start = lower.find(tag, end)
    return False


def _speaks(lower: str, start: int, end: int) -> bool:
    before = [word for word in (part.strip(_WORD_SIGNS) for part in lower[:start].split()) if word]
    if all(word[0] == "@" or word in _OPENERS or not any(map(str.isalpha, word)) for word in before):
        return True
    last = before[-1]
    if last in _THANKS or (last == "to" and before[-2:-1] and before[-2] in _THANKS | {"out"}):
        return True
    boundary = lower[:start].rstrip()[-1:]
    if last == "you" and before[-2:-1] == ["thank"]:
        return True
    rest = [word for word in (part.strip(_WORD_SIGNS) for part in lower[end:].split()) if word]
    if all(word[0] in "@#" or word.startswith("http") or not any(map(str.isalpha, word)) for word in rest):
        return boundary in _STOPS or last not in _LEADING_TO
    if boundary in _STOPS:
        # Called in mid-text: "..., @handle, ..." or a sentence that opens with it and speaks to somebody.
        return lower[end : end + 1] in {",", "?", "!"} or "?" in lower[end:] or not _YOU.isdisjoint(rest)
    return False
