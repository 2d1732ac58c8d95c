"""A post, whatever its source: the only shape that the rest of `reading/` knows.

Made by one module for each source (`x.py`, `bluesky.py`); the rules for hospitals, places, topics and intents take it.
Never leaves the process.
"""

from datetime import UTC, datetime
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


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_LENGTH = 10
"""Of `2026-11-20`: a day alone is no time."""


def moment_of(written: str) -> datetime | None:
    """A time in one of the three forms that files of posts have: ISO 8601, with an offset or without (UTC), and X's old
    one (`Wed Oct 10 20:19:24 +0000 2018`). None for anything else."""
    try:
        read = datetime.fromisoformat(written)
    except ValueError:
        return _old_form(written)
    if read.tzinfo is not None:
        return read
    # This machine's clock has another offset.
    return read.replace(tzinfo=UTC) if len(written) > _DAY_LENGTH else None


def _old_form(written: str) -> datetime | None:
    # Not by strptime, which reads months in this machine's language.
    try:
        _, month, day, clock, offset, year = written.split()
        return datetime.fromisoformat(f"{year}-{_MONTHS.index(month) + 1:02}-{day:0>2}T{clock}{offset}")
    except ValueError:
        return None


def seconds_of(written: str | None) -> int:
    """A time as `moment_of` reads it, in seconds since the epoch; -1 if missing, unreadable or earlier."""
    read = moment_of(written) if written else None
    return max(-1, int(read.timestamp())) if read is not None else -1


def link_of(url: str) -> str:
    """A link cut off after its host; empty if it is not http or https."""
    scheme, found, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return f"https://{host.lower()}" if found and scheme.lower() in ("http", "https") and host else ""
