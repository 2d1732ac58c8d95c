"""Decides which posts a person must look at now.

Called by `agents/worker/tagger.py` with the records that the reader made. Decides by class and intent alone; the
runbook says who looks, and how soon. Earshot never answers a post.
"""

from streams.records import Attention, Mention, Tally


def attention_of(record: Mention | Tally, safety: frozenset[str], written: int = -1) -> Attention | None:
    """The record for the queue; None if no person needs to see the post. `safety`: topics of class X. `written`: the
    post's own time, seconds since the epoch; -1: unknown. A post of an old file that is replayed so keeps its date.

    A crisis comes before a safety event. A hospital's own post never needs attention.
    """
    if type(record) is not Mention or record.relation == "author":
        return None
    at = min(record.at, written * 1000) if written >= 0 else record.at
    if record.intent == "crisis":
        return Attention(record.post, at, record.hospital, "crisis")
    if not safety.isdisjoint(record.topics):
        return Attention(record.post, at, record.hospital, "safety")
    return None
