"""The scanner and its trie find what a search for each pattern finds, and add up what that weighs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from librt.vecs import vec
from mypy_extensions import i64

from streams.reading.topics.scanner import Match, Scanner
from streams.reading.topics.weights import unfold
from streams.reading.topics.words import spaced

LANES = 5
START = {0: 7, 3: -150}
"""What any text weighs."""
GROUPS: list[dict[int, int]] = [{group % LANES: group - 60} if group % 3 else {} for group in range(130)]
word = st.text("abcé@ß", min_size=1, max_size=4)
phrase = st.tuples(st.lists(word, min_size=1, max_size=3), st.booleans()).map(
    lambda one: f" {' '.join(one[0])}{' ' if one[1] else ''}".encode()
)
weights = st.dictionaries(st.integers(0, LANES - 1), st.integers(-9_999, 9_999), max_size=LANES)
bits = st.integers(0, (1 << 130) - 1)
patterns = st.dictionaries(phrase, st.tuples(bits, bits, weights), max_size=30)
letters = st.lists(st.tuples(word, st.integers(1, 3)), max_size=30).map(
    lambda parts: "".join(one + " " * spaces for one, spaces in parts).encode()
)


def naive(known: list[bytes], words: bytes) -> list[Match]:
    """Every pattern at every place, by the place of its end."""
    found = [
        (start + len(one), start, number)
        for number, one in enumerate(known)
        for start in range(len(words))
        if words.startswith(one, start)
    ]
    return [(number, start, end) for end, start, number in sorted(found)]


@given(patterns, st.lists(letters, min_size=1, max_size=3), st.binary(max_size=3).map(lambda some: b" " * len(some)))
def test_it_finds_what_a_search_for_each_pattern_finds(
    known: dict[bytes, tuple[int, int, dict[int, int]]], texts: list[bytes], spaces: bytes
) -> None:
    counts, strikes = [one for one, _, _ in known.values()], [one for _, one, _ in known.values()]
    rows = [one for _, _, one in known.values()]
    scanner = Scanner(list(known), counts, strikes, rows, GROUPS, START, LANES)
    for text in texts:
        scanner.scan(spaces + text)
        scanner.weigh()
        sums = vec[i64]([0] * LANES)
        unfold(scanner.totals, scanner.parts, sums)
        expected = naive(list(known), spaced(text))
        assert scanner.matched() == expected
        found = {number for number, _, _ in expected}
        every = 0
        for number in found:
            every |= counts[number]
        counted = [row for group, row in enumerate(GROUPS) if every >> group & 1]
        weighs = [START, *(rows[number] for number in found), *counted]
        assert list(sums) == [sum(row.get(lane, 0) for row in weighs) for lane in range(LANES)]
        assert sum(int(part) << 62 * place for place, part in enumerate(scanner.totals[: scanner.parts])) == every
        strikers = [scanner.strikers[number] for number in range(scanner.striking)]
        assert len(strikers) == sum(1 for number, _, _ in expected if strikes[number])
        assert all(scanner.strikes(match) for match in strikers)


@pytest.mark.parametrize(
    ("text", "stretched"),
    [(b"baaad", True), (b"so sooo", True), (b"baad", False), (b"www", False), (b"111", False), (b"a a a", False)],
)
def test_it_tells_a_letter_three_times_in_a_row(text: bytes, stretched: bool) -> None:
    scanner = Scanner([b" so "], [1], [0], [{}], [{}], {}, 0)
    scanner.scan(text)
    assert scanner.stretched == stretched


def test_patterns_that_begin_alike_in_many_ways_are_found() -> None:
    known = [f" {first:03}{second:03} ".encode() for first in range(60) for second in range(60)]
    scanner = Scanner(known, [0] * len(known), [0] * len(known), [{}] * len(known), [{}], {}, 0)
    scanner.scan(b"000000 059059 031007 060000")
    assert [known[number] for number, _, _ in scanner.matched()] == [b" 000000 ", b" 059059 ", b" 031007 "]
