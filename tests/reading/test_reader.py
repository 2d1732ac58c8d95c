"""What a post says of each hospital that it is tied to, with all of `reading/` in place."""

import msgspec
import pytest

from agents.evaluation.cases import topics
from streams.directory import load
from streams.reading.post import Post
from streams.reading.reader import Reader, asked_at
from streams.reading.sources import PostEnvelope
from streams.records import Envelope, Mention, Withdrawal, encode_json
from streams.vocabulary import ReadingPart
from tests.payloads import a_payload, as_json

READER = Reader(load(), max_bytes=100_000)
AT = 1_760_000_000_000
POST = Post(**dict.fromkeys(Post.__struct_fields__))  # type: ignore[arg-type] # only times are looked at


def an_envelope(text: str, id: int = 1_900_000_000_000_000_001) -> PostEnvelope:
    payload = msgspec.Raw(as_json(a_payload({"text": text, "id": str(id), "entities": {}})))
    envelope = READER.decode(encode_json(Envelope("x", str(id), AT, "stream", (), payload)))
    assert not isinstance(envelope, Withdrawal)
    return envelope


def mention(text: str, hospital: str = "240010") -> Mention:
    envelope = an_envelope(text)
    (found,) = [
        one for one in READER.records(envelope, 0, 7, AT) if isinstance(one, Mention) and one.hospital == hospital
    ]
    return found


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("@MayoClinic hello", "unknown"),
        ("@MayoClinic driving down from Byron, MN today", "local"),
        ("@MayoClinic is it far from Portland, Oregon or from Byron, MN?", "local"),
        ("@MayoClinic flying in from Portland, Oregon", "national"),
    ],
)
def test_a_town_in_the_text_is_kept_apart_from_where_its_author_is(text: str, tier: str) -> None:
    found = mention(text)
    assert found.mentioned_tier == tier
    assert (found.tier, found.evidence) == ("national", "profile"), "from Fargo, whatever the text names"


def test_posts_read_together_say_what_each_says_alone() -> None:
    texts = [f"@MayoClinic {text}" for case in topics().values() for text in (case.about + case.not_about)[:8]]
    texts += ["nobody's", texts[0], "@ClevelandClinic and @MayoClinic, no place to park"]
    posts = [(an_envelope(text, number), number, AT + number) for number, text in enumerate(texts, start=10**18)]
    ended = list[ReadingPart]()
    together = READER.records_of(posts, 3, ended.append)
    alone = Reader(READER.directory, 100_000, READER.lexicon)
    assert together == [alone.records(envelope, 3, offset, at) for envelope, offset, at in posts]
    assert [len(one) for one in together[-3:]] == [0, len(together[0]), 2]
    assert ended == ["hospitals", "words", "places", "mentions"]


def test_a_mention_says_which_of_its_topics_are_sure() -> None:
    lexicon, kinds = READER.lexicon, set[bool]()
    for case in topics().values():
        for text in case.about[:5]:
            found = mention(f"@MayoClinic {text}")
            sure = lexicon.sure_of(f"@MayoClinic {text}", found.topics)
            bits = [bool(found.sure >> place & 1) for place in range(len(found.topics))]
            assert bits == [topic in sure for topic in found.topics]
            assert found.sure < 1 << len(found.topics)
            kinds |= set(bits)
    assert kinds == {True, False}


def a_post(at: int, id_at: int = -1, answers_at: int = -1) -> Post:
    return msgspec.structs.replace(POST, at=at, id_at=id_at, answers_at=answers_at)


@pytest.mark.parametrize(
    ("id_at", "asked"), [(AT, AT), (AT - 3600, AT - 3600), (AT - 3601, -1), (AT + 3601, -1), (-1, -1)]
)
def test_a_question_is_asked_when_its_id_says_if_that_can_be(id_at: int, asked: int) -> None:
    assert asked_at(a_post(AT, id_at=id_at), own=False) == asked


WAITS = 72 * 3600


@pytest.mark.parametrize(
    ("answers_at", "asked"),
    [(AT - 60, AT - 60), (AT - WAITS, AT - WAITS), (AT - WAITS - 3601, -1), (AT + 3601, -1), (10**11, -1), (-1, -1)],
)
def test_an_answer_finds_its_question_within_the_time_that_one_waits(answers_at: int, asked: int) -> None:
    assert asked_at(a_post(AT, answers_at=answers_at), own=True) == asked
