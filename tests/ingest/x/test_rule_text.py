"""The stream rules bring every post about the directory's hospitals, within X's limits, and change without a gap."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agents.ingest.rules.model import Community, Place, Point, RuleSet, communities_of, hospitals_of
from agents.ingest.x import rule_plan
from agents.ingest.x.rule_text import MAX_QUERY_CHARS, Rule, queries, stream_rules
from agents.ingest.x.stream import XStream
from agents.simulated.post_view import Seen
from agents.simulated.stream_rules import parse
from streams.directory import Accounts, Directory, Handle, Hospital
from streams.errors import UserError
from streams.settings import load
from tests.running_ingest import TOKEN, shipped_rules, simulated

MOST_CHARS = 1024
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
        Accounts({"x": tuple(Handle(one, "brand") for one in handles)}),
    )


def made_of(*hospitals: Hospital, day: str = "", communities: tuple[Community, ...] = ()) -> tuple[Rule, ...]:
    return stream_rules(RuleSet.of(Directory(hospitals), day, communities), MOST_CHARS)


@given(st.lists(st.lists(HANDLE, min_size=1, max_size=3, unique=True), min_size=1, max_size=60))
def test_every_handle_is_heard_and_leads_back_to_its_hospitals(handles: list[list[str]]) -> None:
    made = made_of(*(hospital(number, *few) for number, few in enumerate(handles)))
    assert all(len(rule.value) <= MOST_CHARS for rule in made)
    parsed = [(parse(rule.value), hospitals_of(rule.tag)) for rule in made]
    for number, few in enumerate(handles):
        for handle in few:
            for atom in (f"@{handle}", f"to:{handle}", f"from:{handle}"):
                heard = [ids for matches, ids in parsed if matches(Seen(frozenset({atom})))]
                assert len(heard) == 1, "one rule hears a handle"
                assert f"{number:06d}" in heard[0]
                assert not any(matches(Seen(frozenset({atom, "is:retweet"}))) for matches, _ in parsed)


def test_a_rule_is_worded_as_x_reads_it() -> None:
    (rule,) = made_of(hospital(1, "mayoclinic", "mayo"))
    assert rule.value == (
        "(@mayoclinic OR to:mayoclinic OR from:mayoclinic OR @mayo OR to:mayo OR from:mayo) -is:retweet"
    )
    assert rule.tag == "hospitals:000001"
    assert hospitals_of("somebody else's") == ()


@pytest.mark.parametrize(
    ("community", "value"),
    [
        (Community("c", ("midwife",)), "midwife -is:retweet"),
        (
            Community("c", ("labor and delivery", "er", "or"), ("MedTwitter",), ("en", "es")),
            '("labor and delivery" OR er OR "or" OR #MedTwitter) (lang:en OR lang:es) -is:retweet',
        ),
        (Community("c", ("café", "st. mary's"), (), ("en",)), '(café OR cafe OR "st. mary\'s") lang:en -is:retweet'),
        (
            Community("c", ("er",), near=Point(-96.82904, 46.833, 25)),
            "er point_radius:[-96.8290 46.8330 25mi] -is:retweet",
        ),
        (Community("c", near=Place("Fargo, ND")), 'place:"Fargo, ND" -is:retweet'),
        (Community("c", near=Place("Fargo")), "place:Fargo -is:retweet"),
    ],
)
def test_a_community_is_worded_as_x_reads_it(community: Community, value: str) -> None:
    assert made_of(communities=(community,)) == (Rule(value, "community:c"),)
    parse(value)


def test_two_communities_that_want_the_same_are_one_rule_that_leads_back_to_both() -> None:
    first, same, other = Community("a", ("er",)), Community("b", ("er",)), Community("c", ("icu",))
    made = made_of(communities=(first, same, other))
    assert [communities_of(rule.tag) for rule in made] == [("a", "b"), ("c",)]


def test_a_handle_is_listened_for_on_its_days_only_and_searched_for_always() -> None:
    former, present = Handle("innovis", "former", "x", "", "2012-06-30"), Handle("essentia", "brand")
    renamed = replace(hospital(1), accounts=Accounts({"x": (former, present)}))
    (rule,) = made_of(renamed, day="2012-07-01")
    assert "@innovis" not in rule.value
    assert made_of(renamed, day="2012-06-30") == made_of(renamed)
    assert "@innovis" in queries(RuleSet.of(Directory((renamed,)), "2012-07-01"))[0]


def test_a_hospital_added_at_the_end_leaves_the_full_rules_alone() -> None:
    before = [hospital(number, f"hospital_{number}") for number in range(60)]
    first = made_of(*before)
    then = made_of(*before, hospital(60, "one_more"))
    assert first[:-1] == then[: len(first) - 1]


def test_the_plan_with_x_sets_how_many_rules_of_what_length_there_may_be() -> None:
    many = RuleSet.of(Directory(tuple(hospital(number, f"hospital_{number}") for number in range(60))))
    at_1024, at_512 = (
        rule_plan.wanted(many, load({})),
        rule_plan.wanted(many, load({"EARSHOT_X_MAX_RULE_CHARS": "512"})),
    )
    assert len(at_1024) < len(at_512)
    assert max(len(rule.value) for rule in at_512) <= 512
    assert rule_plan.wanted(many, load({"EARSHOT_X_MAX_RULES": str(len(at_1024))})) == at_1024
    with pytest.raises(UserError, match=r"EARSHOT_X_MAX_RULES allows 1: remove some") as refused:
        rule_plan.wanted(many, load({"EARSHOT_X_MAX_RULES": "1"}))
    assert f"{len(at_1024)} stream rules are needed, 0 of them for community queries" in str(refused.value)


def test_to_want_nothing_is_refused() -> None:
    with pytest.raises(UserError, match="nothing to listen for"):
        rule_plan.wanted(RuleSet.of(Directory((hospital(1),))), load({}))


def test_a_long_list_of_words_is_as_many_rules_and_queries_as_it_needs() -> None:
    keywords = tuple(f"word number {number}" for number in range(200))
    wanted = RuleSet.of(Directory(()), "", (Community("c", keywords, (), ("en",), Point(-96.8, 46.8, 25)),))
    made, asked = stream_rules(wanted, MOST_CHARS), queries(wanted)
    for values, most in (([rule.value for rule in made], MOST_CHARS), ([*asked], MAX_QUERY_CHARS)):
        assert max(map(len, values)) <= most
        for value in values:
            parse(value, most)
            assert value.endswith(" point_radius:[-96.8000 46.8000 25mi] lang:en -is:retweet")
        assert all(sum(f'"{keyword}"' in value for value in values) == 1 for keyword in keywords)
        assert all(len(value) > most - 30 for value in values[:-1]), "packed"
    assert {rule.tag for rule in made} == {"community:c"}


@given(st.lists(RULE, max_size=12), st.lists(RULE, max_size=12, unique=True))
def test_a_plan_ends_in_exactly_the_wanted_rules(stand: list[Rule], wanted: list[Rule]) -> None:
    current = {str(number): rule for number, rule in enumerate(stand)}
    planned = rule_plan.plan(current.items(), wanted)
    assert {*planned.keep, *planned.delete} == current.keys()
    assert not set(planned.keep) & set(planned.delete)
    after = [*(current[one] for one in planned.keep), *planned.add]
    assert sorted(after) == sorted(wanted)
    again = rule_plan.plan(((str(number), rule) for number, rule in enumerate(after)), wanted)
    assert (again.add, again.delete) == ((), ())


def test_nothing_is_done_when_all_is_as_wanted() -> None:
    rule = Rule("a", "x")
    assert rule_plan.plan([("1", rule)], [rule]) == rule_plan.Plan((), ("1",), ())


def test_rules_are_added_before_stale_ones_are_deleted_and_then_left_alone() -> None:
    wanted = shipped_rules()
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rule_plan.sync(stream, [Rule("(@gone OR to:gone OR from:gone) -is:retweet", "hospitals:999999"), wanted[0]])
        running.x.changes.clear()
        planned = rule_plan.sync(stream, wanted)
        assert (len(planned.add), len(planned.keep), len(planned.delete)) == (len(wanted) - 1, 1, 1)
        assert running.x.changes == ["add", "delete"]
        rule_plan.sync(stream, wanted)
        assert running.x.changes == ["add", "delete"]
        stream.session.close()


def test_stale_rules_go_first_where_the_plan_has_no_room_for_both() -> None:
    with simulated(most_rules=2, most_chars=512) as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rule_plan.sync(stream, [Rule("@a", "old"), Rule("@b", "kept")], 2)
        running.x.changes.clear()
        planned = rule_plan.sync(stream, [Rule("@c", "new"), Rule("@b", "kept")], 2)
        assert (len(planned.add), planned.refused, running.x.changes) == (1, 0, ["delete", "add"])
        assert {one["value"] for one in running.x.rules} == {"@b", "@c"}
        stream.session.close()


def test_a_rule_that_stands_with_another_tag_gets_the_wanted_one() -> None:
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rule_plan.sync(stream, [Rule("@mayoclinic", "old"), Rule("@ynhh", "kept")])
        rule_plan.sync(stream, [Rule("@mayoclinic", "new"), Rule("@ynhh", "kept")])
        assert {(one["value"], one["tag"]) for one in running.x.rules} == {("@mayoclinic", "new"), ("@ynhh", "kept")}
        stream.session.close()


def test_a_refused_rule_is_logged_and_keeps_the_stale_ones(caplog: pytest.LogCaptureFixture) -> None:
    with simulated() as running:
        stream = XStream(TOKEN, running.x.url, lambda _: None)
        rule_plan.sync(stream, [Rule("@mayoclinic", "hospitals:1")])
        rule_plan.sync(stream, [Rule("lang:en", "hospitals:2"), Rule("@ynhh", "hospitals:3")])
        assert {one["tag"] for one in running.x.rules} == {"hospitals:1", "hospitals:3"}
        assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
            "X refuses a stream rule (Invalid Rule); who it is for is not heard: hospitals:2"
        ]
        stream.session.close()
