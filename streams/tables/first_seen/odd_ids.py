"""First offsets of ids that do not pack (neither a number nor Bluesky's hash): dicts, each cleaned when it has doubled.

Called by the memory. No source sends such ids today; they are kept exactly, at some 300 bytes and their length each.
"""

DICTS = 256
"""So that cleaning one takes well below a millisecond: a dict holds a 256th of what a partition remembers."""
LEAST = 64
"""A dict with fewer is not cleaned."""


class OddIds:
    """The odd ids of one partition."""

    def __init__(self) -> None:
        self._dicts: list[dict[str, tuple[int, int]]] = [{} for _ in range(DICTS)]
        self._limits = [LEAST] * DICTS
        self.count = 0

    def get(self, post: str) -> tuple[int, int] | None:
        """First offset and seconds."""
        return self._dicts[hash(post) % DICTS].get(post)

    def put(self, post: str, offset: int, at: int, before: int, below: int) -> None:
        """Remember, unless a later offset is known. What is older than second `before` or offset `below` may go."""
        number = hash(post) % DICTS
        held = self._dicts[number]
        known = held.get(post)
        if known is not None and known[0] >= offset:
            return
        held[post] = (offset, at)
        self.count += known is None
        if len(held) > self._limits[number]:
            kept = {post: known for post, known in held.items() if known[1] >= before and known[0] >= below}
            self.count += len(kept) - len(held)
            self._dicts[number] = kept
            self._limits[number] = max(LEAST, 2 * len(kept))
