"""What goes into columns comes out of them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.reading.places.columns import columns, records


class Spot(msgspec.Struct, frozen=True):
    name: str
    latitude: float
    people: int
    kind: str = ""


degrees = st.integers(-1_800_000, 1_800_000).map(lambda number: number / 10_000)
spots = st.builds(Spot, st.text(max_size=3), degrees, st.integers(0, 2**31 - 1), st.sampled_from(["", "town", "city"]))


@given(st.lists(spots, min_size=1), st.lists(spots, min_size=1))
def test_records_come_back_as_they_were_and_share_their_texts(some: list[Spot], more: list[Spot]) -> None:
    texts: dict[str, int] = {}
    packed = [columns(some, texts), columns(more, texts)]
    assert len(texts) == len({text for spot in some + more for text in (spot.name, spot.kind)})
    assert [records(Spot, one, list(texts)) for one in packed] == [some, more]


def test_equal_texts_are_one_in_memory() -> None:
    texts: dict[str, int] = {}
    first, second = records(Spot, columns([Spot("Fargo", 46.8772, 1), Spot("Fargo", 46.9, 2)], texts), list(texts))
    assert first.name is second.name


def test_a_number_too_large_for_its_column_is_refused() -> None:
    with pytest.raises(OverflowError):
        columns([Spot("Earth", 0.0, 8_000_000_000)], {})


def test_columns_of_another_make_are_refused() -> None:
    packed = columns([Spot("Fargo", 46.8772, 1)], {})
    with pytest.raises(ValueError, match="shorter"):
        records(Spot, packed[:2], ["Fargo", ""])
    with pytest.raises(IndexError):
        records(Spot, packed, [])
