"""Every answer of a running worker: as the OpenAPI document says, once encoded, and nobody in it."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from agents.kafka import stored
from agents.worker.api import shapes
from streams.directory import load as load_directory
from streams.indicators.small_cells import MINIMUM_CELL
from streams.kafka import topics as kafka_topics
from streams.reading.topics.taxonomy import Taxonomy
from tests.faults.test_exactness import secrets_of
from tests.json_schema import faults
from tests.running_api import Asked
from tests.waiting import wait_until

pytestmark = pytest.mark.kafka

HOSPITAL = "350070"
REGION = "322"
PATHS: dict[str, type] = {
    "/v1/hospitals": shapes.Hospitals,
    f"/v1/hospitals/{HOSPITAL}": shapes.Answer,
    f"/v1/hospitals/{HOSPITAL}/questions": shapes.Questions,
    f"/v1/regions/{REGION}": shapes.RegionAnswer,
    "/healthz": shapes.Health,
    "/readyz": shapes.Ready,
}
TEMPLATES = {HOSPITAL: "{id}", REGION: "{hrr}"}


def template(path: str) -> str:
    return "/".join(TEMPLATES.get(part, part) for part in path.split("/"))


def numbers(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """(path, leaf) of every leaf."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from numbers(one, f"{path}/{name}")
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one, path)
    else:
        yield path, value


@pytest.fixture(scope="module")
def document(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = asked.get("/v1/openapi.json").json()
    return found


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_what_the_document_says(asked: Asked, document: dict[str, Any], path: str) -> None:
    answer = asked.get(path)
    assert answer.status_code == 200
    said = document["paths"][template(path)]["get"]["responses"]["200"]
    schema = said["content"][answer.headers["Content-Type"]]["schema"]
    assert list(faults(document, schema, answer.json())) == []
    msgspec.json.decode(answer.content, type=PATHS[path])


@pytest.mark.parametrize("path", ["/v1/hospitals/1", f"/v1/hospitals/{HOSPITAL}x/questions", "/v1/regions/0"])
def test_a_refusal_is_what_the_document_says(asked: Asked, document: dict[str, Any], path: str) -> None:
    answer = asked.get(path)
    assert answer.status_code == 404
    assert list(faults(document, {"$ref": "#/components/schemas/Refusal"}, answer.json())) == []


def test_the_document_names_every_path_and_no_other(document: dict[str, Any]) -> None:
    assert document["paths"].keys() == {template(path) for path in PATHS}


def test_an_unknown_id_is_told_with_what_may_be_meant(asked: Asked) -> None:
    said = asked.get("/v1/hospitals/35007").json()
    assert said["error"] == "no hospital of the directory has the id '35007'"
    assert said["fix"].startswith("did you mean 350070 (Essentia Health-Fargo")


def test_what_there_is_not_and_what_may_not_be_done_have_the_same_shape(asked: Asked) -> None:
    for method, path, status in (("GET", "/v2", 404), ("POST", "/v1/hospitals", 405), ("DELETE", "/readyz", 405)):
        answer = asked.get(path, method)
        assert answer.status_code == status
        assert answer.json().keys() == {"error", "fix"}
        assert answer.headers["Content-Type"] == "application/json"


def test_an_answer_that_is_known_is_not_sent_again(asked: Asked) -> None:
    path = f"/v1/regions/{REGION}"
    first = asked.get(path)
    again = asked.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "max-age=2" in first.headers["Cache-Control"]
    other = asked.get(path, If_None_Match='W/"another"')
    assert other.status_code == 200


def test_long_answers_are_compressed_for_who_takes_that(asked: Asked) -> None:
    path = f"/v1/hospitals/{HOSPITAL}"
    plain = asked.get(path, Accept_Encoding="identity")
    packed = asked.get(path, Accept_Encoding="gzip")
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 4
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in asked.get("/readyz", Accept_Encoding="gzip").headers


def test_no_other_site_may_read_it(asked: Asked) -> None:
    answer = asked.get("/v1/hospitals", Origin="https://example.org")
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_the_list_has_every_hospital_and_the_figures_say_the_same(asked: Asked) -> None:
    def listed() -> dict[str, Any]:
        return {one["hospital"]: one for one in asked.get("/v1/hospitals").json()["hospitals"]}

    figures = asked.get(f"/v1/hospitals/{HOSPITAL}").json()["figures"]
    posts = figures["windows"]["28d"]["posts"]
    assert list(listed()) == [one.id for one in load_directory().hospitals]
    asked.bench.wait("its line is made", lambda: listed()[HOSPITAL]["posts_28d"] == posts)
    line = listed()[HOSPITAL]
    assert line["open"] == figures["open_questions"]["every"]["count"] > 0
    queue = asked.get(f"/v1/hospitals/{HOSPITAL}/questions").json()
    assert queue["count"] == len(queue["questions"]) == line["open"]
    assert [one["urgent"] for one in queue["questions"]] == sorted(
        (one["urgent"] for one in queue["questions"]), reverse=True
    )


def test_the_board_shows_what_the_api_says(asked: Asked) -> None:
    figures = asked.get(f"/v1/hospitals/{HOSPITAL}").json()["figures"]
    for span, window in figures["windows"].items():
        assert asked.bench.sample("conversation_window_posts", hospital=HOSPITAL, window=span) == window["posts"]


def test_nobody_is_in_any_answer_nor_in_what_workers_tell_each_other(asked: Asked) -> None:
    """The privacy walk: texts and authors of all posts are looked for in every answer, in what workers announce, and in
    every Kafka topic behind `posts`."""
    settings = asked.bench.settings
    asked.bench.wait("counts are announced", lambda: announced(asked))
    persons: set[str] = set()
    for one in stored.read(settings, kafka_topics.posts(settings)):
        if one.value and b'"source":"x"' in one.value:
            try:
                persons |= secrets_of(one.value)
            except (ValueError, KeyError):
                continue  # a bad line on purpose
    assert len(persons) > 1000
    said = {
        path: asked.get(path).text
        for hospital in load_directory().hospitals
        for path in (f"/v1/hospitals/{hospital.id}", f"/v1/hospitals/{hospital.id}/questions")
    }
    said |= {path: asked.get(path).text for path in PATHS}
    for topic in kafka_topics.declared(settings):
        if topic.name not in (kafka_topics.posts(settings), kafka_topics.dead_letters(settings)):
            records = stored.read(settings, topic.name)
            said[topic.name] = "\n".join(f"{one.key!r} {(one.value or b'').decode('latin-1')}" for one in records)
    for place, text in said.items():
        # Ids of an author are digits, as other numbers are: they count where they stand alone.
        words = set(re.findall(r"\w+", text))
        found = [one for one in persons if (one in words if one.isdecimal() else one in text)]
        assert not found, place
    assert '"post"' not in said[kafka_topics.workers(settings)], "no post's id either"


def announced(asked: Asked) -> bool:
    settings = asked.bench.settings
    keys = {one.key for one in stored.read(settings, kafka_topics.workers(settings))}
    return {f"partition/{number}".encode() for number in range(4)} <= keys


def test_no_service_line_stands_beside_a_post_and_small_counts_are_held_back(asked: Asked) -> None:
    taxonomy = Taxonomy.load()
    shown = 0
    for hospital in load_directory().hospitals:
        for question in asked.get(f"/v1/hospitals/{hospital.id}/questions").json()["questions"]:
            assert not taxonomy.service_line & set(question["topics"])
            assert question.keys() == set(shapes.Question.__struct_fields__)
        windows = asked.get(f"/v1/hospitals/{hospital.id}").json()["figures"]["windows"]
        for window in windows.values():
            small = [
                count
                for kind in ("service_lines", "health_communities")
                for _, count in numbers(window[kind])
                if isinstance(count, int)
            ]
            assert all(count == 0 or count >= MINIMUM_CELL for count in small)
            shown += sum(count > 0 for count in small)
    assert shown > 0


def test_a_killed_worker_takes_the_process_that_serves_with_it_and_its_port_is_free_again(asked: Asked) -> None:
    """It ends the worker as a power cut would, and starts it again."""
    asked.bench.kill()
    wait_until(lambda: asked.status("/healthz") == 0, "nobody listens any more")
    asked.bench.start()
    asked.bench.wait("the next one listens on the same port", lambda: asked.status("/readyz") == 200)
