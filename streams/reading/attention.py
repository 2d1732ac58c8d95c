"""Decides which posts a person must look at now.

Called by `agents/worker/tagger.py` with the records that the reader made. Decides by class and intent alone; the
runbook says who looks, and how soon. Earshot never answers a post.
"""

from streams.records import Attention, Mention, Tally


def attention_of(record: Mention | Tally, safety: frozenset[str]) -> Attention | None:
    """The record for the queue; None if no person needs to see the post. `safety`: topics of class X.

    A crisis comes before a safety event. A hospital's own post never needs attention.
    """
    if type(record) is not Mention or record.relation == "author":
        return None
    if record.intent == "crisis":
        return Attention(record.post, record.at, record.hospital, "crisis")
    if not safety.isdisjoint(record.topics):
        return Attention(record.post, record.at, record.hospital, "safety")
    return None
