"""The simulated X answers as X does: rules, the stream over chunked HTTP, limits, and a token on every request."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from agents.simulated.limits import Limit
from agents.simulated.options import HEARTBEAT_SECONDS
from agents.simulated.people import Target
from agents.simulated.server import RULES_PATH, STREAM_PATH
from agents.simulated.thread import Running
from streams.errors import UserError
from tests.running_ingest import TOKEN, simulated

TARGETS = (
    Target("240010", "mayoclinic", "Mayo Clinic", "Rochester", "MN"),
    Target("350070", "innovishealth", "Innovis Health", "Fargo", "ND"),
)


class Client:
    """Plain HTTP, without tweepy: shapes are looked at as they are."""

    def __init__(self, running: Running) -> None:
        self.x = running.x
        self._headers = {"Authorization": f"Bearer {TOKEN}"}

    def get(self, path: str = RULES_PATH, **headers: str) -> requests.Response:
        return requests.get(self.x.url + path, headers=self._headers | headers, timeout=10)

    def post(self, body: object, query: str = "") -> dict[str, Any]:
        answer = requests.post(self.x.url + RULES_PATH + query, headers=self._headers, json=body, timeout=10)
        found: dict[str, Any] = answer.json() | {"http": answer.status_code}
        return found

    def add(self, *values: str) -> list[str]:
        return [one["id"] for one in self.post({"add": [{"value": value, "tag": value} for value in values]})["data"]]

    @contextmanager
    def stream(self) -> Iterator[Iterator[bytes]]:
        with requests.get(self.x.url + STREAM_PATH, headers=self._headers, stream=True, timeout=10) as answer:
            assert answer.status_code == 200
            yield answer.iter_lines(chunk_size=None)


@contextmanager
def served(**options: Any) -> Iterator[tuple[Client, Running]]:
    with simulated(TARGETS, **{"heartbeat": HEARTBEAT_SECONDS, **options}) as running:
        yield Client(running), running


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}"])
@pytest.mark.parametrize("path", [RULES_PATH, STREAM_PATH])
def test_a_request_without_the_token_is_refused(path: str, value: str) -> None:
    with served() as (client, _):
        answer = client.get(path, Authorization=value)
        assert (answer.status_code, answer.json()["title"]) == (401, "Unauthorized")


def test_rules_are_added_listed_and_deleted_in_xs_shapes() -> None:
    with served() as (client, _):
        assert "data" not in client.get().json(), "X leaves it out when there are none"
        added = client.post({"add": [{"value": "@mayoclinic", "tag": "a"}, {"value": "from:mayoclinic"}]})
        assert added["http"] == 201
        assert added["meta"]["summary"] == {"created": 2, "not_created": 0, "valid": 2, "invalid": 0}
        ids = [one["id"] for one in added["data"]]
        listed = client.get()
        assert listed.json()["data"] == [
            {"id": ids[0], "value": "@mayoclinic", "tag": "a"},
            {"id": ids[1], "value": "from:mayoclinic"},
        ]
        assert int(listed.headers["x-rate-limit-limit"]) - int(listed.headers["x-rate-limit-remaining"]) == 2
        deleted = client.post({"delete": {"ids": [ids[0], "1"]}})
        assert deleted["meta"]["summary"] == {"deleted": 1, "not_deleted": 1}
        assert [one["id"] for one in client.get().json()["data"]] == [ids[1]]


def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    with served() as (client, _):
        (held,) = client.add("@mayoclinic")
        tried = client.post({"add": [{"value": "to:mayoclinic", "tag": "b"}]}, "?dry_run=true")
        assert tried["meta"]["summary"]["created"] == 1
        assert client.post({"delete": {"ids": [held]}}, "?dry_run=true")["meta"]["summary"]["deleted"] == 1
        assert [one["id"] for one in client.get().json()["data"]] == [held]


def test_a_rule_that_stands_already_is_a_duplicate_with_its_id() -> None:
    with served() as (client, _):
        (held,) = client.add("@mayoclinic")
        again = client.post({"add": [{"value": "@mayoclinic", "tag": "another"}, {"value": "@innovishealth"}]})
        (error,) = again["errors"]
        assert (error["title"], error["id"], error["value"]) == ("DuplicateRule", held, "@mayoclinic")
        assert again["meta"]["summary"] == {"created": 1, "not_created": 1, "valid": 2, "invalid": 0}


def test_a_rule_that_x_would_not_know_is_invalid() -> None:
    with served() as (client, _):
        answer = client.post({"add": [{"value": "sample:10"}]})
        assert answer["meta"]["summary"] == {"created": 0, "not_created": 1, "valid": 0, "invalid": 1}
        assert answer["errors"][0]["title"] == "Invalid Rule"


@pytest.mark.parametrize("body", [{}, {"add": []}, {"add": "x"}, {"add": [{}]}, [], {"delete": []}, {"delete": {}}])
def test_a_request_of_no_known_shape_is_refused(body: object) -> None:
    with served() as (client, _):
        assert client.post(body)["http"] == 400


def test_a_stream_without_rules_is_a_conflict() -> None:
    with served() as (client, _):
        answer = client.get(STREAM_PATH)
        assert (answer.status_code, answer.json()["connection_issue"]) == (409, "RuleConfigurationIssue")


def test_a_second_connection_is_one_too_many_until_the_first_goes() -> None:
    with served(rate=200) as (client, running):
        client.add("@mayoclinic")
        with client.stream() as lines:
            assert next(lines)
            refused = client.get(STREAM_PATH)
            assert (refused.status_code, refused.json()["connection_issue"]) == (429, "TooManyConnections")
            assert "x-rate-limit-reset" in refused.headers
        running.call(running.x.end_stream)
        with client.stream() as lines:
            assert next(lines)


def test_only_posts_that_a_rule_matches_come_with_the_rules_that_matched() -> None:
    with served(rate=5000, count=600, heartbeat=0.3) as (client, _):
        about, by = client.add("@mayoclinic -is:retweet", "from:innovishealth")
        found = set()
        with client.stream() as lines:
            for line in lines:
                if not line:
                    break
                post = json.loads(line)
                users = {user["id"]: user["username"] for user in post["includes"]["users"]}
                mentions = {one["username"].lower() for one in post["data"]["entities"]["mentions"]}
                kinds = {one["type"] for one in post["data"].get("referenced_tweets", ())}
                expected = {about} if "mayoclinic" in mentions and "retweeted" not in kinds else set()
                expected |= {by} if users[post["data"]["author_id"]] == "innovishealth" else set()
                assert {one["id"] for one in post["matching_rules"]} == expected != set()
                found |= expected
        assert found == {about, by}


def test_the_stream_is_chunked_and_each_line_and_heartbeat_ends_in_crlf() -> None:
    with served(rate=500, count=20, heartbeat=0.2) as (client, _):
        client.add("@mayoclinic", "@innovishealth")
        host, port = client.x.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            connection.sendall(
                f"GET {STREAM_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
            )
            with connection.makefile("rb") as answer:
                head = iter(answer.readline, b"\r\n")
                assert b"Transfer-Encoding: chunked\r\n" in [*head]
                chunks = []
                while b"\r\n" not in chunks:
                    size = int(answer.readline(), 16)
                    chunks.append(answer.read(size))
                    assert answer.read(2) == b"\r\n"
        assert len(chunks) > 10
        assert all(json.loads(chunk[:-2])["data"] and chunk.endswith(b"}\r\n") for chunk in chunks[:-1])


def test_a_late_stream_catches_up() -> None:
    with served(rate=2000, count=400, heartbeat=0.3) as (client, running):
        client.add("@mayoclinic", "@innovishealth")
        with client.stream() as lines:
            assert sum(1 for _ in iter(lines.__next__, b"")) == running.x.delivered.total()
        assert running.x.exhausted
        assert running.x.made == 400


def test_an_end_in_good_order_and_a_reset_are_what_they_are_called() -> None:
    with served(rate=500) as (client, running):
        client.add("@mayoclinic", "@innovishealth")
        with client.stream() as lines:
            next(lines)
            running.call(running.x.end_stream)
            assert all(json.loads(line) for line in lines), "every line is whole"
        with client.stream() as lines:
            next(lines)
            running.call(running.x.reset_stream)
            with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
                list(lines)


def test_bad_lines_come_as_often_as_asked_and_of_every_kind() -> None:
    with served(rate=5000, count=600, bad_every=5, heartbeat=0.3) as (client, running):
        client.add("@mayoclinic", "@innovishealth")
        with client.stream() as lines:
            read = sum(1 for _ in iter(lines.__next__, b""))
        good, bad = running.x.delivered.total(), running.x.bad
        assert bad.total() == good // 5
        assert set(bad) >= {"cut", "null", "no_data", "untagged", "huge"}
        assert read == good + bad.total()


def test_a_port_in_use_is_said_in_one_line() -> None:
    with served() as (client, _):
        port = int(client.x.url.rsplit(":", 1)[1])
        with pytest.raises(UserError, match=f"port {port} cannot be used"), served(port=port):
            pass


def test_a_window_has_so_many_requests_and_then_begins_anew() -> None:
    now = [1000.0]
    limit = Limit(2, lambda: now[0])
    assert [limit.take(), limit.take(), limit.take()] == [True, True, False]
    assert limit.headers() == {
        "x-rate-limit-limit": "2", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1900"
    }  # fmt: skip
    now[0] = 1900.0
    assert limit.take()


def test_too_many_connections_in_a_window_are_refused_until_it_ends() -> None:
    with served() as (client, _):
        answers = [client.get(STREAM_PATH) for _ in range(51)]
        assert [answer.status_code for answer in answers] == [409] * 50 + [429]
        assert answers[-1].headers["x-rate-limit-remaining"] == "0"
