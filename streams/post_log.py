"""Debug lines by which one post can be followed, by its id, from ingest to the hospital's row.

Called by the wal, the publisher, the tagger and the hospitals agent, each with what it did. Owns the lines' form. A
line holds no text, author or topic, and no offset: by one, a tally could be tied to its post. Does not know what
happens to a post.
"""

import logging

log = logging.getLogger(__name__)


def wanted() -> bool:
    """Whether the lines are shown. Ask once for many posts."""
    return log.isEnabledFor(logging.DEBUG)


def note(post: str | bytes | None, done: str, *arguments: object) -> None:
    """Say what was done with a post. `post`: its id, which is its key on `posts`; `done`: as for `logging`."""
    name = post.decode(errors="replace") if isinstance(post, bytes) else post
    log.debug(f"post %s: {done}", name, *arguments)
