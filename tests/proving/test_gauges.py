"""The windows of a running worker are compared as it shows them."""

import pytest

from agents.proving.gauges import Scraped, difference
from agents.proving.recount import Recount
from tests.proving.test_mutants import LOG

NOW = LOG[-1].at / 1000


@pytest.fixture
def recount() -> Recount:
    found = Recount()
    for one in LOG:
        found.add(one)
    return found


def scraped(recount: Recount, at: float, **names: float) -> Scraped:
    """A worker that shows one hospital's posts and authors of 24 h; `names`: what it shows otherwise."""
    cells, (everyone, local) = recount.window("350070", "24h", at), recount.people("350070", "24h", at)
    shown = {"posts": cells["posts"], "authors": everyone, "local": local} | names
    labels = {"hospital": "350070", "window": "24h"}
    return Scraped(
        NOW,
        {
            ("conversation_window_posts", frozenset(labels.items())): shown["posts"],
            ("conversation_window_authors", frozenset({**labels, "near": "all"}.items())): shown["authors"],
            ("conversation_window_authors", frozenset({**labels, "near": "local"}.items())): shown["local"],
        },
    )


def test_what_is_right_differs_by_nothing_and_what_is_not_shown_is_not_compared(recount: Recount) -> None:
    assert difference(recount, scraped(recount, NOW)) == 0
    assert difference(recount, Scraped(NOW, {})) == 0


@pytest.mark.parametrize("name", ["posts", "authors", "local"])
def test_one_too_many_is_noticed(name: str, recount: Recount) -> None:
    right = {"posts": recount.window("350070", "24h", NOW)["posts"], "authors": 0, "local": 0}
    right["authors"], right["local"] = recount.people("350070", "24h", NOW)
    assert difference(recount, scraped(recount, NOW, **{name: right[name] + 1})) == 1


def test_a_window_that_did_not_slide_is_noticed(recount: Recount) -> None:
    assert difference(recount, scraped(recount, NOW - 7200)) > 0


def test_a_window_may_slide_some_seconds_after_the_hour(recount: Recount) -> None:
    on_the_hour = NOW // 3600 * 3600 + 1
    shown = scraped(recount, on_the_hour - 2)
    assert difference(recount, shown._replace(at=on_the_hour)) == 0
