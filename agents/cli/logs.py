"""Log lines of the long-running commands: one format, to stderr, for people and for compose.

Called by `earshot worker` and `earshot ingest`. No line may hold a token, a post's text or an author: what is logged is
counts, names of ours, and types of errors.
"""

import logging
from datetime import UTC, datetime

import msgspec

from streams.settings import Settings

_OTHERS = ("faust", "mode", "aiokafka", "kafka", "tweepy", "urllib3", "asyncio")
"""Libraries: of them only what is wrong is shown, whatever the level: in their debug lines kafka-python quotes
records and tweepy the token."""


def _when(record: logging.LogRecord) -> str:
    """RFC 3339, in UTC, to the millisecond."""
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Text(logging.Formatter):
    """A line for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's
        """The record's time."""
        return _when(record)


class Json(logging.Formatter):
    """A line for a log collector."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object without a line break."""
        said = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said).decode()


def begin(settings: Settings) -> None:
    """Log to stderr from now on, at the level of the settings.

    Never Faust's `-l warn`, which turns the root logger to DEBUG.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if settings.log_format == "json" else Text())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for name in _OTHERS:
        logging.getLogger(name).setLevel("ERROR")
    # In an outage aiokafka says a hundred times a second that it tries again; `streams/kafka/reach.py` says it once.
    for name in ("aiokafka", "kafka"):
        logging.getLogger(name).setLevel("CRITICAL")
