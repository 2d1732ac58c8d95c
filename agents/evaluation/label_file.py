"""Reads a file of labels, and owns every error that such a file can have.

Called by `posts.py` and `places.py`, which know what stands in a row.
"""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from streams.errors import UserError

Row = TypeVar("Row")


def load(path: Path, rows: Callable[[str], Iterable[Row]], what: str) -> list[Row]:
    """The rows of a file; `what` they are is for the reader of an error. `rows` may raise `ValueError`, which names the
    line. Raises `UserError`, also when there are none."""
    try:
        found = list(rows(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8") from None
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path}: {error}") from None
    if not found:
        raise UserError(f"{path}: has no {what}")
    return found
