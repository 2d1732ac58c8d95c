"""What a file tells of accounts, applied: their posts that stand on `posts`, found in one pass.

Called by `earshot compliance apply`. Ingest, which follows `posts` all the time, does the same in `matching.py`. Keeps
authors in memory only, of the file's accounts alone.
"""

from collections.abc import Iterator

from kafka.errors import KafkaError

from agents.ingest.x.compliance.events import Event
from agents.ingest.x.compliance.stored_posts import told
from agents.ingest.x.compliance.written import written
from agents.kafka import stored
from streams.errors import UserError
from streams.kafka import topics as kafka_topics
from streams.settings import Settings


class Accounts:
    """Accounts that X told of."""

    def __init__(self) -> None:
        self._told: dict[int, Event] = {}

    def heard(self, event: Event) -> None:
        """An event that is `account`. Of several of one account, the one that reaches furthest counts."""
        before = self._told.get(event.author)
        if before is None or event.up_to >= before.up_to:
            self._told[event.author] = event

    def withdrawn(self, settings: Settings, but: set[int]) -> Iterator[Event]:
        """A withdrawal of each post of theirs that stands and was not withdrawn before, nor is among `but`. Reads
        `posts` to its present end, and not at all when there are no accounts. Raises `UserError` when Kafka does not
        answer."""
        found: dict[int, Event] = {}
        gone = set(but)
        if not self._told:
            return
        try:
            for one in stored.read(settings, kafka_topics.posts(settings)):
                if (says := told(one.key, one.value)) is None or one.value is None:
                    continue
                kind, post = says
                if kind == "withdrawal":
                    gone.add(post)
                    continue
                event = self._told.get(written(one.value).author)
                if event is not None and post <= event.up_to:
                    found[post] = Event("withdrawn", str(post), event.why)
        except KafkaError as error:
            raise UserError(
                f"Kafka at {settings.kafka_bootstrap} does not say what is kept ({type(error).__name__}): try again"
            ) from None
        yield from (event for post, event in found.items() if post not in gone)
