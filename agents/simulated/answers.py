"""The simulated X's answers over HTTP that are no stream: JSON, and refusals by name, in X's shapes.

Owns the refusals as data (X API v2, problem details) and the headers that go with them. Called by `server.py` and
`stream.py`; scenario files name a refusal by its key here.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec
from aiohttp import web

from agents.simulated.limits import Limit

PROBLEMS = "https://api.twitter.com/2/problems/"
"""What X's problem types begin with."""

RefusalName = Literal[
    "bad_request", "unauthorised", "no_credits", "forbidden", "no_rules", "calm", "rate_limited",
    "too_many_connections", "usage_cap", "unavailable",
]  # fmt: skip
REFUSAL_NAMES: tuple[RefusalName, ...] = get_args(RefusalName)


class Refusal(msgspec.Struct, frozen=True):
    """A refused request."""

    status: int
    title: str
    detail: str
    kind: str = ""
    """The end of the problem's type; empty: `about:blank`."""
    more: Mapping[str, str] = {}

    @property
    def body(self) -> dict[str, Any]:
        """The problem, as X writes it."""
        kind = f"{PROBLEMS}{self.kind}" if self.kind else "about:blank"
        return {"title": self.title, "detail": self.detail, "type": kind, "status": self.status, **self.more}


REFUSALS: Mapping[RefusalName, Refusal] = {
    "bad_request": Refusal(
        400, "Invalid Request", "One or more parameters to your request was invalid.", "invalid-request"
    ),
    "unauthorised": Refusal(401, "Unauthorized", "Unauthorized"),
    "no_credits": Refusal(402, "CreditsDepleted", "Your account does not have any credits to fulfil this.", "credits"),
    "forbidden": Refusal(
        403, "Client Forbidden", "This token's project may not use the filtered stream.", "client-forbidden",
        {"reason": "client-not-enrolled"},
    ),
    "no_rules": Refusal(
        409, "ConnectionException", "Add a rule before connecting.", "streaming-connection",
        {"connection_issue": "RuleConfigurationIssue"},
    ),
    "calm": Refusal(420, "Enhance Your Calm", "Too many logins."),
    "rate_limited": Refusal(429, "Too Many Requests", "Too Many Requests", "too-many-requests"),
    "too_many_connections": Refusal(
        429, "ConnectionException", "This stream is at the maximum allowed connection limit.", "streaming-connection",
        {"connection_issue": "TooManyConnections"},
    ),
    "usage_cap": Refusal(
        429, "UsageCapExceeded", "Usage cap exceeded: monthly product cap", "usage-capped",
        {"period": "Monthly", "scope": "Product"},
    ),
    "unavailable": Refusal(503, "Service Unavailable", "Service Unavailable", "service-unavailable"),
}  # fmt: skip

_encode = msgspec.json.Encoder().encode


def answer(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(body=_encode(body), status=status, headers=headers, content_type="application/json")


def refuse(name: RefusalName, limit: Limit | None = None) -> web.Response:
    """A refusal, with the headers of the window that it belongs to."""
    refusal = REFUSALS[name]
    return answer(refusal.body, refusal.status, limit.headers() if limit is not None else {})


def invalid(parameter: str, value: str, message: str, limit: Limit) -> web.Response:
    """A refused parameter, named as X names it."""
    errors = [{"parameters": {parameter: [value]}, "message": message}]
    return answer({"errors": errors} | REFUSALS["bad_request"].body, 400, limit.headers())
