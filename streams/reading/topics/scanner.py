"""The inner loop: one pass over a text's words finds every pattern, and adds up what they weigh.

Called by `phrases.py`, which owns what a pattern is and which finds count. Walks the trie (`trie.py`) from the
beginnings of all words at once, a letter further each time: a look into memory then does not wait for the one before
it, and nothing hangs on where a walk ends, which no processor foresees. What is known of a pattern stands together in
one row of numbers, because each far look into memory costs as much as ten additions. Written for the compiler (mypyc):
numbers that the processor adds itself, no objects in the loops, sums in place of branches. In pure Python it does the
same, forty times slower.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i32, i64

from streams.reading.topics.trie import END, ENDS, GOES, MORE, NEVER, NODE_SHIFT, ROOT, Trie
from streams.reading.topics.weights import numbers_for, numbers_of

Match = tuple[int, int, int]
"""(pattern, start, end) in the plain words. A match includes the space before it, and the space after it unless the
phrase is a beginning."""

GROUPS_A_PART: Final = 62
"""A mask of groups is kept in parts of so many bits: compiled, a Python integer below 2 ** 62 takes no memory of its
own."""
_ALL: Final = 0x3FFFFFFFFFFFFFFF

# A pattern's head: whether it was found already in this scan; where its row stands; where in `masks` the groups stand
# that it strikes. Its row: the groups that it counts for, in parts, and its weights. Equal rows share a place.
_ROW: Final = 1
_STRIKES: Final = 2
_HEAD: Final = 3

# A walk that goes on is one number: the node it is at, and below that the next letter's place. A match is one, too: its
# cell, below that its letters but the last, and below that its end. A text has fewer letters than `_PLACE`
# (`words.READ_CHARS`).
_PLACE_BITS: Final = 20
_PLACE: Final = (1 << _PLACE_BITS) - 1
_FROM_ROOT: Final = ROOT << _PLACE_BITS
_CELL_SHIFT: Final = 2 * _PLACE_BITS

_SPACE: Final = 32
_A: Final = 97
_W: Final = 119
_Z: Final = 122


class Scanner:
    """Finds patterns. What it found stands in its attributes until the next scan; use it in one thread."""

    def __init__(
        self, patterns: Sequence[bytes], counts: Sequence[int], strikes: Sequence[int],
        weights: Sequence[Mapping[int, int]], groups: Sequence[Mapping[int, int]], start: Mapping[int, int], lanes: int,
    ) -> None:  # fmt: skip
        """By pattern, each of which begins with a space: `counts`, `strikes`: bits of groups; `weights`: lane ->
        weight. `groups`: the same of each group; `start`: of any text. `lanes`: how many there are."""
        self.parts: i64 = (len(groups) - 1) // GROUPS_A_PART + 1
        """How many parts a mask of all groups has."""
        self.width: i64 = self.parts + numbers_for(lanes)
        masks = dict.fromkeys((0, *strikes))
        mask_at = {mask: number * int(self.parts) for number, mask in enumerate(masks)}
        self.masks = vec[i64]([part for mask in masks for part in parts_of(mask, int(self.parts))])
        """Every mask that a pattern strikes, `parts` numbers each."""
        row_at: dict[tuple[int, ...], int] = {}
        heads: list[int] = []
        for one, other, row in zip(counts, strikes, weights, strict=True):
            own = (*parts_of(one, int(self.parts)), *numbers_of(row, lanes))
            heads += [0, row_at.setdefault(own, len(row_at) * int(self.width)), mask_at[other]]
        self._heads = vec[i32](heads)
        no_group = parts_of(0, int(self.parts))
        every = [number for row in row_at for number in row]
        self._first_group: i64 = len(every)
        for row in groups:
            every += no_group + numbers_of(row, lanes)
        self.rows = vec[i64](every)
        """Each row begins with a mask, in parts, of the groups that its patterns count for. Groups come last."""
        self._groups: i64 = len(groups)
        weighed = sum(1 << number for number, row in enumerate(groups) if row)
        self._weighed = vec[i64](parts_of(weighed, int(self.parts)))
        self._trie = Trie([pattern[1:] for pattern in patterns], range(0, len(heads), _HEAD))
        self._words = vec[i64]([0, 0, 0])
        self._walks = vec[i64]([0])
        """Those that go on."""
        self._begun: i64 = 0
        self._start = vec[i64](no_group + numbers_of(start, lanes))
        """A row of any text."""
        self.totals = vec[i64]([0] * int(self.width))
        """Like a row: the groups that the patterns found count for, `parts` numbers; and after `weigh` the sums of what
        they weigh, each once, of what the groups in the first part do, and of what any text does."""
        self.stretched = False
        """Whether a letter stands three times in a row; not w, because of "www"."""
        self.matches: i64 = 0
        """How many there are; shorter ones first."""
        self._found = vec[i64]([0])
        """The matches."""
        self._heads_found = vec[i64]([0])
        self._rows_of = vec[i64]([0])
        """By match."""
        self._rows_found = vec[i64]([0])
        """Each pattern's once."""
        self._patterns_found: i64 = 0
        self.striking: i64 = 0
        """How many matches are of patterns that strike groups."""
        self.strikers = vec[i64]([0])
        """Their numbers."""

    def scan(self, letters: bytes) -> None:
        """Find every pattern, and note in `totals` which groups they count for. `letters`: words with any number of
        spaces around each; matches are told as if it were one (`words.py`, `plain`)."""
        self._copy(letters)
        self._walk()
        self._tell()

    def _copy(self, letters: bytes) -> None:
        """Copy the words into `_words`, one space around each, and note where they begin."""
        length: i64 = len(letters)
        if len(self._words) < length + 3:
            self._words = vec[i64]([0] * int(length + 3))
            self._walks = vec[i64]([0] * int(length + 3))
        words, walks = self._words, self._walks
        self.stretched = False
        words[0] = _SPACE
        size: i64 = 1
        begun: i64 = 0
        before: i64 = _SPACE
        earlier: i64 = 0
        spaced = True
        for place in range(length):
            byte: i64 = letters[place]
            if (byte == before) & (byte == earlier) and _A <= byte <= _Z and byte != _W:
                self.stretched = True
            space = byte == _SPACE
            words[size] = byte
            walks[begun] = _FROM_ROOT | size
            begun += spaced & (not space)
            size += not (spaced & space)
            spaced = space
            earlier = before
            before = byte
        if not spaced:
            words[size] = _SPACE
            size += 1
        words[size] = NEVER
        self._begun = begun

    def _walk(self) -> None:
        """Find every match."""
        words, walks, cells = self._words, self._walks, self._trie.cells
        found = self._found
        left = self._begun
        matches: i64 = 0
        depth: i64 = 0
        while left:
            while len(found) <= matches + left:
                found = append(found, 0)
            depth += 1
            size = depth << _PLACE_BITS
            going, left = left, 0
            for number in range(going):
                walk = walks[number]
                place = walk & _PLACE
                byte = words[place]
                at = (walk >> _PLACE_BITS) + byte
                narrow: int = cells[at]
                cell: i64 = narrow
                place += 1
                found[matches] = at << _CELL_SHIFT | size | place
                matches += (cell & ENDS) == byte + END
                walks[left] = cell >> NODE_SHIFT << _PLACE_BITS | place
                left += (cell & GOES) == byte + MORE
        self.matches = matches
        self._found = found

    def _tell(self) -> None:
        """Find the heads and rows of all matches, and what groups they count for."""
        matches = self.matches
        if len(self._heads_found) < matches:
            self._heads_found = vec[i64]([0] * int(matches))
            self._rows_of = vec[i64]([0] * int(matches))
            self.strikers = vec[i64]([0] * int(matches))
        if len(self._rows_found) < matches + self._groups:
            self._rows_found = vec[i64]([0] * int(matches + self._groups))
        heads, values, found, strikers = self._heads, self._trie.values, self._found, self.strikers
        heads_found, rows_of, rows_found = self._heads_found, self._rows_of, self._rows_found
        striking: i64 = 0
        rows: i64 = 0
        for match in range(matches):
            narrow: int = values[found[match] >> _CELL_SHIFT]
            head: i64 = narrow
            heads_found[match] = head
            narrow = heads[head + _ROW]
            row: i64 = narrow
            rows_of[match] = row
            rows_found[rows] = row
            rows += heads[head] == 0
            heads[head] = 1
            strikers[striking] = match
            striking += heads[head + _STRIKES] != 0
        self.striking = striking
        for match in range(matches):
            heads[heads_found[match]] = 0
        self._patterns_found = rows
        every, totals = self.rows, self.totals
        for column in range(self.parts):
            mask: i64 = 0
            for number in range(rows):
                mask |= every[rows_found[number] + column]
            totals[column] = mask

    def weigh(self) -> None:
        """Sum up in `totals` what was found weighs, with the groups that stand there now."""
        totals, weighed, rows_found, width = self.totals, self._weighed, self._rows_found, self.width
        count = self._patterns_found
        for part in range(self.parts):
            groups = totals[part] & weighed[part]
            row = self._first_group + part * GROUPS_A_PART * width
            while groups:
                if groups & 0xFF == 0:
                    groups >>= 8
                    row += 8 * width
                    continue
                if groups & 1:
                    rows_found[count] = row
                    count += 1
                groups >>= 1
                row += width
        self._sum(count)

    def _sum(self, count: i64) -> None:
        """Sum up so many of the rows found."""
        rows, rows_found, totals, width = self.rows, self._rows_found, self.totals, self.width
        start = self._start
        place = self.parts
        while place + 4 <= width:  # four at once take half the time of one after the other
            first = start[place]
            second = start[place + 1]
            third = start[place + 2]
            fourth = start[place + 3]
            for number in range(count):
                row = rows_found[number] + place
                first += rows[row]
                second += rows[row + 1]
                third += rows[row + 2]
                fourth += rows[row + 3]
            totals[place] = first
            totals[place + 1] = second
            totals[place + 2] = third
            totals[place + 3] = fourth
            place += 4
        while place < width:
            total = start[place]
            for number in range(count):
                total += rows[rows_found[number] + place]
            totals[place] = total
            place += 1

    def start(self, match: i64) -> i64:
        """Where a match begins."""
        found = self._found[match]
        return (found & _PLACE) - (found >> _PLACE_BITS & _PLACE) - 1

    def end(self, match: i64) -> i64:
        """Where it ends."""
        return self._found[match] & _PLACE

    def row(self, match: i64) -> i64:
        """Where its row begins in `rows`."""
        return self._rows_of[match]

    def strikes(self, match: i64) -> i64:
        """Where in `masks` the groups stand that a match strikes; 0 if none."""
        place: int = self._heads[self._heads_found[match] + _STRIKES]
        return place

    def matched(self) -> list[Match]:
        """All matches, by their ends."""
        found = [
            (int(self.end(match)), int(self.start(match)), int(self._heads_found[match]) // _HEAD)
            for match in range(self.matches)
        ]
        return [(pattern, start, end) for end, start, pattern in sorted(found)]


def parts_of(mask: int, parts: int) -> list[int]:
    """A mask as numbers of `GROUPS_A_PART` bits, the lowest first."""
    return [mask >> GROUPS_A_PART * part & _ALL for part in range(parts)]
