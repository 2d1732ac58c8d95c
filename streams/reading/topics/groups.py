"""What phrases are looked for, in groups of one meaning, and what is told of one that was found.

Made by `taxonomy.py`, `intent_words.py` and `overlay.py`; `phrases.py` finds them. Shapes alone: a module with shapes
cannot be compiled (`deploy/compiled/modules.py`), so they stand apart from the functions that use them.
"""

import msgspec


class Group(msgspec.Struct, frozen=True):
    """Phrases of one meaning."""

    name: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...] = ()
    """Phrases in which they mean something else: a find that overlaps one does not count."""
    negatable: bool = False
    """A find soon after a negator ("not rude") does not count. Set it for praise and blame; a topic stays the same when
    negated."""
    opposite: str = ""
    """Name of the group for which a negated find counts; empty if for none."""


class Find(msgspec.Struct, frozen=True):
    """One phrase found, for a person to read. It counts if both `struck_by` and `negated_by` are empty."""

    group: str
    phrase: str
    struck_by: str
    """The `unless` phrase that it overlaps."""
    negated_by: str = ""
    """The negator before it."""
