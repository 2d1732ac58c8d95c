"""A post, whatever its source: the only shape that the rest of `reading/` knows.

Made by one module for each source (`x.py`, `bluesky.py`); the rules for hospitals, places, topics and intents take it.
Never leaves the process.
"""

from datetime import datetime

import msgspec


class Post(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One post in Earshot's own terms. Built by keyword: 0.13 us, by position it was 0.07 us."""

    id: str
    at: int
    """The post's own time, seconds since the epoch; -1 when missing or unreadable."""
    text: str
    """Whole text, long form included; of a link that the source shortened, its host: `https://donatelife.net`."""
    author_id: str
    author_handle: str
    """Lower case, without @; empty when the source did not say."""
    author_location: str
    """Profile text as written; empty when there is none."""
    mentions: tuple[str, ...]
    """Handles mentioned, lower case, in order, without @."""
    reply_to: str
    """Id of the post answered; empty when none."""
    reply_to_author: str
    """Author id of the post answered; empty when none."""
    repost: bool
    """A bare repost: it says nothing of its own."""
    geo_country: str
    """ISO country of the post's geo tag; empty when none."""
    geo_name: str
    """Full name of the tagged place, such as `Fargo, ND`; empty when none."""
    geo_type: str
    """X's place type: `city`, `admin`, `country`, `poi`, ...; empty when none."""
    coordinates: tuple[float, float] | None
    """(latitude, longitude) if the post carries exact ones."""
    network: str = "x"
    """Whose account names its handles are."""
    quoted: str = ""
    """Id of the post quoted; empty when none."""
    id_at: int = -1
    """When the post was written by its id, seconds since the epoch; -1 where an id does not say."""
    answers_at: int = -1
    """The same of the post that it answers, else of the one that it quotes."""
    mention_ids: tuple[str, ...] = ()
    """Account ids of `mentions`, one for each, in a network whose accounts are known by them; else empty."""


def seconds_of(moment: str | None) -> int:
    """ISO 8601 with an offset to seconds since the epoch; -1 if missing, unreadable or before it."""
    if moment is None:
        return -1
    try:
        read = datetime.fromisoformat(moment)
    except ValueError:
        return -1
    # Without an offset it would be read by this machine's clock.
    return max(-1, int(read.timestamp())) if read.tzinfo is not None else -1


def link_of(url: str) -> str:
    """A link without what follows its host; empty for another kind of link."""
    scheme, found, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"https://{host.lower()}" if found and scheme.lower() in ("http", "https") and host else ""
