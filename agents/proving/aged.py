"""A past that makes a new pipeline as large as one that has run for days: rows and remembered ids, without the posts.

Called by `soak.py` before a worker starts. Some minutes of simulated posts are read once, and what they leave in the
tables is written to the changelogs again and again, each time that much earlier, with ids of that time: questions and
answers of the last 72 h, ids of the last 25, counts and people of the last 28 days. Nothing of it is in the lifetime.
What is written looks as if the pipeline had been moved (docs/exactness.md, chapter 12), so the oracle can count
everything that comes after it.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from agents.ingest.partitioner import partition_of
from agents.ingest.x.intake import Intake
from agents.kafka.filling import Filling
from agents.simulated.feed import Feed
from agents.simulated.people import targets
from agents.worker import author_key, knowledge
from streams import directory
from streams.kafka import topics as kafka_topics
from streams.reading.reader import Reader
from streams.records import Mention, Tally, Withdrawal
from streams.settings import Settings
from streams.snowflake import EPOCH_MS, first_id
from streams.tables.counted import Counting
from streams.tables.first_seen import codec
from streams.tables.first_seen.codec import Fact
from streams.tables.first_seen.memory import CLOCK_SECONDS
from streams.tables.hospitals import HospitalTables
from streams.tables.periods import HOUR_SECONDS, HOURS_A_DAY, OPEN_HOURS, SLOT_SECONDS, SLOTS_AN_HOUR
from streams.tables.question_kinds import Kinds
from streams.tables.question_rows import QuestionRows, key_of
from streams.tables.question_wire import asked_wire, encode_wire
from streams.tables.questions import OPEN_SECONDS
from streams.tables.row_wire import FORM
from streams.tables.rows import NEVER, Day, decode_head, encode_day

SAMPLE_SECONDS = 1200
"""Of simulated posts. A part of an hour, and a multiple of 10 seconds, the time of a question row."""
CHUNK_FACTS = 10_000
"""As `streams/tables/moving.py` writes them."""
VERSION = -1
"""Of what is written: below that of every record to come."""


class Written(NamedTuple):
    """One record of a changelog."""

    table: str
    """`streams.kafka.topics.HOSPITALS` or `FIRST_SEEN`."""
    partition: int
    key: bytes
    value: bytes
    what: Literal["day", "questions", "ids"]
    questions: int = 0
    """In a row of them; 0 also in one that has answers alone."""
    ids: int = 0
    """Remembered ones in it."""


class Aged(NamedTuple):
    """What was written."""

    rows: int
    """Question rows."""
    questions: int
    days: int
    ids: int
    begun: int
    """The first hour (since the epoch) that nothing was written of."""


def write(settings: Settings, rate: float, seed: int, seconds: float, now: float) -> Aged:
    """Write a past of `seconds` at `rate` posts a second. Blocks: at 50 posts/s for two minutes of a core. `now`:
    seconds since the epoch; what is written ends with the hour before it. Raises `UserError` if Kafka does not take
    it."""
    begun = int(now) // HOUR_SECONDS
    hospitals = directory.load(settings.directory_folder)
    words, key = knowledge.load_words(settings, hospitals), author_key.load(settings)
    sampled = sample(settings, Reader(hospitals, settings.max_post_bytes, words, key), rate, seed, begun)
    rows = questions = days = ids = 0
    names = {
        table: kafka_topics.changelog(settings, table) for table in (kafka_topics.HOSPITALS, kafka_topics.FIRST_SEEN)
    }
    with Filling(settings) as filling:
        for one in past(settings, sampled, rate, seconds, begun):
            filling.put(names[one.table], one.partition, one.key, one.value)
            rows += one.what == "questions"
            questions += one.questions
            ids += one.ids
            days += one.what == "day"
    return Aged(rows, questions, days, ids, begun)


def sample(settings: Settings, reader: Reader, rate: float, seed: int, begun: int) -> list[Mention | Tally]:
    """What the last `SAMPLE_SECONDS` before the hour `begun` say of hospitals, as the tagger reads it. The answers that
    are due later are left out."""
    start, count = begun * HOUR_SECONDS - SAMPLE_SECONDS, round(rate * SAMPLE_SECONDS)
    intake, feed = Intake(settings.max_post_bytes), Feed(seed, rate, targets(reader.directory), count)
    feed.start(start * 1000)
    found: list[Mention | Tally] = []
    for number, (post, copy) in enumerate(feed.until(count)):
        record = intake.take(post.body + b',"matching_rules":[{"id":"1"}]}')
        if copy or record is None or record.topic != "posts":
            continue
        envelope = reader.decode(record.value)
        if not isinstance(envelope, Withdrawal):
            at = start * 1000 + int(1000 * number / rate)
            found += reader.records(envelope, number % settings.partitions, number, at)
    return found


def past(
    settings: Settings, sampled: list[Mention | Tally], rate: float, seconds: float, begun: int
) -> Iterator[Written]:
    """The records of a past of `seconds` that is all like the sample and ends where the hour `begun` begins."""

    hospitals = {one.hospital for one in sampled}
    places = {hospital: partition_of(hospital.encode(), settings.partitions) for hospital in hospitals}
    for hospital, key, value in _days(sampled, begun, seconds):
        yield Written(kafka_topics.HOSPITALS, places[hospital], key, value, "day")
    for hospital, key, value, asked in _question_rows(sampled, begun, min(seconds, OPEN_SECONDS)):
        yield Written(kafka_topics.HOSPITALS, places[hospital], key, value, "questions", questions=asked)
    kept = settings.duplicate_horizon + min(settings.duplicate_horizon, CLOCK_SECONDS)
    remembered = min(rate * min(seconds, kept), settings.remembered_posts) / settings.partitions
    for partition in range(settings.partitions):
        for facts in _facts(partition, round(remembered), rate / settings.partitions, begun * HOUR_SECONDS):
            key, value = codec.name(facts[0][1], facts[-1][1]), codec.encode(codec.pack(facts))
            yield Written(kafka_topics.FIRST_SEEN, partition, key, value, "ids", ids=len(facts))


# -- rows -------------------------------------------------------------------------------------------------------------


def _question_rows(
    sampled: list[Mention | Tally], begun: int, seconds: float
) -> Iterator[tuple[str, bytes, bytes, int]]:
    """Hospital, key, value and number of questions of each row, the oldest first."""
    kinds = Kinds()
    rows, counting = QuestionRows(kinds), Counting(kinds)
    for offset, record in enumerate(sampled):
        if (one := counting.of(record)).slot >= 0:
            rows.take(offset, one, (one.hospital, one.slot, NEVER))
    whole = [(hospital, *_told(key, value)) for hospital, key, value in rows.every()]
    first = begun * SLOTS_AN_HOUR - SAMPLE_SECONDS // SLOT_SECONDS
    for times in range(int(seconds // SAMPLE_SECONDS) - 1, -1, -1):
        earlier = times * SAMPLE_SECONDS
        for hospital, slot, row in whole:
            if slot >= first:  # else it has an answer to a post of before the sample
                place = (hospital, slot - earlier // SLOT_SECONDS, NEVER)
                yield hospital, key_of(place), _earlier(row, earlier), len(row.questions)


class _Told(NamedTuple):
    """A question row, ready to be moved in time."""

    last_at: int
    marks: dict[int, int]
    """So that it takes the memory of one that took records; offset 0 contains none that is to come but the first."""
    questions: list[tuple[int, int, tuple[object, ...]]]
    """Id, when it was written, intent, tier and topics."""
    answers: list[tuple[int, int]]


def _told(key: bytes, value: bytes) -> tuple[int, _Told]:
    row = asked_wire(value)
    questions: list[tuple[int, int, tuple[object, ...]]] = [
        (int(post), one.written, (one.intent, one.tier, one.topics)) for post, one in row.questions.items()
    ]
    answers = [(int(post), at) for post, at in row.answers.items()]
    return int(key.rpartition(b"/q")[2]), _Told(row.last_at, dict.fromkeys(row.marks, 0), questions, answers)


def _earlier(row: _Told, seconds: int) -> bytes:
    """A row as it would be, had all of it happened so much earlier."""
    ids = first_id(EPOCH_MS + 1000 * seconds)
    questions = {str(post - ids): (written - seconds, *kind) for post, written, kind in row.questions}
    answers = {str(post - ids): at - seconds for post, at in row.answers}
    return encode_wire((FORM, VERSION, row.last_at - 1000 * seconds, row.marks, questions, answers, [], 0))


def _days(sampled: list[Mention | Tally], begun: int, seconds: float) -> Iterator[tuple[str, bytes, bytes]]:
    """Hospital, key and value of each day: every hour as the sample, times the samples in an hour. The hours that a
    head still holds are left out."""
    tables = HospitalTables()
    for offset, record in enumerate(sampled):
        tables.apply(0, offset, record)
    times = HOUR_SECONDS // SAMPLE_SECONDS
    last = begun - OPEN_HOURS - 1
    first = begun - int(seconds // HOUR_SECONDS)
    for hospital, key, value in tables.every(0):
        if not key.endswith(b"/head"):
            continue
        head = decode_head(value)
        cells = {cell: times * count for cell, count in head.hour_cells(begun - 1).items()}
        people = head.people.get(begun - 1, set())
        known: dict[tuple[int, int], bytes] = {}
        for number in range(first // HOURS_A_DAY, last // HOURS_A_DAY + 1):
            begin = max(first - number * HOURS_A_DAY, 0)
            end = min(last - number * HOURS_A_DAY + 1, HOURS_A_DAY)
            if (begin, end) not in known:
                day = Day()
                for hour in range(begin, end):
                    day.closed |= 1 << hour
                    day.hours[hour] = cells
                    if people:
                        day.people[hour] = people
                day.version = VERSION
                known[begin, end] = encode_day(day)
            yield hospital, f"{hospital}/d{number}".encode(), known[begin, end]


# -- remembered ids ---------------------------------------------------------------------------------------------------


def _facts(partition: int, count: int, rate: float, end: int) -> Iterator[list[Fact]]:
    """The ids of `count` posts that one partition took before `end`, `rate` a second, in chunks."""
    for start in range(-count, 0, CHUNK_FACTS):
        chunk: list[Fact] = []
        for offset in range(start, min(start + CHUNK_FACTS, 0)):
            at_ms = end * 1000 + int(offset * 1000 / rate)
            chunk.append((str(first_id(at_ms) | partition), offset, at_ms // 1000))
        yield chunk
