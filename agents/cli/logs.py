"""Log lines of the long-running commands: one format, to stderr, for people and for compose.

Called by `earshot worker` and `earshot ingest`. No line may hold a token, a post's text or an author: what is logged is
counts, names of ours, and types of errors.
"""

import logging

from streams.settings import Settings

_OTHERS = ("faust", "mode", "aiokafka", "kafka", "tweepy", "urllib3", "asyncio")
"""Libraries: of them only what is wrong is shown, whatever the level: in their debug lines kafka-python quotes
records and tweepy the token."""


def begin(settings: Settings) -> None:
    """Log to stderr from now on, at the level of the settings.

    Never Faust's `-l warn`, which turns the root logger to DEBUG.
    """
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    for name in _OTHERS:
        logging.getLogger(name).setLevel("ERROR")
    # In an outage aiokafka says a hundred times a second that it tries again; `streams/kafka/reach.py` says it once.
    for name in ("aiokafka", "kafka"):
        logging.getLogger(name).setLevel("CRITICAL")
