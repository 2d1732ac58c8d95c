"""Mends a line that Python's reader of JSON understands and a strict one refuses.

Called by `reader.py`, and by ingest's `agents/ingest/x/intake.py`, `agents/ingest/x/lines.py` and
`agents/ingest/bluesky/intake.py`, after a strict reading failed: half an emoji (`\\ud83d` alone, cut by a gateway)
becomes U+FFFD, a byte order mark goes, `NaN` becomes null. So one damaged field costs only itself. Knows no source and
no field.
"""

import json
import math
import re

import msgspec

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HALF = re.compile("[\ud800-\udfff]")


def mended(raw: bytes) -> bytes:
    """The line as JSON that every reader takes. Raises `ValueError` or `RecursionError` where there is nothing to mend.

    Raises nothing else, whatever the bytes.
    """
    if raw.startswith(BYTE_ORDER_MARK):
        raw = raw.removeprefix(BYTE_ORDER_MARK)
        try:
            msgspec.json.decode(raw)
        except msgspec.DecodeError:
            pass
        else:
            return raw
    found = json.loads(raw.decode(), parse_constant=_nothing, parse_float=_number, strict=False)
    return _HALF.sub("\ufffd", json.dumps(found, ensure_ascii=False, separators=(",", ":"))).encode()


def _nothing(_: str) -> None:
    return None


def _number(written: str) -> float | None:
    found = float(written)
    return found if math.isfinite(found) else None
