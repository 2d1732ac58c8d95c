"""The hospitals agent: counts mentions in the hospital tables.

The body of a Faust agent, called with chunks in order. Changes rows in memory only; the next checkpoint writes them.
"""

import time
from collections import Counter
from operator import attrgetter

import msgspec

from streams import post_log
from streams.faustkit.chunk import Chunk
from streams.metrics import Metrics
from streams.records import FUTURE, NO_TIME, TOO_OLD, ReadMention, read_mention
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import closes_before
from streams.vocabulary import Untimely

_UNTIMELY: dict[int, Untimely] = {NO_TIME: "no_time", FUTURE: "future", TOO_OLD: "too_old"}

_SAID = attrgetter("mentioned_tier", "topics", "sure")


class Hospitals:
    """Body of the agent on `mentions`."""

    def __init__(self, tables: HospitalTables, metrics: Metrics) -> None:
        self._tables = tables
        self._metrics = metrics

    async def take(self, chunk: Chunk) -> None:
        """Count one chunk of `mentions`. Never awaits."""
        with self._metrics.chunk("hospitals", len(chunk.records)):
            oldest = self._fold(chunk)
        if oldest is not None:
            self._metrics.visible(time.time() - oldest / 1000)

    def _fold(self, chunk: Chunk) -> int | None:
        """Apply the chunk; return the Kafka timestamp (ms since the epoch) of the oldest post that counted."""
        apply, partition = self._tables.apply, chunk.partition
        replays = bad = 0
        untimely: dict[Untimely, int] = {}
        inbound: list[ReadMention] = []
        oldest: int | None = None
        followed = post_log.wanted()
        for record in chunk.records:
            try:
                mention = read_mention(record.value or b"")
            except (msgspec.MsgspecError, UnicodeDecodeError):
                bad += 1  # no tagger wrote it, so it holds no post
                continue
            counted = apply(partition, record.offset, mention)
            if followed and type(mention) is ReadMention:
                done = "counted" if counted else "counted before"
                post_log.note(mention.post, "%s, in the row of hospital %s", done, mention.hospital)
            if counted:
                if oldest is None or mention.at < oldest:
                    oldest = mention.at
                if type(mention) is not ReadMention:
                    continue
                if mention.hour < closes_before(mention.at):
                    reason = _UNTIMELY.get(mention.hour, "late")
                    untimely[reason] = untimely.get(reason, 0) + 1
                if mention.relation != "author":
                    inbound.append(mention)
            else:
                replays += 1
        self._metrics.skipped("replay", replays)
        self._metrics.skipped("not_a_record", bad)
        self._metrics.said(Counter(map(_SAID, inbound)))  # in C: half of what a count for each mention costs
        for reason, count in untimely.items():
            self._metrics.untimely(reason, count)
        return oldest
