"""The order of deliveries: new posts at a rate, some after their answers, and copies of some of them again.

Owns the schedule, the copies (X may deliver twice) and the wrong order of question and answer. Called by `stream.py`,
which keeps one feed over all connections. Knows no HTTP; time comes in as an argument.
"""

import heapq
import random
from collections.abc import Iterator

from agents.simulated.people import Target
from agents.simulated.posts import Post, Writer

COPIES = 0.03
"""Share of posts that are delivered again."""
SOON, LATE = 20, 2000
"""Half of the copies come within `SOON` posts, half within `LATE`."""
PACE = 600.0
"""How many times faster than in life hospitals answer: the 30 s of a demo are five hours."""


class Overtaking:
    """Holds back posts that their answers overtake."""

    def __init__(self) -> None:
        self._held: dict[str, Post] = {}

    def after(self, post: Post) -> Iterator[Post]:
        """What is delivered when this post is written."""
        if post.overtaken:
            self._held[post.id] = post
            return
        yield post
        if post.answers in self._held:
            yield self._held.pop(post.answers)

    def rest(self) -> Iterator[Post]:
        """What is held, once no more is written."""
        while self._held:
            yield self._held.pop(next(iter(self._held)))


class Feed:
    """Posts in order of delivery. The same seed, rate, start and targets give the same posts and copies."""

    def __init__(
        self, seed: int, rate: float, targets: tuple[Target, ...], count: int | None = None, pace: float = PACE
    ) -> None:
        """`rate` in posts a second, `count` posts at most, answers included; copies come on top of both. `pace` as that
        of `Writer`."""
        self.rate = rate
        self._count = count
        self.writer = Writer(seed, targets, pace)
        self._order = Overtaking()
        self._rng = random.Random(seed + 1)  # noqa: S311 - repeatable on purpose
        self._later: list[tuple[int, int, Post]] = []
        self._start_ms = 0
        self._since_ms = 0.0
        self._since_post = 0
        self._posts_due, self._due_at = 0.0, 0.0
        self.made = 0
        """Posts written, those that match no rule included."""

    @property
    def exhausted(self) -> bool:
        """Whether all posts and copies are out."""
        return self.made == self._count and not self._later

    def start(self, at_ms: int) -> None:
        """The time of the first post, ms since the epoch; later calls change nothing."""
        self._start_ms = self._start_ms or at_ms

    def hasten(self, rate: float) -> None:
        """From the next post on, so many a second."""
        self._since_ms, self._since_post = self._post_ms(), self.made
        self.rate = rate

    def wait(self, now: float) -> None:
        """Nothing has become due but what was made; it goes on at `now`, seconds of any clock that only grows."""
        self._posts_due, self._due_at = float(self.made), now

    def due(self, now: float) -> int:
        """How many posts are to be out, for `until`. `now` by the clock of `wait`."""
        self._posts_due += (now - self._due_at) * self.rate
        self._due_at = now
        return int(self._posts_due)

    def until(self, number: int) -> Iterator[tuple[Post, bool]]:
        """What is to be delivered up to the post `number`: (post, whether it is a copy)."""
        last = number if self._count is None else min(number, self._count)
        while self.made < last:
            post = self.writer.write(self.made, self._start_ms + int(self._post_ms()))
            self.made += 1
            if self._rng.random() < COPIES and not post.overtaken:
                distance = self._rng.randint(1, SOON if self._rng.random() < 0.5 else LATE)
                heapq.heappush(self._later, (self.made + distance, self.made, post))
            for one in self._order.after(post):
                yield one, False
            while self._later and self._later[0][0] <= self.made:
                yield heapq.heappop(self._later)[2], True
        if self.made == self._count:
            for one in self._order.rest():
                yield one, False
        while self._later and self.made == self._count:
            yield heapq.heappop(self._later)[2], True

    def _post_ms(self) -> float:
        """When the next post is written, ms since the start."""
        return self._since_ms + (self.made - self._since_post) * 1000 / self.rate
