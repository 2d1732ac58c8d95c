"""When records were visible, by what workers noted: over kills, joins and copies."""

from pathlib import Path
from typing import Any

import pytest

from agents.kafka.stored import Stored
from bench.visible import Seen, noted, noting, seen
from streams.records import encode_mention
from tests.hospital_records import mention, tally


def post(offset: int, key: str) -> Stored:
    return Stored(0, offset, 0, key.encode(), b"")


def passed_on(offset: int, record: Any) -> Stored:
    return Stored(3, offset, 0, b"", encode_mention(record))


POSTS = [post(0, "a"), post(1, "before"), post(2, "b")]


def test_what_workers_note_is_told_in_order_and_the_first_sight_counts(tmp_path: Path) -> None:
    first, second = noting(tmp_path / "notes"), noting(tmp_path / "notes")
    first(3, 5)
    first(3, 9)
    second(3, 7)  # read again after a kill
    second(3, 12)
    second(4, 0)
    found = noted(tmp_path / "notes")
    assert [offset for offset, _ in found[3]] == [5, 9, 12]
    assert [at for _, at in found[3]] == sorted(at for _, at in found[3])
    assert list(found) == [3, 4]


def test_each_record_of_a_post_is_seen_once_when_its_offset_was() -> None:
    mentions = [
        passed_on(0, mention(0)),
        passed_on(1, tally(0)),
        passed_on(2, mention(1)),
        passed_on(3, mention(2)),
        passed_on(4, mention(0)),  # a tagger was killed and sent it again
        passed_on(5, mention(2, "380014")),
    ]
    notes = {3: [(1, 10.0), (4, 20.0), (5, 30.0)]}
    assert list(seen({"a": 0, "b": 1}, POSTS, mentions, notes)) == [
        Seen(0, 3, 10.0),
        Seen(0, 3, 10.0),
        Seen(1, 3, 20.0),
        Seen(1, 3, 30.0),
    ]


def test_a_record_that_nobody_saw_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody saw the record 7 of partition 3"):
        list(seen({"a": 0}, POSTS, [passed_on(7, mention(0))], {3: [(6, 1.0)]}))
