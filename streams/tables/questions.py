"""Questions put to a hospital and its first answers: one row for each 10 seconds in which questions were asked.

A question and its answer meet in the row of the question's time, which both know by the question's id, in whichever
order they come. What was asked and first answered in a row can only grow, so its records may repeat; the row keeps
marks all the same, as every row does. It lives for 72 h after the last record that it took; then its counts go to the
hospital's day (`rows.py`) and it ends.

A row is one string of bytes, since a million of them wait for their 72 h where 50 posts come a second:

    head    version, newest Kafka time, records beyond `MOST`, questions and answers, and how many of each follow
    kinds   3 bytes each: numbers of intent, tier and topics (`question_kinds.py`); a question has its place among these
    marks   8 bytes each: partition and offset
    posts   19 bytes each with an id of X, 27 with Bluesky's hash: id, whether it is a question, is answered, was taken
            back; when it was written, its kind, when it was answered
    others  the same for ids of any other form, which no source sends today: as text, with its length before it

Called by `question_rows.py`. Knows post ids, times, intents, tiers and topics that may stand beside a post; no author,
no text, no service line. Does not know the clock, nor a hospital's opening hours.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from struct import Struct
from typing import Any

from streams.tables.counted import Counted
from streams.tables.first_seen.ids import LONG, SHORT, key_of, post_of
from streams.tables.question_kinds import Kinds
from streams.tables.question_wire import Kind, Question, Waiting, asked_wire, encode_wire
from streams.tables.row_wire import FORM

OPEN_SECONDS = 72 * 3600
"""How long a question waits; an answer that takes longer is none."""
OPEN_MS = 1000 * OPEN_SECONDS

MOST = 4_000
"""Questions and answers that one row holds: 400 a second, put to one hospital. What is beyond is only counted, so that
a flood cannot grow a row: one is 80 kB at most with ids of X, 110 kB with Bluesky's."""

EDGES: dict[str, int] = {
    "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "2h": 7200, "4h": 14_400, "8h": 28_800, "12h": 43_200,
    "24h": 86_400, "48h": 172_800, "72h": OPEN_SECONDS,
}  # fmt: skip
"""Upper edges of the time to the first answer, seconds."""

OpenMs = Callable[[int, int], int]
"""(start, end), ms since the epoch -> milliseconds between them in which the hospital's office was open."""

_EDGE_SECONDS = list(EDGES.values())
_WITHIN = [f"within/{edge}" for edge in EDGES]
_BUSINESS = [f"q/business/{edge}" for edge in (*EDGES, "72h")]

_head = Struct("<qqIHHHHH")
"""Version; newest Kafka time, ms; records that came when it was full; questions and answers; kinds, marks, posts with
short and with long keys."""
_mark = Struct("<Q")
"""48 bits of an offset, 16 above of the partition."""
_post = Struct("<BIHI")
"""What follows a post's key: flags; when it was written; place of its kind; when it was answered, seconds."""
_short, _long = Struct("<QBIHI"), Struct("<16sBIHI")
_length = Struct("<H")
"""Before an id of another form: bytes of its text."""
_HEAD, _KIND, _MARK = _head.size, 3, _mark.size
_SHORT, _LONG, _POST = _short.size, _long.size, _post.size
_PARTITION = 48
_OFFSET = (1 << _PARTITION) - 1
_ASKED, _ANSWERED, _GONE = 1, 2, 4
_SHORTS, _LONGS, _OTHERS = 0, 1, 2
"""Which part of the row a post stands in."""

EMPTY = _head.pack(-1, 0, 0, 0, 0, 0, 0, 0)
"""A row that took nothing yet."""

_Post = tuple[int | bytes | str, int, int, int, int]
"""Its id as a number, a hash's key or text, flags, written, place of its kind, answered."""


class Places:
    """Where the posts of one row stand, for a row that takes many: to search through its bytes takes 5 us where it has
    1,000 posts. Ids of another form are not among them."""

    __slots__ = ("_of", "row")

    def __init__(self, row: bytes) -> None:
        self.row = row
        """What it was made of, or was told of last: it is true of no other bytes."""
        self._of: dict[bytes, int] = {}
        """Key -> distance from the begin of its part of the row."""
        _, _, _, _, kinds, marks, shorts, longs = _head.unpack_from(row)
        start = _HEAD + _KIND * kinds + _MARK * marks
        middle = start + _SHORT * shorts
        for place in range(start, middle, _SHORT):
            self._of[row[place : place + SHORT]] = place - start
        for place in range(middle, middle + _LONG * longs, _LONG):
            self._of[row[place : place + LONG]] = place - middle

    def __len__(self) -> int:
        return len(self._of)

    def find(self, key: bytes, start: int) -> int:
        """The place of a key whose part begins at `start`; -1: it has none."""
        distance = self._of.get(key, -1)
        return start + distance if distance >= 0 else -1

    def follow(self, row: bytes, key: bytes, distance: int) -> None:
        """The row changed. `key`: of a post that came, so far from the begin of its part; empty: none came."""
        self.row = row
        if key:
            self._of[key] = distance


class Asked:
    """Questions of 10 seconds, by their ids, and the answers to posts of these seconds: reads and changes a row."""

    __slots__ = ("kinds", "places", "row")

    def __init__(self, kinds: Kinds, row: bytes = EMPTY) -> None:
        self.kinds = kinds
        """What its numbers of kinds mean."""
        self.row = row
        """The bytes: what is kept."""
        self.places: Places | None = None
        """Of its posts, where it takes many."""

    def take(self, offset: int, one: Counted) -> bool:
        """Apply a question or an answer; False, and nothing changed, if the row contains it already."""
        what = _ANSWERED if one.answers else _ASKED
        return self._take(offset, one.partition, one.offset, one.at, one.post, what, one)

    def take_back(self, offset: int, partition: int, posts_offset: int, at: int, post: str) -> bool:
        """A question of it was taken back; False if the row contains that already."""
        return self._take(offset, partition, posts_offset, at, post, _GONE, None)

    def _take(
        self, offset: int, partition: int, posts_offset: int, at: int, post: str, what: int, one: Counted | None
    ) -> bool:
        row = self.row
        _, last_at, uncounted, count, kinds, marks, shorts, longs = _head.unpack_from(row)
        first_mark = _HEAD + _KIND * kinds
        first_post = first_mark + _MARK * marks
        mark = _mark_of(row, first_mark, first_post, partition)
        if mark < first_post and posts_offset <= _mark.unpack_from(row, mark)[0] & _OFFSET:
            return False
        key, section = _key(post)
        start, end = _bounds(row, first_post, shorts, longs, section)
        places = self.places if self.places is not None and self.places.row is row else None
        known = places is not None and section != _OTHERS
        place = places.find(key, start) if places is not None and known else _place(row, key, start, end, section)
        flags, written, kind, answered = _post.unpack_from(row, place + len(key)) if place >= 0 else (0, 0, 0, 0)
        cut, cut_end, entry, new_kind = end, end, b"", b""
        if what == _GONE:
            if flags & _ASKED:
                flags |= _GONE
                entry = key + _post.pack(flags, written, kind, answered)
        elif not flags & what and count >= MOST:
            uncounted += 1
        else:
            assert one is not None  # noqa: S101 - narrows for mypy
            if what == _ANSWERED:
                answered = min(one.written, answered) if flags & _ANSWERED else one.written
            elif not flags & _ASKED:
                written = one.written
                number = one.cells.kind.to_bytes(_KIND, "little")
                kind = _kind_of(row, kinds, number)
                if kind == kinds:
                    new_kind = number
            count += not flags & what
            flags |= what
            entry = key + _post.pack(flags, written, kind, answered)
        if entry and place >= 0:
            cut, cut_end = place, place + len(entry)
        elif entry:
            shorts += section == _SHORTS
            longs += section == _LONGS
        self.row = b"".join(
            (
                _head.pack(
                    offset, max(last_at, at), uncounted, count, kinds + bool(new_kind), marks + (mark == first_post),
                    shorts, longs,
                ),
                row[_HEAD:first_mark],
                new_kind,
                row[first_mark:mark],
                _mark.pack(partition << _PARTITION | posts_offset),
                row[mark + _MARK : cut] if mark < first_post else row[first_post:cut],
                entry,
                row[cut_end:],
            )
        )  # fmt: skip
        if places is not None:
            places.follow(self.row, key if known and entry and place < 0 else b"", end - start)
        return True

    # -- what is in it ------------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Offset on `mentions` of the last record that changed it; -1 before the first and of one that was moved."""
        return version_in(self.row)

    @property
    def last_at(self) -> int:
        """Newest Kafka time of a record in it, ms."""
        return last_in(self.row)

    @property
    def uncounted(self) -> int:
        """Records that came when it was full."""
        found: int = _head.unpack_from(self.row)[2]
        return found

    @property
    def marks(self) -> dict[int, int]:
        """Partition of `posts` -> highest offset contained."""
        kinds, marks = _head.unpack_from(self.row)[4:6]
        start = _HEAD + _KIND * kinds
        numbers = [_mark.unpack_from(self.row, start + _MARK * place)[0] for place in range(marks)]
        return {number >> _PARTITION: number & _OFFSET for number in numbers}

    @property
    def questions(self) -> dict[str, Question]:
        """By post id."""
        said = self.said()
        return {
            _text(key): Question(written, *said[place])
            for key, flags, written, place, _ in self.posts()
            if flags & _ASKED
        }

    @property
    def answers(self) -> dict[str, int]:
        """Post id -> own time of the first answer to it, seconds; also of a post that is no question here (yet)."""
        return {_text(key): answered for key, flags, _, _, answered in self.posts() if flags & _ANSWERED}

    @answers.setter
    def answers(self, answers: Mapping[str, int]) -> None:
        self.pack(self.version, self.marks, self.questions, answers, self.gone)

    @property
    def gone(self) -> frozenset[str]:
        """Questions that were taken back."""
        return frozenset(_text(key) for key, flags, _, _, _ in self.posts() if flags & _GONE)

    def asks(self, post: str) -> bool:
        """Whether a post is a question in it."""
        row = self.row
        key, section = _key(post)
        _, _, _, _, kinds, marks, shorts, longs = _head.unpack_from(row)
        start, end = _bounds(row, _HEAD + _KIND * kinds + _MARK * marks, shorts, longs, section)
        place = _place(row, key, start, end, section)
        return place >= 0 and bool(row[place + len(key)] & _ASKED)

    def moved(self, version: int) -> None:
        """Give it a version of its own and no marks."""
        self.pack(version, {}, self.questions, self.answers, self.gone)

    def posts(self) -> list[_Post]:
        """Questions and answers, each as the row has it."""
        row = self.row
        _, _, _, _, kinds, marks, shorts, longs = _head.unpack_from(row)
        start = _HEAD + _KIND * kinds + _MARK * marks
        middle = start + _SHORT * shorts
        end = middle + _LONG * longs
        found: list[_Post] = list(_short.iter_unpack(row[start:middle]))
        if middle < len(row):
            found += _long.iter_unpack(row[middle:end])
            while end < len(row):
                text = end + _length.size
                end = text + _length.unpack_from(row, end)[0]
                flags, written, kind, answered = _post.unpack_from(row, end)
                found.append((row[text:end].decode(), flags, written, kind, answered))
                end += _POST
        return found

    def said(self) -> list[Kind]:
        """The kinds of its questions, by their places."""
        return [self.kinds.kinds[number] for number in self._numbers()]

    def _numbers(self) -> list[int]:
        row = self.row
        places = range(_HEAD, _HEAD + _KIND * _head.unpack_from(row)[4], _KIND)
        return [row[place] | row[place + 1] << 8 | row[place + 2] << 16 for place in places]

    def waiting(self, now: float) -> Iterator[Waiting]:
        """Questions that wait for an answer at a moment (seconds since the epoch)."""
        said = self.said()
        for key, flags, written, place, answered in self.posts():
            if flags & (_ASKED | _GONE) == _ASKED and now - written <= OPEN_SECONDS and _late(flags, written, answered):
                yield Waiting(_text(key), written, *said[place])

    def unanswered(self) -> list[tuple[int, int]]:
        """Questions without an answer in time that were not taken back, however old: number of kind, when written."""
        numbers = self._numbers()
        return [
            (numbers[place], written)
            for _, flags, written, place, answered in self.posts()
            if flags & (_ASKED | _GONE) == _ASKED and _late(flags, written, answered)
        ]

    def cells(self, open_ms: OpenMs | None) -> dict[str, int]:
        """Counts of its questions: asked, and answered within which edge; by intent, by nearness, and (where these are
        known) in the hours in which the office was open. One that was taken back before it was answered is not among
        them."""
        counts: dict[str, int] = {}
        asked: dict[int, int] = {}
        within: dict[int, int] = {}
        for _, flags, written, place, answered in self.posts():
            late = _late(flags, written, answered)
            if not flags & _ASKED or (late and flags & _GONE):
                continue
            asked[place] = asked.get(place, 0) + 1
            if not late:
                seconds = max(0, answered - written)  # two clocks: an answer may seem earlier
                edge = place << 8 | bisect_left(_EDGE_SECONDS, seconds)
                within[edge] = within.get(edge, 0) + 1
                if open_ms is not None:
                    opened = open_ms(written * 1000, (written + seconds) * 1000) / 1000
                    name = _BUSINESS[bisect_left(_EDGE_SECONDS, opened)]
                    counts[name] = counts.get(name, 0) + 1
        numbers = self._numbers()
        for place, count in asked.items():
            for name in self.kinds.names(numbers[place], "asked"):
                counts[name] = counts.get(name, 0) + count
        for edge, count in within.items():
            for name in self.kinds.names(numbers[edge >> 8], _WITHIN[edge & 0xFF]):
                counts[name] = counts.get(name, 0) + count
        if uncounted := self.uncounted:
            counts["q/uncounted"] = uncounted
        return counts

    def pack(
        self,
        version: int,
        marks: Mapping[int, int],
        questions: Mapping[str, Question],
        answers: Mapping[str, int],
        gone: Collection[str],
    ) -> None:
        """Make the row anew of these; its newest time and what was beyond `MOST` stay."""
        numbers: dict[bytes, int] = {}
        sections: tuple[list[bytes], list[bytes], list[bytes]] = [], [], []
        for post in dict.fromkeys((*questions, *answers)):
            flags = (_ANSWERED if post in answers else 0) | (_GONE if post in gone else 0)
            written = kind = 0
            if (question := questions.get(post)) is not None:
                flags |= _ASKED
                number = self.kinds.number(question.intent, question.tier, question.topics)
                written, kind = question.written, numbers.setdefault(number.to_bytes(_KIND, "little"), len(numbers))
            key, section = _key(post)
            sections[section].append(key + _post.pack(flags, written, kind, answers.get(post, 0)))
        shorts, longs, others = sections
        head = _head.pack(
            version, self.last_at, self.uncounted, len(questions) + len(answers), len(numbers), len(marks), len(shorts),
            len(longs),
        )  # fmt: skip
        packed_marks = [_mark.pack(partition << _PARTITION | offset) for partition, offset in marks.items()]
        self.row = b"".join((head, *numbers, *packed_marks, *shorts, *longs, *others))


def bytes_of(post: str) -> bytes:
    """What stands in every row that has an id."""
    return _key(post)[0]


def version_in(row: bytes) -> int:
    """As `Asked.version`."""
    found: int = _head.unpack_from(row)[0]
    return found


def last_in(row: bytes) -> int:
    """As `Asked.last_at`."""
    found: int = _head.unpack_from(row)[1]
    return found


def _late(flags: int, written: int, answered: int) -> bool:
    """Whether a question has no answer within the time that a question waits."""
    return not flags & _ANSWERED or answered - written > OPEN_SECONDS


def _key(post: str) -> tuple[bytes, int]:
    """What an id is found by, and the part of a row that it stands in: its key, or its text with the length before."""
    key = key_of(post)
    if len(key) == SHORT:
        return key, _SHORTS
    if len(key) == LONG:
        return key, _LONGS
    text = post.encode()
    return _length.pack(len(text)) + text, _OTHERS


def _bounds(row: bytes, start: int, shorts: int, longs: int, section: int) -> tuple[int, int]:
    """Where a part of the row's posts begins and ends. `start`: where the posts begin."""
    middle = start + _SHORT * shorts
    if section == _SHORTS:
        return start, middle
    end = middle + _LONG * longs
    return (middle, end) if section == _LONGS else (end, len(row))


def _place(row: bytes, key: bytes, start: int, end: int, section: int) -> int:
    """Where a post stands in its part of the row; -1: it does not."""
    place = row.find(key, start, end)
    if section == _OTHERS:
        while start < end:
            if start == place:
                return place
            if start > place >= 0:
                place = row.find(key, start, end)
                continue
            start += _length.size + int.from_bytes(row[start : start + _length.size], "little") + _POST
        return -1
    size = _SHORT if section == _SHORTS else _LONG
    while place >= 0 and (place - start) % size:  # the bytes of two neighbours
        place = row.find(key, place + 1, end)
    return place


def _text(key: int | bytes | str) -> str:
    if isinstance(key, int):
        return str(key)
    return key if isinstance(key, str) else post_of(key)


def _mark_of(row: bytes, start: int, end: int, partition: int) -> int:
    """Where a partition's mark stands; `end`: nowhere."""
    low, high = partition & 0xFF, partition >> 8
    place = start
    while place < end and (row[place + 6] != low or row[place + 7] != high):
        place += _MARK
    return place


def _kind_of(row: bytes, kinds: int, number: bytes) -> int:
    """Which of the row's kinds has a number; as many as there are: none."""
    end = _HEAD + _KIND * kinds
    place = row.find(number, _HEAD, end)
    while place >= 0 and (place - _HEAD) % _KIND:
        place = row.find(number, place + 1, end)
    return kinds if place < 0 else (place - _HEAD) // _KIND


# -- wire form --------------------------------------------------------------------------------------------------------


def encode_asked(row: bytes, kinds: Kinds) -> bytes:
    """The wire form; begins with form and version, as every row's does."""
    asked = Asked(kinds, row)
    said = asked.said()
    questions: dict[str, tuple[Any, ...]] = {}
    answers: dict[str, int] = {}
    gone: list[str] = []
    for key, flags, written, place, answered in asked.posts():
        post = _text(key)
        if flags & _ASKED:
            questions[post] = (written, *said[place])
        if flags & _ANSWERED:
            answers[post] = answered
        if flags & _GONE:
            gone.append(post)
    gone.sort()
    version, last_at, uncounted, *_ = _head.unpack_from(row)
    return encode_wire((FORM, version, last_at, asked.marks, questions, answers, gone, uncounted))


def decode_asked(value: bytes, kinds: Kinds) -> Asked:
    """A row from its wire form."""
    wire = asked_wire(value)
    row = Asked(kinds, _head.pack(wire.version, wire.last_at, wire.uncounted, 0, 0, 0, 0, 0))
    row.pack(wire.version, wire.marks, wire.questions, wire.answers, wire.gone)
    return row
