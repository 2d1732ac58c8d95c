"""The demo's stack as it runs: healthy in time, exact, and healed by itself whatever dies.

One stack for all; each test finds it whole and with posts coming.
"""

import math
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator

import pytest
import yaml

from tests.compose.stack import HEALTHY_SECONDS, ROOT, Stack, wait_until

pytestmark = [pytest.mark.compose(needs="engine"), pytest.mark.timeout(600)]

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LASTING = sorted(
    name for name, one in SERVICES.items() if one["restart"] != "no" and "live" not in one.get("profiles", ())
)
WITHOUT_POSTS = sorted(set(LASTING) - {"ingest-demo", "simulated-x"})


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("compose"))
    try:
        stack.compose("build", "--quiet")
        stack.up(seconds=HEALTHY_SECONDS)
        yield stack
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")


@pytest.fixture
def stack(started: Stack) -> Stack:
    if started.services() != LASTING or not all(one.healthy for one in started.containers()):
        started.up("--scale", "worker=1")
    return started


def settle(stack: Stack) -> dict[str, int]:
    """No more posts; the oracle's verdict on those that came."""
    stack.compose("stop", "ingest-demo")
    return stack.verdict()


def posts_come(stack: Stack) -> None:
    seen: list[float] = []

    def more() -> bool:
        # No number while a worker recovers: missing data looks missing.
        seen.extend(number for number in [stack.mentions()] if not math.isnan(number))
        return bool(seen) and seen[-1] > seen[0]

    wait_until(more, "new posts on Prometheus")


def test_every_service_is_healthy_in_time_and_every_target_is_up(stack: Stack) -> None:
    assert stack.services() == LASTING
    assert all(one.healthy for one in stack.containers())

    def down() -> list[str]:
        targets = stack.prometheus("targets", state="active")["activeTargets"]
        jobs = {one["labels"]["job"] for one in targets}
        return sorted({"worker", "ingest"} - jobs) + [one["scrapeUrl"] for one in targets if one["health"] != "up"]

    wait_until(lambda: not down(), "every target of Prometheus up")


def test_prometheus_shows_what_the_oracle_counts(stack: Stack) -> None:
    wait_until(lambda: stack.mentions() > 0, "mentions on Prometheus")
    verdict = settle(stack)
    assert verdict["difference"] == 0
    assert verdict["mentions"] > 0
    wait_until(lambda: stack.mentions() == verdict["mentions"], f"{verdict['mentions']} mentions on Prometheus")


@pytest.mark.parametrize("service", LASTING)
def test_a_killed_process_comes_back_by_itself_and_no_count_is_wrong(stack: Stack, service: str) -> None:
    (victim,) = (one for one in stack.containers() if one.service == service)
    stack.kill(victim)

    def healed() -> bool:
        now = stack.containers()
        again = [one for one in now if one.name == victim.name and one.restarts > victim.restarts]
        return bool(again) and len(now) == len(LASTING) and all(one.healthy for one in now)

    wait_until(healed, f"{service} healthy again")
    posts_come(stack)
    assert settle(stack)["difference"] == 0


def test_down_and_up_keep_every_count(stack: Stack) -> None:
    posts_come(stack)
    verdict = settle(stack)
    before = stack.counts()
    assert before
    stack.compose("down")
    stack.up(*WITHOUT_POSTS)
    wait_until(lambda: len(stack.counts()) == len(before), "every counter of the new worker")
    assert stack.counts() == before
    assert stack.verdict() == verdict


def test_a_second_worker_takes_its_share_and_no_counter_jumps(stack: Stack) -> None:
    held = 'pipeline_held_partitions{stage="hospitals"}'
    posts_come(stack)
    began = time.time()
    posts_come(stack)
    stack.up("--no-recreate", "--scale", "worker=2")
    wait_until(lambda: stack.value(f"count({held} == 6)") == 2, "six partitions with each of two workers")
    posts_come(stack)
    verdict = settle(stack)
    assert verdict["difference"] == 0
    wait_until(lambda: stack.mentions() == verdict["mentions"], "the last posts on Prometheus")
    samples = defaultdict[str, list[tuple[float, float]]](list)
    query = f"{{__name__=~'conversation_.*_total'}}[{time.time() - began:.0f}s]"
    for series in stack.prometheus("query", query=query)["result"]:
        key = str({name: value for name, value in series["metric"].items() if name != "instance"})
        samples[key] += [(at, float(value)) for at, value in series["values"]]
    assert samples
    for labels, seen in samples.items():
        values = [value for _, value in sorted(seen)]
        # It ends at the oracle's number: what never falls never was too high either.
        assert values == sorted(values), f"{labels} falls: {values}"


def test_only_grafana_is_published_and_only_on_loopback(stack: Stack) -> None:
    (port,) = stack.compose("port", "grafana", "3000").split()
    assert port.startswith("127.0.0.1:")
    with urllib.request.urlopen(f"http://{port}/api/health", timeout=5) as answer:
        assert answer.status == 200
