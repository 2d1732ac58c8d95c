"""A running worker takes an edit of the directory: a new hospital is counted and shown, a wrong file is refused."""

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import msgspec
import pytest

from agents.kafka import clients
from streams.kafka import topics as kafka_topics
from streams.records import Envelope, encode_json
from tests.directory_folders import HOSPITALS, folder
from tests.payloads import a_payload
from tests.running_worker import Bench

pytestmark = pytest.mark.kafka

HANDLES = "id,network,handle,role,valid_from,valid_to\n240010,x,mayoclinic,official,,\n"
CORVALLIS = "380014,Good Samaritan,Corvallis,OR,97330,acute,44.6,-123.25\n"
HANDLE = "380014,x,{handle},official,,\n"
IDS = count(1)


def publish(bench: Bench, *handles: str) -> None:
    """A post that mentions these accounts."""
    producer = clients.producer(bench.settings)
    try:
        id = str(next(IDS))
        text = " ".join(f"@{handle}" for handle in handles) + " the wait was long"
        mentions = [{"start": 0, "end": 1, "username": handle} for handle in handles]
        data = {"id": id, "text": text, "entities": {"mentions": mentions}, "created_at": datetime.now(UTC).isoformat()}
        payload = json.dumps(a_payload(data)).encode()
        envelope = Envelope("x", id, 1, "stream", (), msgspec.Raw(payload))
        producer.send(kafka_topics.posts(bench.settings), encode_json(envelope), key=id.encode())
        producer.flush()
    finally:
        producer.close()


def test_hospitals_beyond_the_limit_are_counted_and_have_no_series(bench: Bench, tmp_path: Path) -> None:
    """One with an account comes first, though it stands second."""
    handles = HANDLES + HANDLE.format(handle="goodsam")
    path = folder(tmp_path / "directory", hospitals=HOSPITALS + CORVALLIS, handles=handles)
    bench.reset(directory_folder=str(path), metrics_hospitals=1)
    bench.start()
    bench.wait("one is shown", lambda: bench.sample("conversation_posts_total", hospital="240010") == 0)
    assert bench.sample("pipeline_directory_hospitals") == 3
    assert bench.sample("pipeline_hidden_hospitals") == 2
    publish(bench, "goodsam")
    bench.wait_counted(1, 1)
    bench.drain()
    for name in ("conversation_posts_total", "conversation_hospital_info"):
        assert bench.sample(name, hospital="380014") == -1
    assert bench.verdict().difference == 0, "it is counted in its tables"


def test_a_hospital_that_is_added_while_it_runs_is_counted_and_a_wrong_file_is_refused(
    bench: Bench, tmp_path: Path
) -> None:
    path = folder(tmp_path / "directory", handles=HANDLES)
    bench.reset(directory_folder=str(path))
    bench.start()

    def reloads(result: str) -> float:
        return bench.sample("pipeline_directory_reloads_total", result=result)

    def posts(hospital: str) -> float:
        return bench.sample("conversation_posts_total", hospital=hospital)

    bench.wait("the directory of the start is shown", lambda: posts("240010") == 0)
    publish(bench, "goodsam")
    bench.wait_counted(1, 0)
    assert posts("380014") == -1, "nobody knows it"

    folder(path, hospitals=HOSPITALS + CORVALLIS, handles=HANDLES + HANDLE.format(handle="goodsam"))
    bench.wait("the edit is taken while nothing comes", lambda: reloads("swapped") == 1, 20)
    assert posts("380014") == 0, "what came before the edit is not read again"
    assert bench.sample("pipeline_directory_hospitals") == 3
    publish(bench, "goodsam")
    bench.wait("its post is counted", lambda: posts("380014") == 1)
    window = {"hospital": "380014", "window": "28d"}
    bench.wait("and its windows", lambda: bench.sample("conversation_window_posts", **window) == 1)
    assert bench.sample("conversation_window_authors", **window, near="all") == 1

    folder(path, hospitals=HOSPITALS + CORVALLIS, handles=HANDLES + HANDLE.format(handle="goodsamaritan"))
    bench.wait("another handle is taken", lambda: reloads("swapped") == 2, 20)
    publish(bench, "goodsamaritan")
    bench.wait("and listened for", lambda: posts("380014") == 2)

    folder(path, hospitals=HOSPITALS + CORVALLIS.replace(",OR,", ",Oregon,"))
    bench.wait("a wrong file is refused", lambda: reloads("refused") == 1, 20)
    assert bench.log().count("hospitals.csv, line 4: state 'Oregon' is not a postal code (ND)") == 1
    publish(bench, "goodsamaritan", "mayoclinic")
    bench.wait("the directory before it goes on", lambda: posts("380014") == 3 and posts("240010") == 1)
    assert reloads("swapped") == 2
    bench.drain()
