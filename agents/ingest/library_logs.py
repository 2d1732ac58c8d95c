"""What the libraries that ingest uses may write into its log file.

Called by `service.py`, by the sources' checks and by commands that speak to X. Knows the libraries by name only.
"""

import logging

QUIET = ("kafka", "tweepy", "urllib3", "aiohttp", "asyncio")
"""Libraries whose debug lines show tokens, post text or addresses: never below WARNING, whatever the log level."""


def quiet() -> None:
    """Keep the libraries' debug lines out of the log file: they show what must not be there."""
    for name in QUIET:
        library = logging.getLogger(name)
        library.setLevel(max(library.getEffectiveLevel(), logging.WARNING))
