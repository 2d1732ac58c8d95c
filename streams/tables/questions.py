"""Questions put to a hospital and its first answers: one row for each 10 seconds in which questions were asked.

A question and its answer meet in the row of the question's time, which both know by the question's id, in whichever
order they come. What was asked and first answered in a row can only grow, so its records may repeat; the row keeps
marks all the same, as every row does. It lives for 72 h after the last record that it took; then its counts go to the
hospital's day (`rows.py`) and it ends.

Called by `hospitals.py`. Knows post ids, times, intents, tiers and topics that may stand beside a post; no author, no
text, no service line. Does not know the clock, nor a hospital's opening hours.
"""

from collections.abc import Callable, Collection, Iterator

from streams.records import Mention
from streams.tables.cells import near_of
from streams.tables.question_wire import AskedWire, Question, asked_wire, encode_wire
from streams.vocabulary import Intent

OPEN_SECONDS = 72 * 3600
"""How long a question waits; an answer that takes longer is none."""
OPEN_MS = 1000 * OPEN_SECONDS

MOST = 4_000
"""Questions and answers that one row holds: 400 a second, put to one hospital. What is beyond is only counted, so that
a flood cannot grow a row: one is 200 kB at most."""

EDGES: dict[str, int] = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200, "4h": 14_400, "8h": 28_800, "12h": 43_200,
    "24h": 86_400, "48h": 172_800, "72h": OPEN_SECONDS,
}  # fmt: skip
"""Upper edges of the time to the first answer, seconds."""

SAFETY = "safety_event"
"""The topic of class X: something may have gone wrong in care."""

OpenMs = Callable[[int, int], int]
"""(start, end), ms since the epoch -> milliseconds between them in which the hospital's office was open."""


class Asked:
    """Questions of 10 seconds, by their ids, and the answers to posts of these seconds."""

    __slots__ = ("answers", "gone", "last_at", "marks", "questions", "uncounted", "version")

    def __init__(self) -> None:
        self.version = -1
        self.last_at = 0
        """Newest Kafka time of a record in it, ms."""
        self.marks: dict[int, int] = {}
        self.questions: dict[str, Question] = {}
        self.answers: dict[str, int] = {}
        """Post id -> own time of the first answer to it, seconds; also of a post that is no question here (yet)."""
        self.gone: set[str] = set()
        """Questions that were taken back."""
        self.uncounted = 0
        """Records that came when it was full."""

    def take(self, offset: int, mention: Mention) -> bool:
        """Apply a question or an answer; False, and nothing changed, if the row contains it already."""
        if mention.offset <= self.marks.get(mention.partition, -1):
            return False
        self._touch(offset, mention.partition, mention.offset, mention.at)
        answer = mention.relation == "author"
        post = mention.reply_to if answer else mention.post
        known = post in (self.answers if answer else self.questions)
        if not known and len(self.questions) + len(self.answers) >= MOST:
            self.uncounted += 1
        elif answer:
            self.answers[post] = min(mention.written, self.answers.get(post, mention.written))
        elif not known:
            topics = tuple(mention.topics)
            self.questions[post] = Question(mention.written, mention.intent, mention.tier, topics)
        return True

    def take_back(self, offset: int, partition: int, posts_offset: int, at: int, post: str) -> bool:
        """A question was taken back; False if the row contains that already."""
        if posts_offset <= self.marks.get(partition, -1):
            return False
        self._touch(offset, partition, posts_offset, at)
        self.gone.add(post)
        return True

    def _touch(self, offset: int, partition: int, posts_offset: int, at: int) -> None:
        self.version = offset
        self.marks[partition] = posts_offset
        self.last_at = max(self.last_at, at)

    def taken_for(self, post: str, question: Question) -> int | None:
        """Seconds to the first answer; None while there is none within the time that a question waits."""
        answered = self.answers.get(post)
        if answered is None or answered - question.written > OPEN_SECONDS:
            return None
        return max(0, answered - question.written)  # two clocks: an answer may seem earlier

    def waiting(self, now: float) -> Iterator[tuple[str, Question]]:
        """Questions that wait for an answer at a moment (seconds since the epoch)."""
        for post, question in self.questions.items():
            if (
                post not in self.gone
                and now - question.written <= OPEN_SECONDS
                and self.taken_for(post, question) is None
            ):
                yield post, question

    def unanswered(self) -> Iterator[Question]:
        """Questions without an answer in time that were not taken back, however old."""
        for post, question in self.questions.items():
            if post not in self.gone and self.taken_for(post, question) is None:
                yield question

    def cells(self, open_ms: OpenMs | None) -> dict[str, int]:
        """Counts of its questions: asked, and answered within which edge; by intent, by nearness, and (where these are
        known) in the hours in which the office was open. One that was taken back before it was answered is not among
        them."""
        counts: dict[str, int] = {}
        for post, question in self.questions.items():
            seconds = self.taken_for(post, question)
            if seconds is None and post in self.gone:
                continue
            kinds = ("q", f"q/intent/{question.intent}", f"q/near/{near_of(question.tier)}")
            names = [f"{kind}/asked" for kind in kinds]
            if seconds is not None:
                edge = edge_of(seconds)
                names += [f"{kind}/within/{edge}" for kind in kinds]
                if open_ms is not None:
                    opened = open_ms(question.written * 1000, (question.written + seconds) * 1000)
                    names.append(f"q/business/{edge_of(opened / 1000)}")
            for name in names:
                counts[name] = counts.get(name, 0) + 1
        if self.uncounted:
            counts["q/uncounted"] = self.uncounted
        return counts


def is_urgent(intent: Intent, topics: Collection[str]) -> bool:
    """Whether somebody may be in danger, or something went wrong in care: such questions stand first."""
    return intent == "crisis" or SAFETY in topics


def edge_of(seconds: float) -> str:
    """Name of the histogram's bucket that a time falls into."""
    return next((name for name, edge in EDGES.items() if seconds <= edge), "72h")


# -- wire form --------------------------------------------------------------------------------------------------------


def encode_asked(row: Asked, form: int) -> bytes:
    """The wire form; begins with form and version, as every row's does."""
    return encode_wire(
        AskedWire(
            form, row.version, row.last_at, row.marks, row.questions, row.answers, sorted(row.gone), row.uncounted
        )
    )


def decode_asked(value: bytes) -> Asked:
    """A row from its wire form."""
    wire, row = asked_wire(value), Asked()
    row.version, row.last_at, row.marks, row.uncounted = wire.version, wire.last_at, wire.marks, wire.uncounted
    row.questions, row.answers, row.gone = wire.questions, wire.answers, set(wire.gone)
    return row
