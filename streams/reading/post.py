"""A post, whatever its source: the only shape that the rest of `reading/` knows.

Made by one module for each source (`x.py`, `bluesky.py`); the rules for hospitals, places, topics and intents take it.
Never leaves the process.
"""

from typing import Literal

import msgspec

from streams.vocabulary import WrongPart

Standing = Literal["post", "no_post", "withheld"]
"""What a payload is: a post, none, or a placeholder that its source put in the place of a post that it withholds."""


class Post(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One post in Earshot's own terms. Built by keyword: 0.13 us, by position it was 0.07 us."""

    id: str
    at: int
    """The post's own time, seconds since the epoch: as its source says, else by its id; -1 where neither tells."""
    text: str
    """Whole text, long form included. A link that the source shortened stands as its host: `https://donatelife.net`."""
    author_id: str
    author_handle: str
    """Lower case, without @; empty when the source did not say."""
    author_location: str
    """Profile text as written; empty when there is none."""
    mentions: tuple[str, ...]
    """Handles that the post mentions: lower case, in order, without @."""
    reply_to: str
    """Id of the post that this one answers; empty when none."""
    reply_to_author: str
    """Id of that post's author; empty when none."""
    repost: bool
    """Whether it only repeats another post, without words of its own."""
    geo_country: str
    """ISO country of the post's geo tag; empty when none."""
    geo_name: str
    """Full name of the tagged place, such as `Fargo, ND`; empty when none."""
    geo_type: str
    """X's place type: `city`, `admin`, `country`, `poi`, ...; empty when none."""
    coordinates: tuple[float, float] | None
    """(latitude, longitude) if the post carries exact ones."""
    network: str = "x"
    """The network that the handles belong to: a key of `streams.vocabulary.NETWORKS`."""
    quoted: str = ""
    """Id of the post that this one quotes; empty when none."""
    id_at: int = -1
    """When the post was written, by its id, seconds since the epoch; -1 if ids do not tell."""
    answers_at: int = -1
    """The same for the post that it answers, else for the one that it quotes."""
    mention_ids: tuple[str, ...] = ()
    """Account ids of `mentions`, one for each, if the network identifies accounts by id; else empty."""
    wrong: tuple[WrongPart, ...] = ()
    """Parts whose value means nothing, and which count as unknown."""


def link_of(url: str) -> str:
    """A link cut off after its host; empty if it is not http or https."""
    scheme, found, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"https://{host.lower()}" if found and scheme.lower() in ("http", "https") and host else ""
