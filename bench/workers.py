"""Workers that are measured and are not quite the real one: run as processes, like it.

`transport`: chunks through Faust, nothing done with them. `table`: each post folded into rows of the hospital tables,
rows written at commits; no reading, no mentions. Neither is ever compared with the oracle. `telling FILE`: the real
worker, which also notes when records are visible (`visible.py`).
"""

# ruff: noqa: E402 - what is measured runs compiled, as in a worker: before it is imported
import sys
from pathlib import Path

from streams import compiled

compiled.use()

import agents.worker.process
from agents.cli import main
from agents.worker.hospitals import Hospitals
from agents.worker.tagger import Tagger
from bench import visible
from streams.faustkit.chunk import Chunk, Record
from streams.records import Mention, OpenTopics


class Nothing(Tagger):
    """Takes chunks and lets them go."""

    async def take(self, chunk: Chunk) -> None:
        """Count it."""
        with self._metrics.chunk("tagger", len(chunk.records)):
            pass


class Folding(Tagger):
    """Folds every post as if it were a mention: of each hospital in turn."""

    def _folded(self, chunk: Chunk) -> None:
        tables, hospitals = WIRED[0]._tables, list(self._watch.known.partition_of.items())
        for record in chunk.records:
            hospital, partition = hospitals[record.offset % len(hospitals)]
            tables.apply(partition, record.offset, _mention(hospital, chunk.partition, record))

    async def take(self, chunk: Chunk) -> None:
        """Fold and count it."""
        with self._metrics.chunk("tagger", len(chunk.records)):
            self._folded(chunk)


TOPICS = OpenTopics(("wait_times",), frozenset())


def _mention(hospital: str, partition: int, record: Record) -> Mention:
    hour = record.timestamp // 3_600_000
    return Mention(
        hospital,
        partition,
        record.offset,
        record.timestamp,
        hour,
        relation="mentioned",
        tier="local",
        precision="city",
        evidence="profile",
        confidence=90,
        distance_km=5,
        topics=TOPICS,
        intent="complaint",
        addressed=True,
        post="",
        reply_to="",
    )


WIRED: list[Hospitals] = []


class Wired(Hospitals):
    """The hospitals agent, so that `Folding` finds its tables."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        WIRED.append(self)


class Telling(Hospitals):
    """The hospitals agent, which also notes how far it is."""

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self._note = visible.noting(Path(sys.argv[2]))

    async def take(self, chunk: Chunk) -> None:
        """Count the chunk, then note it: it is visible now."""
        await super().take(chunk)
        self._note(chunk.partition, chunk.records[-1].offset)


KINDS: dict[str, dict[str, type]] = {
    "transport": {"Tagger": Nothing, "Hospitals": Wired},
    "table": {"Tagger": Folding, "Hospitals": Wired},
    "telling": {"Hospitals": Telling},
}

if __name__ == "__main__":
    vars(agents.worker.process).update(KINDS[sys.argv[1]])
    main(["worker"], prog_name=f"bench {sys.argv[1]}")
