"""Rows: what they count, and that no crash, replay or stale copy changes it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.records import Mention, OpenCommunities, OpenTopics, Tally
from streams.tables.hospitals import EXPIRE_HOURS, HOUR_MS, HospitalTables
from streams.tables.rows import hour_of

HOSPITALS = ("350070", "380014", "240010")
HOUR = 490_000
AT = HOUR * HOUR_MS


def an_open(*topics: str) -> OpenTopics:
    return OpenTopics(topics, frozenset())


def mention(offset: int, hospital: str = "350070", **changes: object) -> Mention:
    """A complaint from nearby, `offset` on partition 0 of posts."""
    fields: dict[str, object] = {
        "hospital": hospital, "partition": 0, "offset": offset, "at": AT, "hour": HOUR, "relation": "mentioned",
        "tier": "local", "precision": "city", "evidence": "profile", "confidence": 90, "distance_km": 3,
        "topics": an_open("wait_times"), "intent": "complaint", "addressed": True, "post": str(offset), "reply_to": "",
    }  # fmt: skip
    return Mention(**(fields | changes))  # type: ignore[arg-type]


def tally(offset: int, hospital: str = "350070") -> Tally:
    return Tally(hospital, 0, offset, AT, HOUR, "local", ("vaccination",))


def flat(tables: HospitalTables) -> Counter[tuple[str, str, str]]:
    """Every count of every row."""
    cells: Counter[tuple[str, str, str]] = Counter()
    for key, row in tables.rows([0]):
        cells[key, "posts", ""] += row.posts
        cells[key, "own", ""] += row.own
        for kind, values in (("tiers", row.tiers), ("topics", row.topics), ("intents", row.intents)):
            for value, count in values.items():
                cells[key, kind, value] += count
    return +cells


def test_a_mention_counts_in_the_lifetime_and_in_its_hour() -> None:
    tables = HospitalTables(HOSPITALS)
    assert tables.apply(0, 0, mention(5))
    assert flat(tables) == Counter(
        {
            (key, kind, value): 1
            for key in ("350070/all", f"350070/h{HOUR}")
            for kind, value in (("posts", ""), ("tiers", "local"), ("topics", "wait_times"), ("intents", "complaint"))
        }
    )


def test_a_hospitals_own_post_is_not_one_about_it() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5, relation="author"))
    assert flat(tables) == Counter({("350070/all", "own", ""): 1, (f"350070/h{HOUR}", "own", ""): 1})


def test_service_lines_are_counted_in_rows_of_their_own() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5, topics=an_open()))
    tables.apply(0, 1, tally(5))
    row, service = tables.lifetime(0, "350070")
    assert (row.posts, row.topics) == (1, {})
    assert (service.posts, service.topics) == (1, {"vaccination": 1})


def test_a_post_without_a_plausible_hour_counts_in_the_lifetime_only() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5, hour=-1))
    assert {key for key, _ in tables.rows([0])} == {"350070/all"}


def test_an_unknown_hospital_is_said_to_be_unknown() -> None:
    assert HospitalTables(HOSPITALS).apply(0, 0, mention(5, hospital="999999")) is None


def test_the_same_post_twice_counts_once() -> None:
    tables = HospitalTables(HOSPITALS)
    assert tables.apply(0, 0, mention(5)) is True
    assert tables.apply(0, 1, mention(5)) is False, "emitted again by a tagger that replayed"
    assert tables.apply(0, 0, mention(5)) is False, "read again by an agent that replayed"
    assert tables.lifetime(0, "350070")[0].posts == 1


def test_only_changed_rows_are_written_and_once() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5))
    assert [key for key, _ in tables.changes([0])[0]] == [b"350070/all", b"350070/h%d" % HOUR]
    assert tables.changes([0]) == {}


def test_a_row_in_a_lost_partition_is_forgotten() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5))
    tables.drop(0)
    assert list(tables.rows([0])) == []
    assert tables.changes([0]) == {}


def test_touched_rows_are_written_once_more() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5))
    first = tables.changes([0])
    tables.touch(0)
    assert tables.changes([0]) == first


def test_an_hour_goes_with_a_tombstone_and_the_lifetime_stays() -> None:
    tables = HospitalTables(HOSPITALS)
    tables.apply(0, 0, mention(5))
    tables.changes([0])
    later = HOUR + EXPIRE_HOURS + 1
    tables.apply(0, 1, mention(6, at=later * HOUR_MS, hour=later))
    written = dict(tables.changes([0])[0])
    assert written[b"350070/h%d" % HOUR] is None
    assert {hour_of(key) for key, _ in tables.rows([0])} == {-1, later}
    assert tables.lifetime(0, "350070")[0].posts == 2


log_of_mentions = st.lists(
    st.tuples(st.sampled_from(HOSPITALS), st.sampled_from(("local", "unknown")), st.booleans()), min_size=1, max_size=40
)


@given(log_of_mentions, st.data())
def test_no_crash_replay_or_stale_copy_changes_a_count(posts: list[tuple[str, str, bool]], data: st.DataObject) -> None:
    log = [tally(i, h) if s else mention(i, h, tier=t) for i, (h, t, s) in enumerate(posts)]
    truth = HospitalTables(HOSPITALS)
    for offset, record in enumerate(log):
        truth.apply(0, offset, record)

    # A first owner commits at `committed`, goes on unseen to `reached`, and writes again when it is long not the owner.
    committed = data.draw(st.integers(0, len(log)), "committed")
    reached = data.draw(st.integers(committed, len(log)), "reached")
    zombie = HospitalTables(HOSPITALS)
    changelog = []
    for offset in range(reached):
        if offset == committed:
            changelog += zombie.changes([0]).get(0, [])
        zombie.apply(0, offset, log[offset])
    if reached == committed:
        changelog += zombie.changes([0]).get(0, [])
    stale = zombie.changes([0]).get(0, [])

    second = HospitalTables(HOSPITALS)
    for key, value in changelog + (stale if data.draw(st.booleans(), "wrote before it died") else []):
        second.restore(0, key, value)
    for offset in range(committed, len(log)):
        second.apply(0, offset, log[offset])
    assert flat(second) == flat(truth)

    # A third owner reads everything, in whatever order it was written.
    copies = data.draw(st.permutations(changelog + second.changes([0]).get(0, []) + stale), "order in the changelog")
    third = HospitalTables(HOSPITALS)
    for key, value in copies:
        third.restore(0, key, value)
    replay_from = data.draw(st.integers(0, len(log)), "replayed from")
    for offset in range(replay_from, len(log)):
        third.apply(0, offset, log[offset])
    assert flat(third) == flat(truth)


def test_interest_is_counted_by_nearness_once_for_a_post_and_once_for_each_community() -> None:
    tables = HospitalTables(dict.fromkeys(HOSPITALS, 0))
    nurses = OpenCommunities(("nurses", "rural_health"), frozenset())
    tables.apply(0, 0, mention(0, communities=nurses))
    tables.apply(0, 1, mention(1, communities=nurses, tier="national"))
    tables.apply(0, 2, mention(2, tier="unknown"))
    tables.apply(0, 3, Tally("350070", 0, 3, AT, HOUR, "regional", (), ("breast_cancer",)))
    row, tallies = tables.lifetime(0, "350070")
    assert row.communities == {
        "local/*": 1, "local/nurses": 1, "local/rural_health": 1,
        "away/*": 1, "away/nurses": 1, "away/rural_health": 1,
    }  # fmt: skip
    assert tallies.communities == {"away/*": 1, "away/breast_cancer": 1}
    assert (row.posts, tallies.posts) == (3, 1)
