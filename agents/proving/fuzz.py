"""Damages good lines in many ways and checks what ingest and reader make of each.

Called by `earshot fuzz` and, for a shorter run, by the tests. Owns how lines are damaged and what must hold for each:
nothing raises; a line is a post with its very bytes, a dead letter that gives it back, or a notice; whatever goes to
`posts` the tagger can read or refuse with a reason. Knows no Kafka and no clock: the same seed makes the same lines.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from agents.ingest.bluesky.intake import Intake as BlueskyIntake
from agents.ingest.records import DEAD_RAW_BYTES, Record
from agents.ingest.rules.model import RuleSet
from agents.ingest.x.intake import Intake as XIntake
from agents.proving.load import lines
from agents.simulated import jetstream
from agents.simulated.bad_lines import Kind, bad_line
from streams import directory
from streams.directory import Accounts, Directory
from streams.directory.hospital import Handle
from streams.reading.mended import mended
from streams.reading.reader import Reader, UnreadableError
from streams.records import Envelope, Withdrawal, decode_dead_letter, decode_mention, encode_mention
from streams.settings import Settings
from streams.vocabulary import DeadReason

_WORDS: tuple[Any, ...] = (
    None, True, 0, -1, 1.5e308, 2**70, "", "null", "1783", "\x00", "\ud800", "é" * 50, "\u202eمرحبا", "x" * 3000, [],
    {}, [[]], {"": {}}, [None, 1, "a"], {"id": 1}, [{"id": "1", "tag": None}], "2026-13-45T99:99:99Z", float("inf"),
)  # fmt: skip
"""Values to put in the place of another."""
_BYTES = (
    b"\xff",
    b"\x00",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\\u",
    b'"',
    b"{",
    b"]",
    b",",
    b":",
    b"\\ud83d",
    b"1e999",
)
"""Bytes to insert."""
_NAMES = (
    "data",
    "id",
    "tag",
    "errors",
    "includes",
    "users",
    "text",
    "author_id",
    "kind",
    "commit",
    "did",
    "record",
    "",
)
_MOST_DEPTH = 2000
"""Of nesting; the decoders allow fewer."""
_MOST_OPEN = 500
"""Nesting that Python's own json surely takes apart and puts together again."""


_GOOD = 300
"""Good posts of each source, from which the others are made."""
_KINDS: tuple[Kind, ...] = ("cut", "null", "no_data", "untagged")
_AT = 1_790_000_000
"""When they were written, seconds since the epoch."""
_HEARD = "did:plc:heard"
"""An account on Bluesky that is listened for."""


class Broken(msgspec.Struct, frozen=True):
    """A line that failed a check."""

    line: bytes
    what: str


class Spoiler:
    """Makes lines from good ones."""

    def __init__(self, good: Sequence[bytes], seed: int) -> None:
        self._good = good
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def lines(self, count: int) -> Iterator[bytes]:
        """`count` lines, most of them damaged once or more, some not at all."""
        for _ in range(count):
            line = self._random.choice(self._good)
            for _ in range(self._random.choice((0, 1, 1, 1, 2, 3, 6))):
                line = self._random.choice(self._ways)(self, line)
            yield line

    def _value(self, line: bytes) -> bytes:
        """Replace, rename or delete one value of the object."""
        if line.count(b"{") + line.count(b"[") > _MOST_OPEN:
            return self._slip(line)
        try:
            found = json.loads(line)
        except ValueError:
            return self._slip(line)
        places = list(_places(found))
        if not places:
            return line
        holder, key = self._random.choice(places)
        match self._random.randrange(4):
            case 0:
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[self._random.choice(_NAMES)] = holder.pop(key)
            case 2:
                holder[key] = [holder[key]]
            case _:
                holder[key] = self._random.choice(_WORDS)
        return json.dumps(found, ensure_ascii=self._random.random() < 0.5).encode("utf-8", "surrogatepass")

    def _slip(self, line: bytes) -> bytes:
        """Insert bytes that do not belong there."""
        at = self._random.randrange(len(line) + 1)
        return line[:at] + self._random.choice(_BYTES) + line[at:]

    def _flip(self, line: bytes) -> bytes:
        """Flip one bit."""
        if not line:
            return line
        at = self._random.randrange(len(line))
        return line[:at] + bytes([line[at] ^ 1 << self._random.randrange(8)]) + line[at + 1 :]

    def _cut(self, line: bytes) -> bytes:
        """Keep only the beginning or the end."""
        at = self._random.randrange(len(line) + 1)
        return line[:at] if self._random.random() < 0.7 else line[at:]

    def _join(self, line: bytes) -> bytes:
        """Join two lines."""
        return line + self._random.choice((b"", b"\n", b" ")) + self._random.choice(self._good)[:500]

    def _nest(self, line: bytes) -> bytes:
        """Nest the line deeply."""
        depth = self._random.randrange(1, _MOST_DEPTH)
        opens, closes = self._random.choice(((b'{"data":', b"}"), (b"[", b"]")))
        return opens * depth + line + closes * self._random.choice((depth, depth - 1))

    _ways: Sequence[Callable[["Spoiler", bytes], bytes]] = (*(5 * (_value,)), _slip, _flip, _cut, _join, _nest)


def _places(found: Any) -> Iterator[tuple[Any, Any]]:
    """Every (holder, key or index) in an object."""
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in list(items):
        yield found, key
        yield from _places(value)


class Judge:
    """Gives each line to an intake and checks the result."""

    def __init__(self, max_bytes: int, reader: Reader, wanted: RuleSet | None = None) -> None:
        """`wanted`: what Bluesky's intake listens for; None: lines are X's."""
        self._reader = reader
        self._x = XIntake(max_bytes) if wanted is None else None
        self._bluesky = BlueskyIntake(max_bytes, wanted) if wanted is not None else None
        self.seen: Counter[str] = Counter()
        """What became of the lines; the sum is the number of lines."""
        self.refused: Counter[DeadReason] = Counter()
        """Of those on `posts`: why the tagger would not read them."""

    def take(self, line: bytes) -> Broken | None:
        """The check that this line failed, if any."""
        try:
            records = self._records(line)
            for record in records:
                self._check(record, line)
        except Exception as error:
            self.seen["broken"] += 1
            return Broken(line, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")
        self.seen[records[0].topic if records else "no record"] += 1
        return None

    def _records(self, line: bytes) -> Sequence[Record]:
        if self._bluesky is not None:
            return self._bluesky.take(line)
        assert self._x is not None  # noqa: S101 - narrows for mypy
        before = self._x.notices
        record = self._x.take(line)
        if record is None:
            _hold(self._x.notices == before + 1, "a line vanished")
            return ()
        return (record,)

    def _check(self, record: Record, line: bytes) -> None:
        if record.topic == "dead-letters":
            letter = decode_dead_letter(record.value)
            _hold(letter.raw == line[:DEAD_RAW_BYTES] and letter.size == len(line), "a dead letter is not the line")
            return
        envelope = msgspec.json.decode(record.value, type=Envelope)
        _hold(record.key == envelope.id.encode(), "the key is not the post's id")
        _hold(bytes(envelope.payload) in (line.strip(b" \t\r\n"), _mended(line)), "the payload is not the line")
        try:
            post = self._reader.decode(record.value)
        except UnreadableError as error:
            self.refused[error.reason] += 1
            return
        if isinstance(post, Withdrawal):
            raise AssertionError("a post became a withdrawal")
        for made in self._reader.records(post, 0, 0, _AT * 1000):
            decode_mention(encode_mention(made))


def _mended(line: bytes) -> bytes:
    try:
        return mended(line)
    except (ValueError, RecursionError):
        return line


def _hold(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


class Trial(NamedTuple):
    """The lines of one source and their judge."""

    source: str
    length: int
    lines: Iterator[bytes]
    judge: Judge


def trials(settings: Settings, count: int, seed: int) -> Iterator[Trial]:
    """`count` lines in all, three of four X's."""
    hospitals = directory.load(settings.directory_folder).hospitals
    heard = msgspec.structs.replace(
        hospitals[0], accounts=Accounts({**hospitals[0].accounts, "bluesky": (Handle(_HEARD, "official", "bluesky"),)})
    )
    known = Directory((heard, *hospitals[1:]))
    reader = Reader(known, settings.max_post_bytes)
    of_bluesky = count // 4
    for source, good, number, wanted in (
        ("x", _of_x(settings), count - of_bluesky, None),
        ("bluesky", _of_bluesky(settings), of_bluesky, RuleSet.of(known)),
    ):
        yield Trial(source, number, Spoiler(good, seed).lines(number), Judge(settings.max_post_bytes, reader, wanted))


def _of_x(settings: Settings) -> list[bytes]:
    posts = list(lines(settings, _GOOD, 3, _AT))
    notice = b'{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}'
    bad = [bad_line(kind, posts[0].rpartition(b',"matching_rules"')[0], "1") for kind in _KINDS]
    return [*posts, notice, *bad]


def _of_bluesky(settings: Settings) -> list[bytes]:
    texts = [json.loads(line)["data"]["text"] for line in lines(settings, _GOOD, 4, _AT)]
    made: dict[str, Any] = {"mentions": {_HEARD: "@h.example"}, "created_at": "2026-09-21T14:13:20.000Z"}
    events = [
        *(jetstream.post("did:plc:a", f"r{at}", f"{text} @h.example", **made) for at, text in enumerate(texts)),
        jetstream.deletion("did:plc:a", "r1"),
        jetstream.account("did:plc:a", active=False, status="deleted"),
        jetstream.identity("did:plc:a", "a.example"),
    ]
    return [json.dumps({**event, "time_us": _AT * 1_000_000 + at}).encode() for at, event in enumerate(events)]
