"""X's word that a post is gone: compliance events and the results of its batch jobs become withdrawals on `posts`.

Called by `earshot compliance apply`. X wants what it takes back to be gone within a day; raw posts expire in a day by
themselves, and nothing past `posts` holds an author or a text. So what is told of a person (an account deleted or
protected) has nothing here to be applied to, and is only counted; what is told of a post reaches all that keeps its id.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from agents.ingest.intake import Record
from streams.records import Withdrawal, encode_json
from streams.vocabulary import WITHDRAWN, Withdrawn

Kind = Literal["withdrawn", "restored", "edited", "account", "empty", "other", "unreadable"]
"""What a line was. `restored` and `edited` change nothing here: counts stay with a post's first version. `account`:
of a person, of whom nothing is kept."""

KINDS: tuple[Kind, ...] = get_args(Kind)
_POST: dict[str, Withdrawn] = {"delete": "delete", "drop": "drop", "withheld": "withheld"}
_REASONS: dict[str, Withdrawn] = {"deleted": "delete", "bounced": "drop", **{one: one for one in WITHDRAWN}}
_OTHER: dict[str, Kind] = {"undrop": "restored", "tweet_edit": "edited", "post_edit": "edited"}
_ACCOUNT = ("user_", "scrub_geo")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Event(NamedTuple):
    """One line."""

    kind: Kind
    post: str = ""
    why: Withdrawn = "delete"


def event_of(line: bytes) -> Event:  # noqa: PLR0911 - one return a form
    """Read a line of a compliance stream (`{"data": {"delete": {"tweet": {"id": ...}}}}`) or of a batch job's result
    (`{"id": ..., "action": "delete", "reason": ...}`). Never raises."""
    if not line.strip():
        return Event("empty")
    try:
        found = _decode(line)
    except (ValueError, RecursionError):
        return Event("unreadable")
    if "action" in found and (post := _id(found)):
        reason = str(found.get("reason") or found["action"])
        return Event("withdrawn", post, _REASONS.get(reason, "delete"))
    told = found.get("data", found)
    for name, what in told.items() if isinstance(told, Mapping) else ():
        if name in _POST and isinstance(what, Mapping):
            post = _id(what.get("tweet") or what.get("post"))
            return Event("withdrawn", post, _POST[name]) if post else Event("unreadable")
        if name in _OTHER:
            return Event(_OTHER[name])
        if name.startswith(_ACCOUNT):
            return Event("account")
    return Event("other")


def withdrawals(
    lines: Iterable[bytes], counts: Counter[Kind], clock: Callable[[], float] = time.time
) -> Iterable[Record]:
    """The records for `posts`; `counts` is told what every line was. `clock`: seconds since the epoch."""
    for line in lines:
        event = event_of(line)
        counts[event.kind] += 1
        if event.kind == "withdrawn":
            withdrawal = Withdrawal(event.post, int(clock() * 1000), event.why)
            yield Record("posts", event.post.encode(), encode_json(withdrawal))


def _id(told: Any) -> str:
    """The id in an object; empty unless it is a decimal number."""
    found = told.get("id") if isinstance(told, Mapping) else None
    text = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 else ""
