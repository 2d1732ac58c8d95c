"""One hospital's figures and open questions: from a running worker, else from the tables' changelog.

Called by `earshot hospital`. The changelog is as old as the workers' last commit, and reading it needs no worker: it
holds all hospitals, so that the region is complete, too.
"""

from urllib.parse import quote

import msgspec

from agents.kafka import stored
from agents.kafka.generation import located
from agents.operations.api_client import ApiClient, NotNowError, NoWorkerError
from agents.worker import knowledge
from agents.worker.api.shapes import Answer
from streams import directory
from streams.figures.hospital import figures, peer_counts
from streams.figures.judging import Judging
from streams.figures.shape import Figures
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one hospital, and from where."""

    figures: Figures
    source: str
    """`worker NAME`, or `tables`: read from Kafka."""
    why_tables: str
    """Why no worker could be asked; empty if one was."""


def page(settings: Settings, client: ApiClient, hospital: str, now: float) -> Page:
    """`hospital`: an id of the directory; `now`: seconds since the epoch. Raises `UserError`."""
    try:
        answer = client.get(f"/v1/hospitals/{quote(hospital, safe='')}", Answer)
    except (NoWorkerError, NotNowError) as error:
        return Page(figures=from_tables(located(settings), hospital, now), source="tables", why_tables=error.found)
    return Page(figures=answer.figures, source=f"worker {answer.worker}", why_tables="")


def from_tables(settings: Settings, hospital: str, now: float) -> Figures:
    """The same figures as a worker's, from the changelog. Takes seconds for a month of many hospitals."""
    hospitals = directory.load(settings.directory_folder)
    reader = Reader(hospitals, settings.max_post_bytes, knowledge.load_words(settings, hospitals))
    known = knowledge.known(settings, reader, lambda _: {})
    tables = HospitalTables(known.offices.get)
    partitions = set[int]()
    for record in stored.read(settings, kafka_topics.changelog(settings, kafka_topics.HOSPITALS)):
        tables.restore(record.partition, record.key or b"", record.value)
        partitions.add(record.partition)
    for partition in partitions:
        tables.complete(partition)
    place = {one: partition for partition in partitions for one in tables.hospitals(partition)}
    names = knowledge.names(reader)
    judging, about = Judging(tables, names), known.about[hospital]
    own = place.get(hospital, 0)  # of one that was never counted any will do: it is in none
    for _ in judging.steps(own, hospital, int(now // HOUR_SECONDS) - 1):
        pass
    peers = {one: peer_counts(tables, place.get(one, 0), known.about[one], now) for one in about.region}
    return figures(tables, own, about, names, now, peers, judging.of(hospital))
