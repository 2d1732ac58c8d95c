"""X's reasons are read where it gives them, in an answer or amid the stream, and guessed at by nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest.x.outcome import Outcome
from agents.ingest.x.problems import of_line, of_refusal
from agents.simulated.answers import REFUSAL_NAMES, REFUSALS
from tests.http_answers import BrokenBody, response

RESET = 1_790_000_000


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"", "bad_request"),
        (404, b"<html>", "bad_request"),
        (401, {"title": "Unauthorized"}, "unauthorised"),
        (402, {"title": "CreditsDepleted"}, "usage_cap"),
        (403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}, "forbidden"),
        (403, {"title": "UsageCapExceeded", "period": "Daily"}, "usage_cap"),
        (409, {"connection_issue": "RuleConfigurationIssue"}, "no_rules"),
        (409, b"", "no_rules"),
        (420, b"", "rate_limited"),
        (429, b"", "rate_limited"),
        (429, {"title": "ConnectionException", "connection_issue": "TooManyConnections"}, "too_many_connections"),
        (429, {"errors": [{"title": "UsageCapExceeded"}]}, "usage_cap"),
        (429, {"title": ["UsageCapExceeded"], "connection_issue": 7}, "rate_limited"),
        (200, b"", "server_error"),
        (302, b"", "server_error"),
        (503, b"\xff", "server_error"),
        (503, {"connection_issue": "ProvisioningSubscription"}, "server_error"),
    ],
)
def test_a_refusal_is_what_its_body_says_and_else_what_its_status_says(status: int, body: object, kind: str) -> None:
    assert of_refusal(response(status, body)) == Outcome(kind, status)  # type: ignore[arg-type] # a word


@pytest.mark.parametrize(
    ("headers", "kind", "reset_at", "retry_after"),
    [
        ({}, "rate_limited", None, None),
        ({"x_rate_limit_reset": str(RESET)}, "rate_limited", RESET, None),
        ({"x_rate_limit_reset": str(RESET), "x_rate_limit_remaining": "0"}, "rate_limited", RESET, None),
        ({"x_rate_limit_reset": str(RESET), "x_rate_limit_remaining": "12"}, "too_many_connections", None, None),
        ({"retry_after": "30"}, "rate_limited", None, 30),
        ({"retry_after": "Fri, 31 Dec 2027 23:59:59 GMT", "x_rate_limit_reset": "soon"}, "rate_limited", None, None),
    ],
)
def test_rate_limit_headers_are_read_with_care(
    headers: dict[str, str], kind: str, reset_at: int | None, retry_after: int | None
) -> None:
    assert of_refusal(response(429, **headers)) == Outcome(kind, 429, reset_at, retry_after)  # type: ignore[arg-type] # a word


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"errors": [{"title": "operational-disconnect", "disconnect_type": "SlowReader"}]}, "slow_reader"),
        ({"errors": [{"title": "operational-disconnect", "disconnect_type": "New"}]}, "operational_disconnect"),
        ({"errors": [{"title": "operational-disconnect"}]}, "operational_disconnect"),
        ({"errors": [{"title": "x"}, {"connection_issue": "TooManyConnections"}]}, "too_many_connections"),
        ({"errors": [{"disconnect_type": "InvalidRules"}]}, "no_rules"),
        ({"errors": [{"title": "Not Found Error"}]}, None),
        ({"errors": []}, None),
        ({"errors": "SlowReader"}, None),
        ({"title": "UsageCapExceeded"}, None),
        ({"data": {"id": "1", "text": '"errors" SlowReader'}}, None),
        ({"data": {"id": "1"}, "errors": [{"disconnect_type": "SlowReader"}]}, None),
    ],
)
def test_a_line_announces_an_end_only_if_it_is_no_post(line: object, kind: str | None) -> None:
    assert of_line(json.dumps(line).encode()) == kind


@given(st.binary(max_size=200))
def test_no_line_and_no_body_is_too_odd_to_be_looked_at(noise: bytes) -> None:
    assert of_line(noise + b'"errors"' + noise) is None
    assert of_refusal(response(429, noise)) == Outcome("rate_limited", 429)


def test_a_body_that_breaks_off_says_nothing() -> None:
    broken = response(503)
    broken.raw = BrokenBody()
    assert of_refusal(broken) == Outcome("server_error", 503)


def test_whatever_the_simulated_x_refuses_by_has_a_name_of_its_own() -> None:
    kinds = {name: of_refusal(response(REFUSALS[name].status, REFUSALS[name].body)).kind for name in REFUSAL_NAMES}
    assert kinds == {
        "bad_request": "bad_request",
        "unauthorised": "unauthorised",
        "no_credits": "usage_cap",
        "forbidden": "forbidden",
        "no_rules": "no_rules",
        "calm": "rate_limited",
        "rate_limited": "rate_limited",
        "too_many_connections": "too_many_connections",
        "usage_cap": "usage_cap",
        "unavailable": "server_error",
    }
