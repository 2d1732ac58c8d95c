"""Runs in the tree that has the pretended source, as a process of its own; says what came of it as one line of JSON."""

import json
import threading
import time

from prometheus_client import CollectorRegistry, generate_latest

from agents.ingest import service
from agents.ingest.sources import SOURCES
from agents.kafka import stored
from agents.operations import attention, dead_letters, doctor
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.metrics.collector import ReadingCollector
from streams.reading.reader import Reader
from streams.records import Mention, Withdrawal
from streams.settings import load

settings = load()
ingests: list[service.Ingest] = []


class Kept(service.Ingest):
    """Ingest, within this script's reach."""

    def start(self) -> None:
        ingests.append(self)
        super().start()


service.Ingest = Kept  # type: ignore[misc]
stopping = threading.Event()
thread = threading.Thread(target=service.run, args=(settings, stopping))
thread.start()
deadline = time.monotonic() + 60
while time.monotonic() < deadline and (not ingests or ingests[0].reading()["pipeline_ingest_acked_total"] != {(): 3}):
    time.sleep(0.1)
registry = CollectorRegistry()
registry.register(ReadingCollector(ingests[0].reading))
shown = generate_latest(registry).decode()
stopping.set()
thread.join()

reader = Reader(directory.load(settings.directory_folder), settings.max_post_bytes)
mentions = []
for record in stored.read(settings, kafka_topics.posts(settings)):
    envelope = reader.decode(record.value or b"")
    assert not isinstance(envelope, Withdrawal)
    mentions += [
        [one.hospital, one.post, one.relation]
        for one in reader.records(envelope, record.partition, record.offset, record.timestamp)
        if isinstance(one, Mention)
    ]
letters = dead_letters.waiting(settings)
print(
    json.dumps(
        {
            "mentions": sorted(mentions),
            "letters": [[one.letter.source, fate] for one, fate in dead_letters.retry(settings, reader, letters)],
            "address": attention.address_by_id("third-1") or attention.address_on_posts(settings, "third-1"),
            "found": [one.what for one in doctor.examine(settings) if one.what == "Third"],
            "series": [line for line in shown.splitlines() if 'source="third"' in line and not line.endswith(" 0.0")],
            "sources": sorted(SOURCES),
        }
    )
)
