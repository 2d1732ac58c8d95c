"""X's word that a post is gone: compliance events and the results of its batch jobs become withdrawals on `posts`.

Called by `earshot compliance` and by `agents/ingest/x/compliance/`, which get the lines. X wants what it takes back to
be gone within a day; raw posts expire in a day by themselves, and nothing past `posts` holds an author or a text. What
is told of a post reaches all that keeps its id. What is told of an account (deleted, protected, suspended, withheld,
its places scrubbed) reaches its posts: which those are is not known here. Whoever gets such an event keeps its author
in memory and nowhere else.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
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
_ACCOUNT: dict[str, Withdrawn] = {
    "user_delete": "deactivated", "user_protect": "protected", "user_suspend": "suspended", "user_withheld": "withheld",
    "scrub_geo": "scrub_geo",
}  # fmt: skip
_PERSON: dict[str, ComplianceKind] = {
    "user_undelete": "restored", "user_unprotect": "restored", "user_unsuspend": "restored"
}  # fmt: skip
_decode = msgspec.json.Decoder(dict[str, Any]).decode

EVERY_POST = 10**20
"""More than any id: X's are 64-bit numbers."""
_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""An id of X is the ms since then, times 2^22, and a number within the ms (X API, "X IDs")."""
_SLACK_MS = 60_000
"""Added to the time of an event: X tells some to the second only, and its clocks are several."""


class Event(NamedTuple):
    """One line."""

    kind: ComplianceKind
    post: str = ""
    why: Withdrawn = "delete"
    author: int = 0
    """Of an `account`: its id. Never to be logged, written or made a label."""
    up_to: int = EVERY_POST
    """Of an `account`: its posts up to this id are withdrawn, none that it wrote later."""


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
        if name in _ACCOUNT:
            return _account(_ACCOUNT[name], what)
        if name.startswith("user_"):
            return Event(_PERSON.get(name, "profile"))
    return Event("other")


def withdrawals(
    lines: Iterable[bytes], counts: Counter[ComplianceKind], account: Callable[[Event], None],
    clock: Callable[[], float] = time.time,
) -> Iterable[Record]:  # fmt: skip
    """The records for `posts` of what is told of posts; `counts` is told what every line was, `account` gets each event
    of one. `clock`: seconds since the epoch."""
    for line in lines:
        event = event_of(line)
        counts[event.kind] += 1
        if event.kind == "withdrawn":
            yield record_of(event, clock())
        elif event.kind == "account":
            account(event)


def record_of(event: Event, now: float) -> Record:
    """The withdrawal of an event that is `withdrawn`. `now`: seconds since the epoch."""
    return Record("posts", event.post.encode(), encode_json(Withdrawal(event.post, int(now * 1000), event.why)))


def _account(why: Withdrawn, what: Any) -> Event:
    """`{"user": {"id": ...}, "event_at": ...}`; `scrub_geo` says beside it up to which post."""
    author = _id(what.get("user")) if isinstance(what, Mapping) else ""
    if not author:
        return Event("unreadable")
    if why != "scrub_geo":
        return Event("account", "", why, int(author), _last_before(what.get("event_at")))
    up_to = _id({"id": what.get("up_to_tweet_id") or what.get("up_to_post_id")})
    return Event("account", "", why, int(author), int(up_to)) if up_to else Event("unreadable")


def _last_before(written: Any) -> int:
    """The highest id that a post of that time has: an account may come back, and what it writes then stays. An event
    may come late, or twice. Every post where the time cannot be read."""
    try:
        moment = datetime.fromisoformat(written)
        passed = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000) - _SNOWFLAKE_EPOCH_MS
    except (TypeError, ValueError, OverflowError):
        return EVERY_POST
    return (passed + _SLACK_MS + 1 << 22) - 1 if passed > 0 else EVERY_POST


def _id(told: Any) -> str:
    """The id in an object; empty unless it is a decimal number."""
    found = told.get("id") if isinstance(told, Mapping) else None
    text = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 else ""
