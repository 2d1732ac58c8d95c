"""What one line of X's compliance says: an event of its streams, or a result of a batch job about posts or accounts.

Called by `agents/cli/compliance.py`, `check.py` and `live_streams.py`, which get the lines. X wants what it takes back
to be gone within a day; raw posts expire in a day by themselves, and nothing past `posts` holds an author or a text. An
event about a post becomes a withdrawal on `posts`. An event about an account (deleted, protected, suspended, withheld,
its places scrubbed) is about its posts: `stored_posts.py` and `post_index.py` know which those are, and keep the author
in memory and nowhere else.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

import msgspec

from agents.ingest.records import Record
from streams.metrics.registry import declared
from streams.reading.moments import moment_of
from streams.records import Withdrawal, encode_json
from streams.snowflake import EPOCH_MS, FIRST_TIMED_ID, first_id, written_ms
from streams.vocabulary import WITHDRAWN, ComplianceKind, Withdrawn

_POST: dict[str, Withdrawn] = {"delete": "delete", "drop": "drop", "withheld": "withheld"}
_REASONS: dict[str, Withdrawn] = {
    "deleted": "delete", "bounced": "drop", "geo_scrubbed": "scrub_geo", **{one: one for one in WITHDRAWN}
}  # fmt: skip
_ACCOUNT_REASONS: dict[str, Withdrawn] = {"protected": "protected", "suspended": "suspended", "withheld": "withheld"}
_OTHER: dict[str, ComplianceKind] = {"undrop": "restored", "tweet_edit": "edited", "post_edit": "edited"}
_ACCOUNT: dict[str, Withdrawn] = {
    "user_delete": "deactivated", "user_protect": "protected", "user_suspend": "suspended", "user_withheld": "withheld",
    "scrub_geo": "scrub_geo",
}  # fmt: skip
_PERSON: dict[str, ComplianceKind] = {
    "user_undelete": "restored", "user_unprotect": "restored", "user_unsuspend": "restored"
}  # fmt: skip
_decode = msgspec.json.Decoder(dict[str, Any]).decode

SAMPLE_LINES = 1000
"""Lines of a file that are looked at to tell what its job was about. A job is about posts or about accounts."""
_DAY_MS = 86_400_000
_IDS_TIMED_MS = 1_288_915_200_000
"""5 November 2010: from then on the id of every post holds its time."""
MOST_DIGITS = 20
"""Of an id of X: a 64-bit number."""
EVERY_POST = 10**20
"""More than any id."""
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


class EventCounts:
    """Events by what they said, and withdrawals by why, as the metrics show them. Any thread may add."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self.lines = declared("x_compliance_lines_total").counts()
        self.withdrawn = declared("x_withdrawals_total").counts()

    def add(self, lines: Mapping[ComplianceKind, int], withdrawn: Mapping[Withdrawn, int]) -> None:
        """So many more of each."""
        with self._adding:
            for kind, count in lines.items():
                self.lines[kind,] += count
            for why, count in withdrawn.items():
                self.withdrawn[why,] += count


def event_of(line: bytes, *, accounts: bool = False) -> Event:  # noqa: PLR0911 - one return a form
    """Read a line of a compliance stream (`{"data": {"delete": {"tweet": {"id": ...}}}}`) or of a batch job's result
    (`{"id": ..., "action": "delete", "reason": ...}`; X API v2, batch compliance). `accounts`: the job was about
    accounts, and its ids are theirs. Never raises."""
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
        if accounts:
            return Event("account", "", _ACCOUNT_REASONS.get(reason, "deactivated"), int(post))
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


def about_accounts(lines: Iterable[bytes]) -> bool:
    """Whether these lines are the result of a job about accounts. It says so nowhere: but the id of a post holds the
    time of its making, which the result states beside it, and the id of an older account does not."""
    surely = False
    for line in filter(bytes.strip, lines):
        try:
            found = _decode(line)
        except (ValueError, RecursionError):
            return False
        id, made = _id(found), found.get("created_at")
        moment = moment_of(made) if isinstance(made, str) else None
        if "action" not in found or not id or moment is None:
            return False
        written = written_ms(int(id)) if int(id) >= FIRST_TIMED_ID else 0
        made_ms = int(moment.timestamp() * 1000)
        timed = written or made_ms >= _IDS_TIMED_MS
        surely = surely or bool(timed and abs(written - made_ms) > _DAY_MS)
    return surely


def withdrawals(
    lines: Iterable[bytes], counts: Counter[ComplianceKind], account: Callable[[Event], None],
    clock: Callable[[], float] = time.time, *, accounts: bool | None = None,
) -> Iterable[Record]:  # fmt: skip
    """The records for `posts` of all events about posts. `counts` is raised for every line, `account` gets each event
    about an account. `clock`: seconds since the epoch. `accounts`: whether the file is the result of a job about
    accounts; None: the file itself tells."""
    rest = iter(lines)
    sample = [*islice(rest, SAMPLE_LINES)]
    if accounts is None:
        accounts = about_accounts(sample)
    for line in chain(sample, rest):
        event = event_of(line, accounts=accounts)
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
        at_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        return EVERY_POST
    return first_id(at_ms + _SLACK_MS + 1) - 1 if at_ms > EPOCH_MS else EVERY_POST


def _id(told: Any) -> str:
    """The id in an object; empty unless it is a decimal number."""
    found = told.get("id") if isinstance(told, Mapping) else None
    text = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else ""
