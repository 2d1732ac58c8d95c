"""The oracle: what it counts, and that it notices every kind of wrong table."""

import time
from collections.abc import Iterable
from random import Random

import msgspec
import pytest

from agents.kafka.stored import Stored
from agents.proving.load import records
from agents.proving.oracle import Held, compared, judge
from agents.proving.recount import Recount
from streams import directory
from streams.reading.reader import Reader
from streams.reading.sources import PostEnvelope
from streams.records import Mention, Withdrawal
from streams.settings import Settings
from streams.tables.hospitals import HospitalTables
from streams.tables.rows import decode_head, encode_head
from streams.tables.sketch import entry_of
from tests.hospital_records import AT, HOUR, mention

HORIZON, REACH = 86_400, 1_000_000
NOW = int(time.time() * 1000)
"""The simulated people write now: a post of another time would be in no hour."""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(directory.load(), 1_000_000, author_key=bytes(32))


@pytest.fixture(scope="module")
def posts() -> list[Stored]:
    """A few hundred posts and their copies on one partition."""
    return [Stored(0, n, NOW + n, key, value) for n, (key, value) in enumerate(records(Settings(), 300, seed=1))]


def decoded(post: Stored, reader: Reader) -> PostEnvelope:
    envelope = reader.decode(post.value or b"")
    assert not isinstance(envelope, Withdrawal)
    return envelope


def tables(posts: Iterable[Stored], reader: Reader) -> list[Stored]:
    """The changelog of a worker that counted these posts, each once."""
    rows, seen, offset = HospitalTables(), set(), 0
    for post in posts:
        envelope = decoded(post, reader)
        if envelope.id in seen:
            continue
        seen.add(envelope.id)
        for record in reader.records(envelope, 0, post.offset, post.timestamp):
            rows.apply(0, offset, record)
            offset += 1
    return [Stored(0, n, NOW, key, value) for n, (key, value) in enumerate(rows.changes([0])[0])]


def test_right_tables_differ_by_nothing(posts: list[Stored], reader: Reader) -> None:
    verdict = judge(posts, tables(posts, reader), reader, HORIZON, REACH)
    assert verdict.difference == 0
    assert verdict.posts == 300
    assert verdict.mentions > 200
    assert str(verdict) == (
        f"oracle: 300 posts, {verdict.mentions} mentions, difference 0 in lifetime, hours, windows, people, questions, "
        "goals and community x nearness"
    )


def test_a_stale_copy_written_last_differs_by_nothing(posts: list[Stored], reader: Reader) -> None:
    fresh, stale = tables(posts, reader), tables(posts[:100], reader)
    assert judge(posts, [*fresh, *stale], reader, HORIZON, REACH).difference == 0


@pytest.mark.parametrize("cell", ["posts", "own"])
def test_one_count_too_many_is_noticed(cell: str, posts: list[Stored], reader: Reader) -> None:
    fresh = tables(posts, reader)
    place = next(n for n, one in enumerate(fresh) if one.key is not None and one.key.endswith(b"/head"))
    head = decode_head(fresh[place].value or b"")
    head.lifetime[cell] = head.lifetime.get(cell, 0) + 1
    fresh[place] = fresh[place]._replace(value=encode_head(head))
    verdict = judge(posts, fresh, reader, HORIZON, REACH)
    assert verdict.difference == 1
    assert str(verdict).endswith("difference 1 (lifetime 1)")


def test_a_person_too_many_or_too_few_is_noticed(posts: list[Stored], reader: Reader) -> None:
    fresh = tables(posts, reader)
    place, head = next(
        (n, head) for n, one in enumerate(fresh)
        if (one.key or b"").endswith(b"/head") and (head := decode_head(one.value or b"")).people
    )  # fmt: skip
    people = next(iter(head.people.values()))
    person = people.pop()
    fresh[place] = fresh[place]._replace(value=encode_head(head))
    assert judge(posts, fresh, reader, HORIZON, REACH).parts["people"] > 1, "in the hour and in the windows"
    people |= {person, person ^ 64}
    fresh[place] = fresh[place]._replace(value=encode_head(head))
    assert judge(posts, fresh, reader, HORIZON, REACH).parts["people"] > 1


def test_very_many_people_in_an_hour_differ_only_by_those_that_the_estimate_needs() -> None:
    random, made, recount = Random(1), HospitalTables(), Recount()  # noqa: S311
    for offset in range(9000):
        one = mention(offset, person=entry_of(random.getrandbits(64)), addressed=False)
        made.apply(0, offset, one)
        recount.add(one)
    ((key, value),) = made.changes([0])[0]
    head = decode_head(value or b"")
    assert len(head.people[HOUR]) < len({cell for cell in recount.cells if cell[2] == "person"})
    assert not compared(recount, [Stored(0, 0, 0, key, value)], AT / 1000)
    head.people[HOUR].remove(max(head.people[HOUR], key=lambda person: person // 2 % 64))
    assert compared(recount, [Stored(0, 0, 0, key, encode_head(head))], AT / 1000)["people"]


def test_a_missing_row_is_noticed(posts: list[Stored], reader: Reader) -> None:
    assert judge(posts, tables(posts, reader)[1:], reader, HORIZON, REACH).difference > 0


def test_a_lost_post_is_noticed(posts: list[Stored], reader: Reader) -> None:
    counted = next(n for n, post in enumerate(posts) if _mentions(post, reader))
    assert judge(posts, tables(posts[:counted] + posts[counted + 1 :], reader), reader, HORIZON, REACH).difference > 0


def with_a_past(posts: list[Stored], reader: Reader) -> tuple[list[Stored], int]:
    """The changelog of a worker that began with rows of earlier hours, and the first hour that is its own."""
    hour = NOW // 3_600_000
    past, first = HospitalTables(), hour - 30
    for offset in range(40):
        asked = first * 3600 + offset * 60
        early = mention(offset, at=1000 * asked, hour=asked // 3600, written=asked, asked=asked, intent="question")
        past.apply(0, offset, msgspec.structs.replace(early, addressed=True, post=str(offset)))
    past.apply(0, 40, mention(40, at=NOW - 3_600_000, hour=hour - 1, written=hour * 3600 - 60))
    rows = [(key, value) for key, value in past.changes([0])[0] if not key.endswith(b"/head")]
    assert {key[7:8] for key, _ in rows} == {b"d", b"q"}
    written = [Stored(0, n, NOW, key, value) for n, (key, value) in enumerate(rows)]
    return [*written, *tables(posts, reader)], hour


def test_rows_that_were_written_beforehand_are_not_compared(posts: list[Stored], reader: Reader) -> None:
    changelog, begun = with_a_past(posts, reader)
    assert judge(posts, changelog, reader, HORIZON, REACH).difference > 0
    verdict = judge(posts, changelog, reader, HORIZON, REACH, Held(begun=begun))
    assert (verdict.difference, verdict.beforehand) == (0, True)
    assert "not compared: earlier hours, which were written beforehand" in str(verdict)


@pytest.mark.parametrize("lost", ["/head", "/q"])
def test_what_came_after_a_past_is_compared_all_the_same(lost: str, posts: list[Stored], reader: Reader) -> None:
    changelog, begun = with_a_past(posts, reader)
    place = max(n for n, one in enumerate(changelog) if lost.encode() in (one.key or b""))
    del changelog[place]
    verdict = judge(posts, changelog, reader, HORIZON, REACH, Held(begun=begun))
    assert verdict.parts["lifetime" if lost == "/head" else "questions"] > 0


def test_a_copy_past_the_horizon_counts_again(posts: list[Stored], reader: Reader) -> None:
    again = [post._replace(offset=post.offset + 1000, timestamp=post.timestamp + 2_000_000) for post in posts]
    assert judge([*posts, *again], [], reader, horizon=3600, reach=REACH).posts == 300
    assert judge([*posts, *again], [], reader, horizon=60, reach=REACH).posts == 600


def test_a_copy_past_the_reach_counts_again(posts: list[Stored], reader: Reader) -> None:
    again = [post._replace(offset=post.offset + 100_000) for post in posts]
    assert judge([*posts, *again], [], reader, HORIZON, reach=200_000).posts == 300
    assert judge([*posts, *again], [], reader, HORIZON, reach=50_000).posts == 600


def _mentions(post: Stored, reader: Reader) -> list[Mention]:
    found = reader.records(decoded(post, reader), 0, post.offset, post.timestamp)
    return [one for one in found if isinstance(one, Mention)]
