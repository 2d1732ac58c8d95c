"""Answers over HTTP as `requests` would give them, for what reads answers: made without a server."""

import io
import json

import requests


def response(status: int, body: object = b"", **headers: str) -> requests.Response:
    """An answer; `body` as bytes, or as what its JSON says. A header's name is written with `_` for `-`."""
    made = requests.Response()
    made.status_code = status
    made.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


class BrokenBody(io.RawIOBase):
    """A connection that breaks while the body is read."""

    def read(self, _: int = -1) -> bytes:
        """Raise, as a reset connection does."""
        raise ConnectionResetError
