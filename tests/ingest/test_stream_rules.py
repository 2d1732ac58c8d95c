"""The stream rules bring every post about the directory's hospitals, within X's limits, and change without a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.ingest.x import rules
from agents.ingest.x.rules import MAX_RULE_CHARS, Rule
from agents.ingest.x.stream import XStream
from agents.simulated.stream_rules import parse
from streams import directory
from streams.directory import Directory, Handle, Hospital
from tests.ingest.listening import TOKEN, simulated

HANDLE = st.from_regex(r"[a-z0-9_]{1,15}", fullmatch=True)
RULE = st.builds(Rule, st.sampled_from("abcdef"), st.sampled_from("xyz"))


def hospital(number: int, *handles: str) -> Hospital:
    return Hospital(
        f"{number:06d}",
        "H",
        "Fargo",
        "ND",
        "58103",
        "acute",
        46.8,
        -96.8,
        tuple(Handle(one, "brand") for one in handles),
    )


@given(st.lists(st.lists(HANDLE, min_size=1, max_size=3, unique=True), min_size=1, max_size=60))
def test_every_handle_is_heard_and_leads_back_to_its_hospitals(handles: list[list[str]]) -> None:
    made = rules.wanted(Directory(tuple(hospital(number, *few) for number, few in enumerate(handles))))
    assert all(len(rule.value) <= MAX_RULE_CHARS for rule in made)
    parsed = [(parse(rule.value), rules.hospitals_of(rule.tag)) for rule in made]
    for number, few in enumerate(handles):
        for handle in few:
            for atom in (f"@{handle}", f"to:{handle}", f"from:{handle}"):
                heard = [ids for matches, ids in parsed if matches(frozenset({atom}))]
                assert len(heard) == 1, "one rule hears a handle"
                assert f"{number:06d}" in heard[0]
                assert not any(matches(frozenset({atom, "is:retweet"})) for matches, _ in parsed)


def test_a_rule_is_worded_as_x_reads_it() -> None:
    (rule,) = rules.wanted(Directory((hospital(1, "mayoclinic", "mayo"),)))
    assert rule.value == (
        "(@mayoclinic OR to:mayoclinic OR from:mayoclinic OR @mayo OR to:mayo OR from:mayo) -is:retweet"
    )
    assert rule.tag == "hospitals:000001"
    assert rules.hospitals_of("somebody else's") == ()


def test_a_handle_is_listened_for_on_its_days_only() -> None:
    renamed = replace(
        hospital(1), handles=(Handle("innovis", "former", "x", "", "2012-06-30"), Handle("essentia", "brand"))
    )
    (rule,) = rules.wanted(Directory((renamed,)), "2012-07-01")
    assert "@innovis" not in rule.value
    assert rules.wanted(Directory((renamed,)), "2012-06-30") == rules.wanted(Directory((renamed,)))


def test_a_hospital_added_at_the_end_leaves_the_full_rules_alone() -> None:
    before = [hospital(number, f"hospital_{number}") for number in range(60)]
    first = rules.wanted(Directory(tuple(before)))
    then = rules.wanted(Directory((*before, hospital(60, "one_more"))))
    assert first[:-1] == then[: len(first) - 1]


@given(st.lists(RULE, max_size=12), st.lists(RULE, max_size=12, unique=True))
def test_a_plan_ends_in_exactly_the_wanted_rules(stand: list[Rule], wanted: list[Rule]) -> None:
    current = {str(number): rule for number, rule in enumerate(stand)}
    planned = rules.plan(current.items(), wanted)
    assert {*planned.keep, *planned.delete} == current.keys()
    assert not set(planned.keep) & set(planned.delete)
    assert sorted([*(current[one] for one in planned.keep), *planned.add]) == sorted(wanted)


def test_nothing_is_done_when_all_is_as_wanted() -> None:
    rule = Rule("a", "x")
    assert rules.plan([("1", rule)], [rule]) == rules.Plan((), ("1",), ())


def test_rules_are_added_before_stale_ones_are_deleted_and_then_left_alone() -> None:
    wanted = rules.wanted(directory.load())
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rules.sync(stream, [Rule("(@gone OR to:gone OR from:gone) -is:retweet", "hospitals:999999"), wanted[0]])
        running.x.changes.clear()
        planned = rules.sync(stream, wanted)
        assert (len(planned.add), len(planned.keep), len(planned.delete)) == (len(wanted) - 1, 1, 1)
        assert running.x.changes == ["add", "delete"]
        rules.sync(stream, wanted)
        assert running.x.changes == ["add", "delete"]
        stream.session.close()


def test_a_rule_that_stands_with_another_tag_gets_the_wanted_one() -> None:
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rules.sync(stream, [Rule("@mayoclinic", "old"), Rule("@ynhh", "kept")])
        rules.sync(stream, [Rule("@mayoclinic", "new"), Rule("@ynhh", "kept")])
        assert {(one["value"], one["tag"]) for one in running.x.rules} == {("@mayoclinic", "new"), ("@ynhh", "kept")}
        stream.session.close()


def test_a_refused_rule_is_logged_and_keeps_the_stale_ones(caplog: pytest.LogCaptureFixture) -> None:
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rules.sync(stream, [Rule("@mayoclinic", "hospitals:1")])
        rules.sync(stream, [Rule("lang:en", "hospitals:2"), Rule("@ynhh", "hospitals:3")])
        assert {one["tag"] for one in running.x.rules} == {"hospitals:1", "hospitals:3"}
        assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
            "X refuses a stream rule (Invalid Rule); its hospitals are not heard: hospitals:2"
        ]
        stream.session.close()
