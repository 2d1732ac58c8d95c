"""What is read of a Bluesky post, and whom it is tied to."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.simulated.jetstream import post
from streams.directory import load
from streams.reading.addressed import hospitals_of
from streams.reading.bluesky import (
    BlueskyEnvelope,
    BlueskyPayload,
    hashtags_of,
    post_id,
    post_of,
    seconds_of_key,
    uri_of,
)
from streams.reading.post import Post
from streams.reading.reader import Reader, UnreadableError
from streams.records import Envelope, Mention, encode_json
from tests.payloads import PLAIN
from tests.scripted_bluesky import FARGO, FARGO_HANDLE, MAYO, MAYO_HANDLE, OTHER, SOMEONE, directory_folder

AT = 1_790_000_000_000
DECODE = msgspec.json.Decoder(BlueskyPayload).decode


def read(event: dict[str, Any]) -> Post:
    return post_of(DECODE(json.dumps({**event, "time_us": 1}).encode()))


def deeper(root: str, parent: str) -> dict[str, Any]:
    """A reply in a thread that `root` began, to a post of `parent`."""
    event = post(SOMEONE, "3a", "same here", reply_to=uri_of(parent, "3parent"))
    event["commit"]["record"]["reply"]["root"] = {"uri": uri_of(root, "3root"), "cid": "x"}
    return event


def quoting(record: dict[str, Any]) -> dict[str, Any]:
    event = post(SOMEONE, "3a", "look at this")
    event["commit"]["record"]["embed"] = {"$type": "app.bsky.embed.recordWithMedia", "record": record, "media": {}}
    return event


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return directory_folder(tmp_path_factory.mktemp("directory"))


def ties(event: dict[str, Any], folder: str) -> list[tuple[str, str, bool]]:
    found = hospitals_of(read(event), load(folder))
    return [(hospital.id, relation, addressed) for hospital, relation, addressed in found]


def test_the_fields_of_a_post_are_read() -> None:
    parent = uri_of(FARGO, "3parent")
    text = f"Grüße 🏥 @{FARGO_HANDLE}, thanks"
    found = read(
        post(SOMEONE, "3abc", text, mentions={FARGO: f"@{FARGO_HANDLE}"}, reply_to=parent,
             created_at="2026-11-24T12:00:00.123456789Z")
    )  # fmt: skip
    assert found.text == text
    assert (found.author_id, found.author_handle, found.author_location) == (SOMEONE, "", "")
    assert found.at == 1_795_521_600
    assert (found.mention_ids, found.mentions) == ((FARGO,), (FARGO_HANDLE,)), "byte offsets, past signs of many bytes"
    assert (found.reply_to, found.reply_to_author) == (post_id(parent), FARGO)


def test_the_host_of_a_link_is_read_whatever_the_link_shows() -> None:
    link = {"$type": "app.bsky.richtext.facet#link", "uri": "https://clinicaltrials.gov/study/1"}
    facets = [{"index": {"byteStart": 0, "byteEnd": 4}, "features": [link]}]
    assert read(post(SOMEONE, "3abc", "here", facets=facets)).text == "here https://clinicaltrials.gov"


def test_an_id_is_the_same_from_a_post_an_answer_and_a_deletion_and_names_nobody() -> None:
    uri = "at://did:plc:someone/app.bsky.feed.post/3abc"
    made, answer = read(post(SOMEONE, "3abc", "hello")), read(post(OTHER, "3d", "yes", reply_to=uri))
    assert made.id == answer.reply_to == post_id(uri)
    assert made.id[0] == "b"
    assert len(made.id) == 33
    assert SOMEONE not in made.id


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 3), (0, 0), (5, 2), (0, 4000), (1, 8), (2**70, 2**71), (None, 3), (0, None)]
)
def test_wrong_offsets_leave_the_account_and_no_handle(start: int | None, end: int | None) -> None:
    event = post(SOMEONE, "3abc", f"ü @{FARGO_HANDLE}", mentions={FARGO: f"@{FARGO_HANDLE}"})
    event["commit"]["record"]["facets"][0]["index"] = {"byteStart": start, "byteEnd": end}
    found = read(event)
    assert (found.mention_ids, found.mentions) == ((FARGO,), ("",))


@pytest.mark.parametrize(
    ("before", "shift"),
    [("ü ", (1, 0)), ("ü ", (0, 1)), ("ü ", (-1, 1)), ("Grüße 🏥🏥 an ", (0, 0)), ("Grüße 🏥🏥 an ", (1, 1))],
    ids=["the @ left out", "a blank too many", "a blank at both ends", "right", "one too far"],
)
@pytest.mark.parametrize("count", ["bytes", "utf-16", "characters"])
def test_a_span_that_is_a_little_off_still_shows_the_handle(before: str, shift: tuple[int, int], count: str) -> None:
    """A second handle stands in the text, so that the nearest has to be chosen."""
    shown = f"@{FARGO_HANDLE}"
    text = f"@{MAYO_HANDLE} {before}{shown} danke"
    event = post(SOMEONE, "3abc", text, mentions={FARGO: shown})
    start, end = (
        {
            "bytes": len(piece.encode()), "utf-16": len(piece.encode("utf-16-le")) // 2, "characters": len(piece)
        }[count]
        for piece in (text[: text.index(shown)], text[: text.index(shown) + len(shown)])
    )  # fmt: skip
    span = {"byteStart": start + shift[0], "byteEnd": end + shift[1]}
    event["commit"]["record"]["facets"][0]["index"] = span
    assert read(event).mentions == (FARGO_HANDLE,)


def test_hashtags_are_those_marked_in_the_text_and_beside_it() -> None:
    event = post(SOMEONE, "3abc", "#Fargo", tags=["Nurses"])
    tag = {"$type": "app.bsky.richtext.facet#tag", "tag": "Fargo"}
    event["commit"]["record"]["facets"] = [{"index": {"byteStart": 0, "byteEnd": 6}, "features": [tag, tag]}]
    assert hashtags_of(DECODE(json.dumps(event).encode()).commit.record) == ("fargo", "nurses")


@pytest.mark.parametrize("nothing", [{}, {"facets": None, "reply": None, "langs": None, "tags": None, "text": None}])
def test_what_is_left_out_or_null_is_no_error(nothing: dict[str, None]) -> None:
    event = post(SOMEONE, "3abc", "")
    event["commit"]["record"] = nothing
    found = read(event)
    assert (found.text, found.mentions, found.reply_to, found.at) == ("", (), "", -1)


@pytest.mark.parametrize(("created_at", "wrong"), [(None, ()), ("soon", ("time",))])
def test_a_post_without_a_readable_time_has_the_one_in_its_key(created_at: str | None, wrong: tuple[str, ...]) -> None:
    event = post(SOMEONE, "3jzfcijpj2z2a", "hello")
    event["commit"]["record"]["createdAt"] = created_at
    found = read(event)
    assert (found.at, found.wrong) == (1_688_137_381, wrong)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (post(FARGO, "3a", "We are open"), [("350070", "author", False)]),
        (post(SOMEONE, "3a", f"@{FARGO_HANDLE} hello", mentions={FARGO: f"@{FARGO_HANDLE}"}),
         [("350070", "mentioned", True)]),
        (post(SOMEONE, "3a", f"@{MAYO_HANDLE} hello", mentions={MAYO: f"@{MAYO_HANDLE}"}),
         [("240010", "mentioned", True)]),
        (post(SOMEONE, "3a", "The people at Essentia know me", mentions={FARGO: "Essentia"}),
         [("350070", "mentioned", False)]),
        (post(SOMEONE, "3a", f"My aunt works at @{FARGO_HANDLE} as a nurse", mentions={FARGO: f"@{FARGO_HANDLE}"}),
         [("350070", "mentioned", False)]),
        (post(SOMEONE, "3a", "when?", reply_to=uri_of(FARGO, "3p")), [("350070", "replied", True)]),
        (post(SOMEONE, "3a", f"so does @{MAYO_HANDLE}", reply_to=uri_of(FARGO, "3p"),
              mentions={MAYO: f"@{MAYO_HANDLE}"}),
         [("350070", "replied", True), ("240010", "mentioned", True)]),
        (post(SOMEONE, "3a", f"@{MAYO_HANDLE}?", reply_to=uri_of(OTHER, "3p"), mentions={MAYO: f"@{MAYO_HANDLE}"}),
         [("240010", "mentioned", True)]),
        (post(FARGO, "3a", "and more", reply_to=uri_of(FARGO, "3p")), [("350070", "author", False)]),
        (post(SOMEONE, "3a", f"@{FARGO_HANDLE} without a facet is no mention"), []),
        (deeper(FARGO, OTHER), [("350070", "mentioned", False)]),
        (deeper(FARGO, FARGO), [("350070", "replied", True)]),
        (deeper(OTHER, FARGO), [("350070", "replied", True)]),
        (deeper(OTHER, SOMEONE), []),
        (quoting({"uri": uri_of(FARGO, "3p"), "cid": "x"}), [("350070", "mentioned", False)]),
        (quoting({"$type": "app.bsky.embed.record", "record": {"uri": uri_of(FARGO, "3p"), "cid": "x"}}),
         [("350070", "mentioned", False)]),
        (quoting({"uri": uri_of(FARGO, "3p", "app.bsky.graph.list"), "cid": "x"}), []),
    ],
)  # fmt: skip
def test_a_post_is_tied_by_did_or_by_handle(
    event: dict[str, Any], expected: list[tuple[str, str, bool]], folder: str
) -> None:
    assert ties(event, folder) == expected


def test_the_networks_do_not_meet(tmp_path: Path) -> None:
    """A handle of Bluesky in a post of X, and the other way round, ties nobody."""
    hospitals = load(directory_folder(tmp_path, "240010,x,mayoclinic,brand,,"))
    on_x = msgspec.structs.replace(PLAIN, author_handle=FARGO, mentions=(FARGO_HANDLE,))
    on_bluesky = read(post("mayoclinic", "3a", "@mayoclinic", mentions={"mayoclinic": "@mayoclinic"}))
    assert hospitals_of(on_x, hospitals) == hospitals_of(on_bluesky, hospitals) == ()


def test_a_reader_makes_a_mention_of_it_with_no_place_and_no_author(folder: str) -> None:
    reader = Reader(load(folder), 100_000)
    shown = f"@{FARGO_HANDLE}"
    event = post(SOMEONE, "3abc", f"{shown} how long is the wait in the ER?", mentions={FARGO: shown})
    payload = msgspec.Raw(json.dumps({**event, "time_us": 1}).encode())
    identity = post_id(uri_of(SOMEONE, "3abc"))
    envelope = reader.decode(encode_json(Envelope("bluesky", identity, AT, "stream", (), payload)))
    assert isinstance(envelope, BlueskyEnvelope)
    (mention,) = [one for one in reader.records(envelope, 0, 7, AT) if isinstance(one, Mention)]
    assert (mention.hospital, mention.post, mention.intent) == ("350070", identity, "question")
    assert (mention.tier, mention.evidence, mention.precision) == ("unknown", "none", "none")
    assert "did:" not in repr(mention)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'{"source":"bluesky","id":"b1","payload":{}}', "no_post"),
        (b'{"source":"bluesky","id":"b1","payload":{"did":"d","commit":{"rkey":"r","record":{"text":5}}}}', "no_post"),
        (b'{"source":"bluesky","id":"b1","payload":{"did":"d","commit":{"rkey":"r","record":{}}}}', "no_post"),
        (b'{"source":"bluesky","id":"b1"}', "wrong_shape"),
        (b'{"source":"mastodon","id":"1","payload":{}}', "unknown_source"),
        (b'{"id":"1","payload":{}}', "wrong_shape"),
        (b'{"source":"bluesky"', "not_json"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(value: bytes, reason: str, folder: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        Reader(load(folder), 100_000).decode(value)
    assert caught.value.reason == reason


INDEX = st.fixed_dictionaries({"byteStart": st.integers(-3, 40), "byteEnd": st.integers(-3, 40)})
FEATURE = st.fixed_dictionaries(
    {"$type": st.just("app.bsky.richtext.facet#mention"), "did": st.just(FARGO) | st.text()}
)
RECORD = st.fixed_dictionaries({
    "text": st.text(max_size=30),
    "createdAt": st.text(max_size=24),
    "facets": st.lists(st.fixed_dictionaries({"index": INDEX, "features": st.lists(FEATURE, max_size=2)}), max_size=3),
    "reply": st.none() | st.fixed_dictionaries({"parent": st.fixed_dictionaries({"uri": st.text() | st.just("at://")})}),
})  # fmt: skip


@given(RECORD)
def test_no_record_of_the_right_shape_raises(record: dict[str, Any]) -> None:
    event = {"did": SOMEONE, "commit": {"rkey": "3a", "record": record}}
    found = post_of(DECODE(json.dumps(event).encode()))
    assert len(found.mentions) == len(found.mention_ids)


@pytest.mark.parametrize(
    ("rkey", "seconds"),
    [
        ("3jzfcijpj2z2a", 1_688_137_381),
        ("self", -1),
        ("zzzzzzzzzzzzz", -1),
        ("3jzfcijpj2z20", -1),
        ("", -1),
    ],
)
def test_a_records_key_says_when_it_was_made(rkey: str, seconds: int) -> None:
    """The first is a well-formed TID (atproto.com/specs/tid): 53 bits of microseconds, 10 of a clock."""
    assert seconds_of_key(rkey) == seconds
