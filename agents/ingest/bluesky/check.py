"""The way to Bluesky, looked at once: whether a Jetstream answers.

Called by the doctor, through Bluesky's descriptor.
"""

from collections.abc import Callable, Iterator

import requests

from agents.ingest.source import Finding
from streams.settings import Settings, variable

ANSWER_WITHIN = 3.0
"""Seconds that the Jetstream has to answer."""


def check(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    """One finding."""
    del clock
    yield _answer(settings)


def _answer(settings: Settings) -> Finding:
    # A plain request for the stream is refused, by whatever is there: enough to know that it is.
    url = settings.bluesky_url.replace("ws", "http", 1)
    try:
        status = requests.get(f"{url}/subscribe", timeout=ANSWER_WITHIN).status_code
    except requests.RequestException as error:
        found = f"{settings.bluesky_url} does not answer ({type(error).__name__})"
        return Finding("fail", "Bluesky", found, f"see the way there: name service, proxy, {variable('bluesky_url')}")
    if status in (400, 426):
        return Finding("ok", "Bluesky", f"{settings.bluesky_url} answers")
    found = f"{settings.bluesky_url} answers with HTTP {status}"
    return Finding("warn", "Bluesky", found, f"see that {variable('bluesky_url')} is a Jetstream")
