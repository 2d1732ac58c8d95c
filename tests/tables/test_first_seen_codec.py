"""The wire form of facts: today's, the one before, and back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tables.first_seen import FirstSeen, codec
from streams.tables.first_seen.codec import Fact

FACTS: list[Fact] = [
    ("1900000000000000003", 10, 1760635776),
    ("p-1111", 12, 1760635777),
    ("b000102030405060708090a0b0c0d0e0f", 13, 1760635777),
]
OLD = bytes.fromhex(
    # As the first Earshot wrote them: a changelog holds them until the horizon has passed.
    "9393b3313930303030303030303030303030303030330ace68f12b8093a6702d313131310cce68f12b8193d921623030"
    "3031303230333034303530363037303830393061306230633064306530660dce68f12b81"
)
NOW = bytes.fromhex(
    "010a000000000000000d00000000000000812bf168100000001800000003003ef1ee275e1a0a000000802bf168000102"
    "030405060708090a0b0c0d0e0f0d000000812bf1689193a6702d313131310cce68f12b81"
)


@pytest.mark.parametrize("wire", [OLD, NOW], ids=["version 0", "version 1"])
def test_facts_of_every_version_are_read(wire: bytes) -> None:
    assert codec.facts(codec.decode(wire)) == FACTS
    memory = FirstSeen(100, 40)
    memory.restore(0, b"10-13", wire)
    assert [memory.is_duplicate(0, post, 20, at) for post, _, at in FACTS] == [True] * len(FACTS)
    assert memory.is_duplicate(0, FACTS[0][0], 50, FACTS[0][2])
    assert not memory.is_duplicate(0, FACTS[0][0], 51, FACTS[0][2])


def test_facts_are_written_in_the_last_version() -> None:
    assert codec.encode(codec.pack(FACTS)) == NOW
    memory = FirstSeen(100, 40)
    for post, offset, at in FACTS:
        memory.is_duplicate(0, post, offset, at)
    assert memory.changes([0]) == {0: [(b"10-13", NOW)]}


@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.integers(0, 2**65).map(str),
                st.binary(min_size=16, max_size=16).map(lambda key: "b" + key.hex()),
                st.text(alphabet=st.characters(exclude_categories=["Cs"])),
            ),
            st.integers(1, 2**20),
            st.integers(0, 2**32 - 1),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(-(2**40), 2**40),
)
def test_facts_come_back_as_they_were(steps: list[Fact], first: int) -> None:
    facts, offset = [], first
    for post, step, at in steps:
        facts.append((post, offset, at))
        offset += step
    assert codec.facts(codec.decode(codec.encode(codec.pack(facts)))) == facts


@given(st.integers(-(2**62), 2**62), st.integers(0, 2**30))
def test_a_key_names_the_offsets(first: int, length: int) -> None:
    assert codec.offsets(codec.name(first, first + length)) == (first, first + length)


@pytest.mark.parametrize("key", [b"", b"-", b"7", b"-7", b"a-b", b"1-"])
def test_another_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=r"chunk|invalid literal"):
        codec.offsets(key)


@pytest.mark.parametrize("length", [0, 1, 20, 29, 40, 60, len(NOW) - 1])
def test_a_chunk_that_is_cut_short_is_refused(length: int) -> None:
    with pytest.raises((ValueError, msgspec.DecodeError)):
        codec.decode(NOW[:length])
