from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.reading.topics.communities import Communities, CommunitiesError
from tests.payloads import cases

COMMUNITIES = Communities.load()


@pytest.mark.parametrize("case", cases("communities"), ids=lambda case: case["text"])
def test_a_text_speaks_to_the_communities_of_its_hashtags(case: dict[str, Any]) -> None:
    assert list(COMMUNITIES.of(case["text"])) == case["communities"]


def test_a_mention_of_a_communitys_own_account_speaks_to_it() -> None:
    assert COMMUNITIES.of("see you tonight @lcsmchat", ("lcsmchat", "someone")) == ("lung_cancer",)


def test_a_community_of_a_disease_is_marked() -> None:
    assert {"breast_cancer", "hiv", "recovery"} <= COMMUNITIES.about_health
    assert not {"medical_twitter", "nurses", "patients_included"} & COMMUNITIES.about_health


@given(st.text(max_size=200) | st.text(st.sampled_from("#bcsm @_é&"), max_size=60))
@settings(deadline=None)
def test_any_text_has_known_communities_sorted(text: str) -> None:
    found = COMMUNITIES.of(text)
    assert list(found) == sorted(set(found))
    assert COMMUNITIES.by_id.keys() >= set(found)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{id: A!, name: a, about_health: true, hashtags: [a]}", r"line 3: community A!: the id is not lower-case"),
        (
            "{id: a, name: a, about_health: true, hashtags: ['#a']}",
            r"line 3: community a: '#a' is no lower-case word",
        ),
        ("{id: a, name: a, about_health: true, hashtags: [b, b]}", r"line 3: community a: #b stands twice"),
        ("{id: a, name: a, hashtags: [b]}", r"line 3: .*missing required field `about_health`"),
        ("7", r"line 3: Expected `object`"),
    ],
)
def test_a_wrong_community_is_refused_in_one_line_with_its_place(entry: str, message: str) -> None:
    with pytest.raises(CommunitiesError, match=message) as refused:
        Communities.parse(f"version: 1\ncommunities:\n  - {entry}\n".encode())
    assert "\n" not in str(refused.value)
