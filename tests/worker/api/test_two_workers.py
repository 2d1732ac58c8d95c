"""Two workers: each answers for its own hospitals, sends on for the other's, and both know the same region; whatever
happens to one of them."""

import signal

import pytest

from agents.proving.load import fill
from agents.proving.pipeline import Pipeline
from streams.settings import load
from tests.running_api import Asked
from tests.running_worker import Bench
from tests.waiting import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.faults]

HOSPITALS = ("220071", "220031", "220086", "350070", "110010", "140088")
"""Some of them in one referral region, Boston's; on several partitions."""
BOSTON = "227"
SECONDS = 60


def owner(asked: Asked, hospital: str) -> str:
    """Who answers for a hospital when this worker is asked: `itself`, the address that it sends to, or the status."""
    answer = asked.get(f"/v1/hospitals/{hospital}")
    if answer.status_code == 307:
        return answer.headers["Location"].split("/")[2]
    return "itself" if answer.status_code == 200 else str(answer.status_code)


def address(asked: Asked) -> str:
    return asked.url.removeprefix("http://")


def agreed(first: Asked, second: Asked) -> bool:
    """Whether each hospital is answered by one of the two, the other sends there, and each has some."""
    found = {(owner(first, one), owner(second, one)) for one in HOSPITALS}
    return found == {("itself", address(first)), (address(second), "itself")}


def compared(asked: Asked) -> dict[str, int] | None:
    """Posts of the region's hospitals; None while one is missing."""
    region = asked.get(f"/v1/regions/{BOSTON}").json()
    if region.get("missing", ["all"]):
        return None
    return {one["hospital"]: one["counts"]["posts"] for one in region["hospitals"]}


def test_two_workers_answer_together_through_a_kill_a_stop_and_a_return(kafka: str) -> None:
    settings = load(kafka_bootstrap=kafka, partitions=4, session_timeout=6.0, commit_interval=0.3)
    with Pipeline(settings, lambda _: None) as pipeline:
        bench = Bench(pipeline)
        first, second = Asked(bench, "worker-1"), Asked(bench, "worker-2")
        fill(pipeline.settings, 1500, seed=22)
        pipeline.start_worker(first.worker)
        wait_until(lambda: first.status("/readyz") == 200, "the first is ready", SECONDS)
        bench.drain()
        assert {owner(first, one) for one in HOSPITALS} == {"itself"}
        alone = first.get("/v1/hospitals/220071").json()["figures"]

        pipeline.start_worker(second.worker)
        wait_until(lambda: second.status("/readyz") == 200, "the second is ready", SECONDS)
        wait_until(lambda: agreed(first, second), "they agree who has what", SECONDS)

        # What is the same for all is answered by both, from what they tell each other.
        wait_until(lambda: compared(first) is not None, "the first knows the region", SECONDS)
        wait_until(lambda: compared(second) == compared(first), "the second knows the same", SECONDS)
        for one in (first, second):
            listed = one.get("/v1/hospitals").json()["hospitals"]
            assert all(line["posts_28d"] is not None for line in listed)
        holder = first if owner(first, "220071") == "itself" else second
        assert holder.get("/v1/hospitals/220071").json()["figures"]["windows"] == alone["windows"]
        assert holder.get("/v1/hospitals/220071").json()["figures"]["region"]["missing"] == []

        # A redirect that leads nowhere is no loop.
        elsewhere = next(one for one in HOSPITALS if owner(first, one) != "itself")
        again = first.get(f"/v1/hospitals/{elsewhere}?sent=1")
        assert again.status_code == 503
        assert "changes hands" in again.json()["error"]
        assert first.get(f"/v1/hospitals/{elsewhere}/questions").headers["Location"].endswith("/questions?sent=1")

        # A worker that is stopped is told from one that lives; the other takes over, and says meanwhile what it knows.
        worker = pipeline.workers[second.worker]
        worker.send(signal.SIGSTOP)
        wait_until(lambda: second.status("/healthz") == 503, "its health says that it does not answer", SECONDS)
        assert "did not answer" in second.get("/healthz").json()["why"]
        said = set[str]()

        def taken_over() -> bool:
            said.update(owner(first, one) for one in HOSPITALS)
            return {owner(first, one) for one in HOSPITALS} == {"itself"}

        wait_until(taken_over, "the first takes over", SECONDS)
        assert said <= {"itself", "503", address(second)}
        worker.kill()

        # Back again under its name and port.
        pipeline.start_worker(second.worker)
        wait_until(lambda: second.status("/readyz") == 200, "it is back", SECONDS)
        wait_until(lambda: agreed(first, second), "they agree again", SECONDS)

        # One that is told to stop says so: the other does not send there any more.
        worker.end()
        wait_until(lambda: {owner(first, one) for one in HOSPITALS} == {"itself"}, "the first has all", SECONDS)
        assert first.get("/readyz").json()["others"] == []
