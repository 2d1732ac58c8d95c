"""What `earshot top` shows: order, filter and keys, and a table that fits the terminal, told without colours."""

from collections.abc import Iterable

import pytest
from rich.console import Console

from agents.cli.top import screen
from agents.cli.top_view import View, table
from agents.worker.api.shapes import Hospitals, Summary
from streams.figures.shares import share


def a_summary(id: str, name: str, posts: int | None, **changes: object) -> Summary:
    fields: dict[str, object] = {
        "hospital": id, "name": name, "city": "Fargo", "state": "ND", "kind": "acute", "hrr": "322",
        "hrr_name": "Fargo, ND", "at": 0, "posts_24h": posts, "posts_28d": posts,
        "local_share_24h": share(0, 0) if posts is not None else None, "open": 0, "urgent": 0, "oldest_seconds": None,
        "surge": None, "why": "" if posts is not None else "the worker that holds it is not known now",
    }  # fmt: skip
    return Summary(**(fields | changes))  # type: ignore[arg-type]


EVERY = Hospitals(
    at=0,
    hospitals=(
        a_summary("1", "Alpha Clinic", 5, open=3, oldest_seconds=90_000, local_share_24h=share(2, 5)),
        a_summary("2", "Beta Hospital", 50, open=1, oldest_seconds=600, local_share_24h=share(10, 40), surge="normal"),
        a_summary("3", "Gamma Centre", 20, urgent=1, open=2, oldest_seconds=30, surge="surge", city="Boise"),
        a_summary("4", "Delta Hospital", None, open=None, urgent=None),
    ),
)


def order(*keys: str) -> str:
    view = View()
    for key in "".join(keys):
        view.press(key)
    return "".join(one.hospital for one in view.chosen(EVERY))


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("", "2314"), ("p", "2314"), ("pr", "1324"), ("o", "1324"), ("or", "2314"), ("a", "1234"), ("s", "3214"),
        ("n", "1243"), ("nr", "3421"), ("l", "2143"), ("x", "2314"), ("or\x1b", "2314"), ("opp", "2314"),
    ],
)  # fmt: skip
def test_a_key_sorts_and_what_is_not_known_stands_last(keys: str, shown: str) -> None:
    assert order(keys) == shown


def test_the_filter_takes_letters_until_enter_and_escape_ends_it() -> None:
    assert order("/beta") == "2"
    assert order("/bois\x7f\x7fis") == "3", "the city counts, too"
    assert order("/hospital\nn") == "24"
    assert order("/q") == "", "a letter of the filter quits nothing"
    assert order("/beta\x1b") == "2314"
    assert order("/beta\n\x1b") == "2314"


def test_q_quits() -> None:
    view = View()
    view.press("q")
    assert view.quit


def drawn(view: View, width: int, height: int = 24, wrong: str = "", hospitals: Hospitals | None = EVERY) -> str:
    console = Console(width=width, height=height, no_color=True, force_terminal=False)
    with console.capture() as said:
        console.print(screen(hospitals, wrong, 65.0, view, "http://127.0.0.1:9110", console))
    return said.get()


@pytest.mark.parametrize("width", [34, 40, 60, 80, 100, 140])
def test_it_fits_a_terminal_of_any_width_and_says_the_rest_without_colours(width: int) -> None:
    text = drawn(View(), width)
    assert all(len(line) <= width for line in text.splitlines())
    assert "\x1b" not in text
    lines = text.splitlines()
    assert lines[1].split()[-1] in ("surge", "region")
    assert "24 hv" in lines[1], "the column that it is sorted by"
    gamma = next(line for line in lines if line.startswith("Gamma"))
    assert "SURGE" in gamma
    assert "20" in gamma
    assert "?" in next(line for line in lines if line.startswith("Delta"))
    assert ("oldest" in lines[1]) is (width >= 50)


def test_a_low_terminal_shows_the_first_rows_and_the_keys() -> None:
    text = drawn(View(), 80, height=6)
    assert [line.split()[0] for line in text.splitlines()[2:-1]] == ["Beta", "Gamma"]
    assert "q:quit" in text.splitlines()[-1]


def test_a_worker_that_is_away_is_told_and_the_last_numbers_stay() -> None:
    text = drawn(View(), 100, wrong="no worker answers at http://127.0.0.1:9110 (ConnectionError)")
    assert "! no worker answers at http://127.0.0.1:9110 (ConnectionError). Shown: 1m old. Trying" in text
    assert "Beta Hospital" in text
    first = drawn(View(), 80, wrong="no worker answers", hospitals=None)
    assert "Trying again." in first


def test_shares_of_few_posts_are_shown_as_they_are() -> None:
    console = Console(width=100, no_color=True)
    with console.capture() as said:
        console.print(table(EVERY, View(), 100))
    rows: Iterable[list[str]] = (line.split() for line in said.get().splitlines())
    shown = {row[0]: row[4] for row in rows if row}
    assert (shown["Beta"], shown["Alpha"], shown["Gamma"], shown["Delta"]) == ("25%", "2/5", "-", "?")
