"""How far the workers are behind, by what their group has committed: known when no worker is there to say it.

Called by ingest, which shows it, and by the proof, which waits for zero. Owns the thread that asks now and then. Knows
neither workers nor what a record says.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

from agents.kafka.admin import connected
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.kafka.stages import STAGES
from streams.settings import Settings

log = logging.getLogger(__name__)

ASK_SECONDS = 10.0
"""Between two questions: one takes 30 ms of a core, most of it for a new connection, and Prometheus asks every 15 s."""
FIND_SECONDS = 0.5
"""Between two looks whether the broker was found."""

STOP_SECONDS = 1.0
"""Most that `stop` waits for an answer."""

Lag = Mapping[tuple[str, int], int]
"""(stage, partition) -> records that are kept and not committed."""


def lag(settings: Settings) -> Lag:
    """The lag of every partition now. Blocks for Kafka's answers. Raises `UserError` if Kafka does not answer."""
    return _ask(settings)[0]


def _ask(settings: Settings) -> tuple[Lag, int]:
    """The lag, and how many records say which generation of its Kafka topics the pipeline uses."""
    places = {
        TopicPartition(stage.source(settings), number): (stage.name, number)
        for stage in STAGES
        for number in range(settings.partitions)
    }
    with connected(settings) as admin:
        # In this order: what is committed in between must not make it negative.
        done = _committed(admin, kafka_topics.app_id(settings))
        first = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        told = TopicPartition(kafka_topics.generation(settings), 0)
        ends = admin.list_partition_offsets(dict.fromkeys([*places, told], OffsetSpec.LATEST))
    lags: Lag = {place: ends[tp].offset - max(done.get(tp, 0), first[tp].offset) for tp, place in places.items()}
    return lags, ends[told].offset


def total(settings: Settings) -> int:
    """The lag over all partitions. Blocks and raises as `lag`."""
    return sum(lag(settings).values())


def _committed(admin: KafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    try:
        found = admin.list_group_offsets(group).get(group, {})
    except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
        return {}  # a new broker, before its first group, or while it makes room for one
    return {tp: one.offset for tp, one in found.items()}


class LagWatch:
    """Asks every `ASK_SECONDS` in the thread `earshot-lag`: a broker may take seconds to answer. Read `seen` from any
    thread."""

    def __init__(self, located: Callable[[], Settings | None]) -> None:
        """`located`: the settings with the broker's address; None while none was found."""
        self._located = located
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="earshot-lag", daemon=True)
        self.seen: Lag = {}
        """By the last answer; empty while there is none."""
        self.moved = False
        """Whether the pipeline was moved to other Kafka topics since the first answer."""

    def start(self) -> None:
        """Start the thread. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop asking. Blocks for `STOP_SECONDS` at most; a request that Kafka does not answer ends later by itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        told: int | None = None
        while True:
            settings = self._located()
            if settings is None:
                if self._stopping.wait(FIND_SECONDS):
                    return
                continue
            try:
                self.seen, now = _ask(settings)
                told = now if told is None else told
                self.moved = now > told
            except UserError as error:
                self.seen = {}
                log.debug("the workers' lag is not known: %s", error)
            if self._stopping.wait(ASK_SECONDS):
                return
