"""What X's problem objects say of a connection: in the answer that refuses it, or in a line amid the stream.

Owns the names that X uses (X API v2, OpenAPI 2.159-2.167) and which end each one is. Called by `connection.py`,
`rule_sync.py`, `catch_up.py` and `compliance/jobs.py`. Does not know what follows from an end.
"""

import re
from collections.abc import Mapping

import msgspec
import requests

from agents.ingest.x.outcome import Outcome
from streams.vocabulary import StreamEnd

BY_NAME: Mapping[str, StreamEnd] = {
    # disconnect_type
    "OperationalDisconnect": "operational_disconnect",
    "UpstreamOperationalDisconnect": "operational_disconnect",
    "UpstreamUncleanDisconnect": "operational_disconnect",
    "ForceDisconnect": "operational_disconnect",
    "InternalError": "operational_disconnect",
    "ClientApplicationStateDegraded": "operational_disconnect",
    "SlowReader": "slow_reader",
    "InvalidRules": "no_rules",
    # connection_issue
    "TooManyConnections": "too_many_connections",
    "ProvisioningSubscription": "server_error",
    "RuleConfigurationIssue": "no_rules",
    "RulesInvalidIssue": "no_rules",
    # title
    "operational-disconnect": "operational_disconnect",
    "UsageCapExceeded": "usage_cap",
    "CreditsDepleted": "usage_cap",
}
"""The most telling field of a problem decides: its type of disconnect, its issue, its title."""

BY_STATUS: Mapping[int, StreamEnd] = {
    401: "unauthorised",
    402: "usage_cap",
    403: "forbidden",
    409: "no_rules",
    420: "rate_limited",
    429: "rate_limited",
}
"""Where the answer names nothing. Other 4xx: `bad_request`; anything else that is no success: `server_error`."""

LINE_BYTES = 8192
"""A notice is short. A post that carries `errors` beside its data may be, too; then it is a post."""
_POST = b'{"data":{'


class _Problem(msgspec.Struct):
    """Fields that are no text count as missing: X's shapes are many and this must not fail on one."""

    disconnect_type: object = None
    connection_issue: object = None
    title: object = None


class _Answer(_Problem):
    data: object = None
    errors: list[_Problem] = []


_decode = msgspec.json.Decoder(_Answer).decode


def of_line(line: bytes) -> StreamEnd | None:
    """The end that a line of the stream announces; None for posts and for whatever else it may be. Never raises."""
    # X begins a post so, and then nothing else need be looked at: 0.15 us a post, 1.2 us for a look at all of it.
    if line.startswith(_POST) or len(line) > LINE_BYTES or b'"errors"' not in line:
        return None
    return _named(line, top=False)


def of_refusal(response: requests.Response) -> Outcome:
    """What a refused request says about the next one. Headers that are no whole numbers count as missing.

    A 429 while the window still has requests left is about the one connection, whatever its body says or lacks, and
    then the window's end is of no interest. Reads the body; one that cannot be read says nothing.
    """
    reset, remaining, after = (
        int(value) if re.fullmatch(r"\d{1,12}", value := response.headers.get(name, "")) else None
        for name in ("x-rate-limit-reset", "x-rate-limit-remaining", "retry-after")
    )
    try:
        body = response.content
    except (requests.RequestException, OSError, RuntimeError):
        body = b""
    status = response.status_code
    kind = _named(body, top=True) or BY_STATUS.get(status)
    if kind is None:
        kind = "bad_request" if 400 <= status < 500 else "server_error"
    if kind == "rate_limited" and remaining:
        kind = "too_many_connections"
    return Outcome(kind, status, reset if kind == "rate_limited" else None, after)


def _named(body: bytes, *, top: bool) -> StreamEnd | None:
    """`top`: the whole of it may be a problem, too."""
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if answer.data is not None:
        return None
    for problem in ([answer] if top else []) + answer.errors:
        for name in (problem.disconnect_type, problem.connection_issue, problem.title):
            if isinstance(name, str) and name in BY_NAME:
                return BY_NAME[name]
    return None
