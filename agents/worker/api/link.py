"""What the two processes say to each other, over a pair of sockets.

Called by `beside.py` in the worker and by `server.py` in the process beside it. A message is four bytes of length and
MessagePack. Does not know what is asked.
"""

import asyncio
from typing import Literal, TypeVar

import msgspec

What = Literal["names", "hospitals", "hospital", "questions", "region", "health", "ready"]


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """A question of the process that speaks HTTP."""

    number: int
    what: What
    id: str
    known: str
    """Tag of the answer that it has; empty: none."""


class Made(msgspec.Struct, frozen=True, array_like=True):
    """The worker's answer."""

    number: int
    status: int
    """As in HTTP; 304: the one that is known still holds."""
    body: bytes
    """JSON."""
    tag: str
    """Another one whenever the body is another."""
    address: str = ""
    """With 307: of the worker that can answer, host:port."""


_encode = msgspec.msgpack.Encoder().encode
_LENGTH = 4

_T = TypeVar("_T", Ask, Made)


async def receive(reader: asyncio.StreamReader, kind: type[_T]) -> _T | None:
    """The next message; None when the other side is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH))
        return msgspec.msgpack.decode(await reader.readexactly(length), type=kind)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def send(writer: asyncio.StreamWriter, message: Ask | Made) -> None:
    """Send a message, at the loop's next turn."""
    body = _encode(message)
    writer.write(len(body).to_bytes(_LENGTH))
    writer.write(body)
