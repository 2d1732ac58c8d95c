"""The pretended source itself: `agents/ingest/third/descriptor.py` in the tree that has it. Called through the list."""

import threading
import time
from collections.abc import Callable, Iterator

import msgspec

from agents.ingest.records import Record, dead_letter
from agents.ingest.source import Descriptor, Finding, Maker
from agents.ingest.threads import WatchedThread
from agents.ingest.wal.room import append_when_room
from agents.ingest.wal.wal import Wal
from streams.metrics.collector import Reading
from streams.metrics.registry import declared
from streams.records import Envelope, encode_json
from streams.settings import Settings
from tests.ingest.third_source.payload import ThirdPayload, post_id

LINES = (
    b'{"number": 1, "writer": "somebody", "text": "@mayo thank you"}',
    b'{"number": 2, "writer": "mayo", "text": "we are open"}',
    b'{"number": "three"',
)
"""All that the network ever says."""


def record_of(line: bytes) -> Record:
    """What one line becomes on Kafka."""
    now = int(time.time() * 1000)
    try:
        post = post_id(msgspec.json.decode(line, type=ThirdPayload))
    except msgspec.DecodeError:
        return dead_letter("not_json", "third", line, now)
    envelope = Envelope("third", post, now, "stream", (), msgspec.Raw(line))
    return Record("posts", post.encode(), encode_json(envelope))


class ThirdSource:
    """Reads all lines once."""

    def __init__(self, wal: Wal) -> None:
        self._wal = wal
        self._stopping = threading.Event()
        self._lines = declared("source_lines_total").counts(source="third")
        self._thread = WatchedThread("third", self._read, self._stopping)
        self.start, self.check = self._thread.start, self._thread.check
        self.healthy = True

    def stop(self) -> None:
        """See `Source`."""
        self._thread.stop()

    def reading(self) -> Reading:
        """See `Source`."""
        return {"source_lines_total": self._lines, "source_stream_connected": {("third",): 1}}

    def report(self) -> str:
        """See `Source`."""
        return "third: all is read"

    def _read(self) -> None:
        for line in LINES:
            record = record_of(line)
            self._lines["third", "post" if record.topic == "posts" else "dead"] += 1
            append_when_room(self._wal, record, self._stopping)


def _prepare(settings: Settings) -> Iterator[Maker]:
    del settings
    yield ThirdSource


def _retry(line: bytes, settings: Settings) -> Record | None:
    del settings
    return record_of(line)


def _address(post: str, payload: bytes) -> str:
    return f"https://third.example/{post}" if payload else ""


def _check(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    del settings, clock
    yield Finding("ok", "Third", "answers")


THIRD = Descriptor(name="third", prepare=_prepare, retry=_retry, address=_address, check=_check)
