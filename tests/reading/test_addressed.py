from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import directory
from streams.reading.addressed import addresses, hospitals_of, is_about
from streams.reading.post import Post
from tests.payloads import a_post, cases

DIRECTORY = directory.load()


def ties(post: Post) -> list[tuple[str, str, bool]]:
    return [(hospital.id, relation, addressed) for hospital, relation, addressed in hospitals_of(post, DIRECTORY)]


@pytest.mark.parametrize("case", cases("addressed"), ids=lambda case: case["text"])
def test_a_text_speaks_to_a_handle_or_does_not(case: dict[str, Any]) -> None:
    assert addresses(case["text"], "sandside") == case["addressed"]


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_raises(text: str) -> None:
    assert addresses(text, "sandside") in (True, False)
    assert addresses(f"@sandside {text}", "sandside")


def test_a_mentioned_handle_ties_its_hospital() -> None:
    post = a_post(text="@MayoClinic is it open, asking at @ClevelandClinic", mentions=("mayoclinic", "clevelandclinic"))
    assert ties(post) == [("240010", "mentioned", True), ("360180", "mentioned", False)]


def test_the_hospitals_own_post_is_its_authors() -> None:
    post = a_post(text="@mayoclinic turns 160", author_handle="mayoclinic", mentions=("mayoclinic", "duke_health"))
    assert ties(post) == [("240010", "author", False)]


def test_an_answer_addresses_whom_it_answers_and_mentions_the_others() -> None:
    post = a_post(text="no idea", mentions=("mayoclinic", "clevelandclinic"), reply_to="99")
    assert ties(post) == [("240010", "replied", True), ("360180", "mentioned", False)]


def test_two_handles_of_one_hospital_tie_it_once() -> None:
    post = a_post(text="was it @InnovisHealth or @EssentiaHealth?", mentions=("innovishealth", "essentiahealth"))
    assert [tie[0] for tie in ties(post)] == ["350070"]


def test_a_former_handle_still_ties_its_hospital() -> None:
    assert ties(a_post(text="@InnovisHealth hello", mentions=("innovishealth",))) == [("350070", "mentioned", True)]


def test_a_repost_is_tied_to_nobody() -> None:
    assert ties(a_post(text="RT @mayoclinic: hello", mentions=("mayoclinic",), repost=True)) == []
    assert ties(a_post(text="RT", author_handle="mayoclinic", repost=True)) == []


def test_a_post_without_a_known_handle_is_tied_to_nobody() -> None:
    assert ties(a_post(text="hello @nobody", mentions=("nobody",))) == []


@pytest.mark.parametrize(
    ("text", "topics", "about"),
    [
        ("@sandside lol same", (), True),
        ("I think @sandside is the better one", (), True),
        ("six hours in the ER of @sandside", ("wait_times",), True),
        ("sitting in the lot of @sandside with a burrito", (), False),
        ("tacos across from @sandside at noon", (), False),
        ("tacos at noon", (), False),
    ],
)
def test_a_post_is_about_a_hospital_or_merely_located_there(text: str, topics: tuple[str, ...], about: bool) -> None:
    assert is_about(text, "sandside", topics) == about
