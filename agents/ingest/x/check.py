"""The way to X, looked at once: the token and its file, X's answer, and its clock beside ours.

Called by the doctor, through X's descriptor. Uses ingest's own client, so that what it finds is what ingest would find.
No finding holds a token or an answer's body.
"""

from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime

import requests
import tweepy

from agents.ingest.library_logs import quiet
from agents.ingest.source import Finding
from agents.ingest.x.stream import XStream
from agents.ingest.x.token import read_token
from streams import secret_file
from streams.errors import UserError
from streams.settings import Settings, variable

SKEW_WARN, SKEW_FAIL = 5.0, 60.0
"""Seconds between our clock and X's. Its header has whole seconds; a minute spoils X's times of reset, and lateness."""


def check(settings: Settings, clock: Callable[[], float]) -> Iterator[Finding]:
    """One finding a thing. `clock`: seconds since the epoch."""
    try:
        token = read_token(settings)
    except UserError as error:
        yield Finding("fail", "token", error.found, error.act)
        return
    if (how := secret_file.exposed(settings.x_token_file)) is not None:
        yield Finding("fail", "token", how.found, how.act)
    else:
        yield Finding("ok", "token", f"in {settings.x_token_file}, closed to others")
    quiet()
    heard: list[tuple[requests.Response, float]] = []
    client = XStream(token, settings.x_base_url, lambda _: None)
    client.session.hooks["response"].append(lambda response, *_, **__: heard.append((response, clock())))
    try:
        there = len(client.get_rules().data or ())
    except tweepy.HTTPException as error:
        yield _refused(settings, error.response.status_code)
    except requests.RequestException as error:
        found = f"{settings.x_base_url} does not answer ({type(error).__name__})"
        yield Finding("fail", "X", found, f"see the way there: name service, proxy, {variable('x_base_url')}")
    else:
        yield Finding("ok", "X", f"{settings.x_base_url} takes the token; {there} stream rules stand there")
    finally:
        client.session.close()
    if heard:
        response, at = heard[-1]
        # The request was under way for `elapsed`; X looked at its clock somewhere in between.
        yield _skew(response.headers.get("Date", ""), at - response.elapsed.total_seconds() / 2)


def _refused(settings: Settings, status: int) -> Finding:
    found = f"{settings.x_base_url} answers with HTTP {status}"
    if status in (401, 403):
        act = f"put a bearer token that may use the filtered stream into {settings.x_token_file}"
        return Finding("fail", "X", found, act)
    if status == 429:
        return Finding("warn", "X", found, "too many requests: see that only one ingest runs, ask again in 15 minutes")
    return Finding("fail", "X", found, f"wait if X has an outage, else correct {variable('x_base_url')}")


def _skew(date: str, at: float) -> Finding:
    """`date`: X's Date header, of whole seconds; `at`: our clock meanwhile, seconds since the epoch."""
    try:
        seconds = at - parsedate_to_datetime(date).timestamp() - 0.5
    except ValueError:
        return Finding("warn", "clock", "X sent no Date to compare with", f"see that {variable('x_base_url')} is X")
    found = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} X's"
    if abs(seconds) <= SKEW_WARN:
        return Finding("ok", "clock", found)
    return Finding("fail" if abs(seconds) > SKEW_FAIL else "warn", "clock", found, "let NTP set this machine's clock")
