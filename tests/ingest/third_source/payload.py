"""The payload of the pretended source: `streams/reading/third.py` in the tree that has it. Called by its descriptor."""

import msgspec

from streams.reading.post import Post


class ThirdPayload(msgspec.Struct):
    """One line."""

    number: int
    writer: str
    text: str


class ThirdEnvelope(msgspec.Struct, tag_field="source", tag="third"):
    """An envelope, decoded together with its payload."""

    id: str
    payload: ThirdPayload


def post_id(payload: ThirdPayload) -> str:
    """No id of another source begins so."""
    return f"third-{payload.number}"


def post_of(payload: ThirdPayload) -> Post:
    """The payload as a post. Never raises."""
    words = payload.text.split()
    return Post(
        id=post_id(payload),
        at=-1,
        text=payload.text,
        author_id=payload.writer,
        author_handle=payload.writer,
        author_location="",
        mentions=tuple(word[1:] for word in words if word.startswith("@")),
        reply_to="",
        reply_to_author="",
        repost=False,
        geo_country="",
        geo_name="",
        geo_type="",
        coordinates=None,
        network="third",
    )
