"""What is written on the simulated Bluesky: the same people and hospitals as on the simulated X, in Bluesky's shape.

Owns the made-up accounts, and how a post of X's writer becomes an event of Jetstream; beside posts it writes deletions,
accounts that go, and what is no post. Called by `earshot simulate-bluesky` and the proofs. The same seed and times make
the same events. Knows no connection: `jetstream.py` sends.
"""

import asyncio
import base64
import csv
import hashlib
import io
import random
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from agents.simulated import jetstream
from agents.simulated.feed import PACE
from agents.simulated.jetstream import SimulatedJetstream
from agents.simulated.people import Target, hospital_account
from agents.simulated.posts import Writer
from agents.simulated.source import Prepared, SimulatedSource
from streams import directory
from streams.directory import Directory, files
from streams.errors import UserError
from streams.reading.bluesky import uri_of
from streams.settings import Settings
from streams.snowflake import written_ms

DELETED, WENT, RENAMED = 0.03, 0.002, 0.01
"""Shares of the posts after which an earlier one is deleted, an author's account goes, somebody has a new handle."""
RECENT = 500
"""Posts that may still be deleted."""
TURN_SECONDS = 0.02
"""How often what is due is written."""
IDLE_SECONDS = 2.0
"""After so long without a post somebody does something else: all of Bluesky is never still."""
DOMAIN = "bsky.example"
"""Of the made-up handles; `.example` belongs to nobody (RFC 2606)."""
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
"""Of a record's key (AT Protocol, TID): sorts as the number does."""

Event = dict[str, Any]


class Address(NamedTuple):
    """An account on Bluesky."""

    did: str
    handle: str


def made_up(name: str) -> Address:
    """An account for a name on X, always the same."""
    digest = hashlib.blake2b(name.lower().encode(), digest_size=15).digest()
    host = name.lower().replace("_", "-").strip("-") or "nobody"
    return Address(f"did:plc:{base64.b32encode(digest).decode().lower()}", f"{host}.{DOMAIN}")


def copy_with_accounts(source: str, folder: Path) -> int:
    """Write a copy of a directory (a folder; empty: the shipped one) in which every hospital with an account on X has
    a made-up one on Bluesky, by DID and by handle; how many have. Raises `UserError`."""
    texts = directory.texts_of(Path(source) if source else directory.shipped())
    hospitals = directory.load(source).hospitals
    columns = files.COLUMNS[files.HANDLES]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(csv.DictReader(io.StringIO(texts.get(files.HANDLES, ""))))
    wanting = [one for one in hospitals if one.accounts["x"] and not one.accounts["bluesky"]]
    given = [(one, made_up(one.accounts["x"][0].handle)) for one in wanting]
    for one, account in given:
        writer.writerows({"id": one.id, "network": "bluesky", "handle": name, "role": "official"} for name in account)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {**texts, files.HANDLES: out.getvalue()}.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{error.filename} cannot be written: {error.strerror}") from None
    return len(given)


class BlueskyWriter:
    """Writes events, without their time. Not shared between threads."""

    def __init__(self, seed: int, listed: Directory) -> None:
        """`listed`: its hospitals with an account on Bluesky are written to. Raises `UserError` if there is none."""
        found = [(one, _address(one)) for one in listed.hospitals if one.accounts["bluesky"]]
        if not found:
            raise UserError(
                "no hospital of the directory has a Bluesky account: `earshot simulate-bluesky directory FOLDER` "
                "writes a copy with made-up ones, for EARSHOT_DIRECTORY_FOLDER"
            )
        # X's writer needs a name that X allows; none of it is left in what is written.
        names = [f"h{number}" for number in range(len(found))]
        targets = [
            Target(one.id, name, one.name, one.city, one.state) for name, (one, _) in zip(names, found, strict=True)
        ]
        addresses = [address for _, address in found]
        self._writer = Writer(seed, tuple(targets), PACE, edits=False)
        self._by_name: Mapping[str, Address] = dict(zip(names, addresses, strict=True))
        self._by_id = {
            hospital_account(number, target).id: address
            for number, (target, address) in enumerate(zip(targets, addresses, strict=True))
        }
        self._hospitals = {address.did for address in addresses}
        self._rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._recent: deque[tuple[str, str]] = deque(maxlen=RECENT)
        self._gone: set[str] = set()
        self._number = 0

    def write(self, at_ms: int) -> Iterator[Event]:
        """One post, written at `at_ms` (since the epoch), and what goes with it."""
        did, rkey, event = self._post(at_ms)
        if did in self._gone:
            self._gone.discard(did)
            yield jetstream.account(did, active=True)
        yield event
        self._recent.append((did, rkey))
        draw = self._rng.random()
        if draw < DELETED:
            number = self._rng.randrange(len(self._recent))
            yield jetstream.deletion(*self._recent[number])
            del self._recent[number]
        elif draw < DELETED + WENT:
            yield from self._leave(self._rng.choice(self._recent)[0])
        elif draw < DELETED + WENT + RENAMED:
            yield self.idle()

    def idle(self) -> Event:
        """An event that is nobody's here."""
        somebody = made_up(f"somebody_{self._rng.randrange(1000)}")
        return jetstream.identity(*somebody)

    def _leave(self, did: str) -> Iterator[Event]:
        """A hospital stays: one that goes would take its answers with it."""
        if did not in self._hospitals:
            self._gone.add(did)
            yield jetstream.account(did, active=False, status=self._rng.choice(("deleted", "takendown", "deactivated")))

    def _post(self, at_ms: int) -> tuple[str, str, Event]:
        """(DID, key, event); a repost is no post on Bluesky, so another is written in its place."""
        while True:
            written = msgspec.json.decode(self._writer.write(self._number, at_ms).body + b"}")
            self._number += 1
            data = written["data"]
            replied = {one["type"]: one["id"] for one in data.get("referenced_tweets", ())}
            if "retweeted" not in replied:
                break
        did = self._did(data["author_id"])
        text, mentions = self._addressed(data["text"], data["entities"]["mentions"])
        answered = ""
        if "replied_to" in replied:
            answered = uri_of(self._did(data["in_reply_to_user_id"]), _key(replied["replied_to"]))
        event = jetstream.post(
            did, _key(data["id"]), text,
            mentions=mentions, reply_to=answered, created_at=data["created_at"], langs=[data["lang"]],
        )  # fmt: skip
        return did, _key(data["id"]), event

    def _did(self, user_id: str) -> str:
        address = self._by_id.get(user_id)
        return address.did if address is not None else made_up(f"user_{user_id}").did

    def _addressed(self, text: str, mentions: list[Mapping[str, Any]]) -> tuple[str, dict[str, str]]:
        """The text with Bluesky's handles, and what it shows of each account, by DID."""
        shown: dict[str, str] = {}
        pieces, at = [], 0
        for one in mentions:
            address = self._by_name.get(one["username"]) or made_up(one["username"])
            did = self._did(one["id"])
            shown[did] = f"@{address.handle}"
            pieces += [text[at : one["start"]], shown[did]]
            at = one["end"]
        return "".join((*pieces, text[at:])), shown


async def keep_writing(
    to: SimulatedJetstream, writer: BlueskyWriter, rate: float, count: int | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> None:  # fmt: skip
    """`rate` posts a second from the first listener on, `count` in all (None: for ever), then only what is no post.
    To be ended by cancelling."""
    while not to.connected:  # noqa: ASYNC110 - it is read from other threads, too: an event would not do
        await asyncio.sleep(TURN_SECONDS)
    began = wrote_at = time.monotonic()
    written = 0
    while True:
        now = time.monotonic()
        due = int((now - began) * rate) if count is None else min(count, int((now - began) * rate))
        while written < due:
            await to.write(*writer.write(time.time_ns() // 1_000_000))
            written, wrote_at = written + 1, now
        if now - wrote_at > idle_seconds:
            await to.write(writer.idle())
            wrote_at = now
        await asyncio.sleep(TURN_SECONDS)


def _address(one: directory.Hospital) -> Address:
    """By the DID and the handle that the directory has; the other is made up."""
    names = [handle.handle for handle in one.accounts["bluesky"]]
    made = made_up(f"hospital_{one.id}")
    did = next((name for name in names if name.startswith("did:")), made.did)
    return Address(did, next((name for name in names if not name.startswith("did:")), made.handle))


def _key(id: str) -> str:
    """A record's key: the id's own time in microseconds, and a clock's number, both by its lower bits."""
    low = int(id) & (1 << 22) - 1
    number, digits = (written_ms(int(id)) * 1000 + (low >> 10) % 1000) << 10 | low & 1023, ""
    for _ in range(13):
        number, digit = divmod(number, 32)
        digits = _DIGITS[digit] + digits
    return digits


def _prepare(settings: Settings, folder: Path) -> Prepared:
    """Write a directory with made-up accounts."""
    accounts = folder / "directory"
    copy_with_accounts(settings.directory_folder, accounts)
    return Prepared(msgspec.structs.replace(settings, directory_folder=str(accounts)))


def _pointed_at(settings: Settings, url: str) -> Settings:
    return msgspec.structs.replace(settings, bluesky_url=url)


BLUESKY = SimulatedSource(
    name="bluesky",
    command="simulate-bluesky",
    scheme="ws://",
    share=0.1,
    prepare=_prepare,
    pointed_at=_pointed_at,
)
