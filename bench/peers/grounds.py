"""What contenders are measured on: a pipeline's Kafka topics with posts on them, and what the oracle says of rows.

Called by `__main__.py` and `measures.py`. All grounds of a run stand on one broker. The oracle runs in this process,
which is never compiled.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate

from agents.kafka import stored
from agents.kafka.stored import Stored
from agents.proving import load, oracle
from agents.proving.oracle import Recounted, Verdict
from agents.proving.pipeline import Pipeline
from agents.worker import author_key, knowledge
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Withdrawal
from streams.settings import Settings

Post = tuple[bytes, bytes]
"""Key and value."""


class Judge:
    """What posts make, by the pure reader, and what the oracle says. Knows no broker."""

    def __init__(self, settings: Settings, key: bytes) -> None:
        """`key`: for hashing authors."""
        hospitals = directory.load(settings.directory_folder)
        words = knowledge.load_words(settings, hospitals)
        self._settings, self._reader = settings, Reader(hospitals, settings.max_post_bytes, words, key)

    def records_of(self, values: Iterable[bytes | None], seen: set[str]) -> Iterator[int]:
        """How many mentions and tallies each post makes; a copy of one `seen` makes none."""
        for value in values:
            envelope = self._reader.decode(value or b"")
            if isinstance(envelope, Withdrawal) or envelope.id in seen:
                yield 0
                continue
            seen.add(envelope.id)
            yield len(self._reader.records(envelope, 0, 0, 0))

    def recounted(self, posts: Iterable[Stored]) -> Recounted:
        """Have the oracle count posts anew."""
        settings = self._settings
        reach = settings.remembered_posts // settings.partitions
        return oracle.recounted(posts, self._reader, settings.duplicate_horizon, reach)

    def judge(self, counted: Recounted, rows: Iterable[Stored]) -> Verdict:
        """Have the oracle compare every cell of rows with what was counted."""
        return oracle.verdict(counted, rows, self._reader)


class Ground:
    """One pipeline's `posts`; a context manager."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        """`settings`: with the broker's address."""
        self.pipeline = Pipeline(settings, say)
        self.posts = 0
        """Records on `posts`, of a backlog."""
        self.records = 0
        """Mentions and tallies that they make."""
        self._counted: Recounted | None = None
        """Of a backlog, once for all runs."""
        self._seen: set[str] = set()

    def __enter__(self) -> "Ground":
        self.pipeline.__enter__()
        self._judge = Judge(self.settings, author_key.load(self.settings))
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.__exit__(None, None, None)

    @property
    def settings(self) -> Settings:
        """The pipeline's."""
        return self.pipeline.settings

    @property
    def topic(self) -> str:
        """The Kafka topic of the posts."""
        return kafka_topics.posts(self.settings)

    def fill(self, posts: int) -> None:
        """Put posts and their copies on Kafka; all that it ever gets."""
        self.posts = load.fill(self.settings, posts, seed=1)
        self._counted = self._judge.recounted(stored.read(self.settings, self.topic))
        self.records = self.needed()

    def needed(self) -> int:
        """Mentions and tallies that all posts make which stand on Kafka now."""
        posts = stored.read(self.settings, self.topic)
        return sum(self._judge.records_of((one.value for one in posts), set()))

    def due(self, posts: Iterable[Post]) -> list[int]:
        """Records of the first post, of the first two, and so on; a copy of one asked for earlier makes none."""
        return list(accumulate(self._judge.records_of((value for _, value in posts), self._seen)))

    def judge(self, rows: list[Stored]) -> Verdict:
        """Have the oracle compare every cell of these rows with the posts."""
        counted = self._counted or self._judge.recounted(stored.read(self.settings, self.topic))
        return self._judge.judge(counted, rows)
