"""What a worker answers, from its tables and from what it heard: encoded once for each change, made within a budget."""

import asyncio
import time
from collections.abc import Callable

import msgspec

from agents.worker.api.answers import Answers, Standing
from agents.worker.api.budget import Budget
from agents.worker.api.holdings import Directory, Holdings
from agents.worker.api.lines import Lines
from agents.worker.api.link import Ask, Made, What
from agents.worker.api.peers import Holding, Peers, Presence, holding_key, presence_key
from agents.worker.api.shapes import Answer, Hospitals, Questions, Ready, Refusal, RegionAnswer
from streams.directory.search import Named
from streams.figures.about import About, Names
from streams.tables.hospitals import HospitalTables
from tests.hospital_records import AT, mention
from tests.worker.api.test_peers import a_line

NAMES = Names(topics=("wait_times",), service_lines=("oncology",), communities=(), health_communities=())
PARTITIONS = {"350070": 0, "350011": 1, "380014": 2}


def about(hospital: str) -> About:
    hrr, region = ("342", ("380014",)) if hospital == "380014" else ("322", ("350070", "350011"))
    return About(
        id=hospital, name=f"Hospital {hospital}", city="Fargo", state="ND", kind="acute", hrr=hrr,
        hrr_name="Fargo, ND", region=region,
    )  # fmt: skip


class Held:
    """A worker that holds partition 0, and what it hears."""

    def __init__(self) -> None:
        self.tables = HospitalTables()
        self.held = [0]
        self.why = ""
        self.now = AT / 1000
        self.peers = Peers("me", 1)
        named = tuple(Named(one, f"Hospital {one}", ()) for one in PARTITIONS)
        directory = Directory({one: about(one) for one in PARTITIONS}, PARTITIONS, named)
        holdings = Holdings(self.tables, NAMES, lambda: directory, lambda: self.held, lambda _: None)
        self.lines = Lines(holdings, Budget(1.0, 10.0, time.monotonic), lambda: self.now)
        self.budget = Budget(0.001, 10.0, time.monotonic)
        self.answers = Answers(
            "me", holdings, self.lines, self.peers, lambda: Standing(1.0, 30.0, self.why), self.budget,
            lambda: self.now,
        )  # fmt: skip

    def count(self, *offsets: int) -> None:
        for offset in offsets:
            self.tables.apply(0, offset, mention(offset))

    def hear(self, worker: str, partition: int, hospital: str, posts: int) -> None:
        one = Presence(worker=worker, address=f"{worker}:9110", pipeline=1, epoch=2, partitions=(partition,))
        told = Holding(worker=worker, pipeline=1, epoch=2, hospitals={hospital: a_line(hospital, posts)})
        self.peers.take(presence_key(worker), msgspec.json.encode(one), time.monotonic())
        self.peers.take(holding_key(partition), msgspec.json.encode(told), time.monotonic())

    def ask(self, what: What, id: str = "", known: str = "") -> Made:
        return asyncio.run(self.answers.answer(Ask(1, what, id, known)))

    def lived(self, change: Callable[[], object]) -> bool:
        """Whether an answer is another one after a change."""
        before = self.ask("hospital", "350070").body
        change()
        return self.ask("hospital", "350070").body != before


def refused(made: Made) -> str:
    return msgspec.json.decode(made.body, type=Refusal).error


def test_a_hospital_of_ours_is_answered_and_one_of_another_worker_is_sent_there() -> None:
    held = Held()
    held.count(0, 1)
    held.hear("other", 1, "350011", 5)
    found = msgspec.json.decode(held.ask("hospital", "350070").body, type=Answer)
    assert (found.figures.windows["28d"].posts, found.worker) == (2, "me")
    assert (held.ask("hospital", "350011").status, held.ask("questions", "350011").address) == (307, "other:9110")
    assert held.ask("hospital", "1").status == 404


def test_where_nobody_is_known_it_says_why() -> None:
    held = Held()
    assert refused(held.ask("hospital", "350011")) == "no worker says that it holds partition 1"
    held.hear("other", 1, "350011", 5)
    held.peers._workers["other"] = held.peers._workers["other"][0], time.monotonic() - 100
    made = held.ask("hospital", "350011")
    assert made.status == 503
    assert refused(made) == "worker other held partition 1 and is silent; no other has taken it over yet"
    held.held, held.why = [], "its tables are read from Kafka"
    assert refused(held.ask("hospital", "350070")) == (
        "partition 0 is not held here (its tables are read from Kafka), and no other worker says that it holds it"
    )
    ready = held.ask("ready")
    assert ready.status == 503
    assert msgspec.json.decode(ready.body, type=Ready).why == "its tables are read from Kafka"


def test_the_list_and_a_region_have_every_hospital_whoever_holds_it() -> None:
    held = Held()
    held.count(0, 1)
    held.hear("other", 1, "350011", 5)
    held.lines.refresh()
    listed = msgspec.json.decode(held.ask("hospitals").body, type=Hospitals).hospitals
    assert [(one.hospital, one.posts_28d, bool(one.why)) for one in listed] == [
        ("350070", 2, False), ("350011", 5, False), ("380014", None, True),
    ]  # fmt: skip
    region = msgspec.json.decode(held.ask("region", "322").body, type=RegionAnswer)
    assert region.missing == ()
    assert [one.voice.everyone.hits for one in region.hospitals if one.voice.everyone] == [2, 5]
    assert msgspec.json.decode(held.ask("region", "342").body, type=RegionAnswer).missing == ("380014",)
    assert held.ask("region", "1").status == 404


def test_an_answer_is_encoded_once_until_something_is_counted() -> None:
    held = Held()
    held.count(0)
    first = held.ask("hospital", "350070")
    assert held.ask("hospital", "350070").body is first.body
    assert held.ask("hospital", "350070", first.tag).status == 304
    held.count(1)
    second = held.ask("hospital", "350070", first.tag)
    assert (second.status, second.tag != first.tag) == (200, True)
    assert held.lived(lambda: held.hear("other", 1, "350011", 5)), "a peer's counts are in it"


def test_when_the_budget_is_spent_the_answer_before_is_given_again() -> None:
    held = Held()
    held.count(0)
    first = held.ask("hospital", "350070")
    held.budget.use(100.0)
    held.count(1)
    assert held.ask("hospital", "350070").body is first.body


def test_the_queue_has_urgent_questions_first_and_counts_what_it_leaves_out() -> None:
    held = Held()
    written = int(held.now) - 100
    for number in range(1100):
        intent = "crisis" if number == 1099 else "question"
        asked = mention(number, intent=intent, written=written + number % 50, asked=written, post=f"{number}")
        held.tables.apply(0, number, asked)
    found = msgspec.json.decode(held.ask("questions", "350070").body, type=Questions)
    assert (found.count, len(found.questions)) == (1100, 1000)
    assert [one.urgent for one in found.questions[:3]] == [True, False, False]
    assert found.questions[1].age_seconds == 100
