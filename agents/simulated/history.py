"""What the simulated people wrote lately, whether or not somebody listened: bounded.

Owns the memory. Filled by `stream.py`, read by `search.py`.
"""

from collections import deque
from collections.abc import Iterator

from agents.simulated.posts import Post

MOST = 20_000
"""Posts; some 45 MB. At X's cap of 250 posts a second for one connection: 80 seconds."""


class History:
    """The last posts; copies are not among them."""

    def __init__(self, most: int = MOST) -> None:
        self._posts: deque[Post] = deque(maxlen=most)

    def add(self, post: Post) -> None:
        """Posts come in the order of their ids, but for those that an answer overtook a moment ago."""
        later: list[Post] = []
        while self._posts and int(self._posts[-1].id) > int(post.id):
            later.append(self._posts.pop())
        self._posts.append(post)
        self._posts.extend(reversed(later))

    def newest_first(self) -> Iterator[Post]:
        """All that is remembered."""
        return reversed(self._posts)
