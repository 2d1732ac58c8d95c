"""X's word that a post is gone: compliance events and the results of its batch jobs become withdrawals on `posts`.

Called by `earshot compliance` and by `agents/ingest/x/compliance/`, which get the lines. X wants what it takes back to
be gone within a day; raw posts expire in a day by themselves, and nothing past `posts` holds an author or a text. So
what is told of a person (an account deleted or protected) has nothing here to be applied to, and is only counted; what
is told of a post reaches all that keeps its id.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from agents.ingest.records import Record
from streams.records import Withdrawal, encode_json
from streams.vocabulary import WITHDRAWN, ComplianceKind, Withdrawn

_POST: dict[str, Withdrawn] = {"delete": "delete", "drop": "drop", "withheld": "withheld"}
_REASONS: dict[str, Withdrawn] = {
    "deleted": "delete", "bounced": "drop", "geo_scrubbed": "scrub_geo", **{one: one for one in WITHDRAWN}
}  # fmt: skip
_OTHER: dict[str, ComplianceKind] = {"undrop": "restored", "tweet_edit": "edited", "post_edit": "edited"}
_ACCOUNT = ("user_", "scrub_geo")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Event(NamedTuple):
    """One line."""

    kind: ComplianceKind
    post: str = ""
    why: Withdrawn = "delete"


def event_of(line: bytes) -> Event:  # noqa: PLR0911 - one return a form
    """Read a line of a compliance stream (`{"data": {"delete": {"tweet": {"id": ...}}}}`) or of a batch job's result
    (`{"id": ..., "action": "delete", "reason": ...}`; X API v2, batch compliance). Never raises."""
    if not line.strip():
        return Event("empty")
    try:
        found = _decode(line)
    except (ValueError, RecursionError):
        return Event("unreadable")
    if "action" in found and (post := _id(found)):
        if found["action"] == "rehydrate":
            return Event("edited")
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
    lines: Iterable[bytes], counts: Counter[ComplianceKind], clock: Callable[[], float] = time.time
) -> Iterable[Record]:
    """The records for `posts`; `counts` is told what every line was. `clock`: seconds since the epoch."""
    for line in lines:
        event = event_of(line)
        counts[event.kind] += 1
        if event.kind == "withdrawn":
            yield record_of(event, clock())


def record_of(event: Event, now: float) -> Record:
    """The withdrawal of an event that is `withdrawn`. `now`: seconds since the epoch."""
    return Record("posts", event.post.encode(), encode_json(Withdrawal(event.post, int(now * 1000), event.why)))


def _id(told: Any) -> str:
    """The id in an object; empty unless it is a decimal number."""
    found = told.get("id") if isinstance(told, Mapping) else None
    text = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 else ""
