"""The stream rules: which posts X shall send, made from the directory's handles.

Owns the rules' wording, their packing under X's limits, and the plan that turns the rules X has into the wanted ones.
Called by `service.py` before the first connection and whenever X says that there are none. Planning is pure; `sync`
alone talks to X, through tweepy. Does not know what becomes of a post that matches.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import tweepy

from streams.directory import Directory
from streams.errors import UserError

log = logging.getLogger(__name__)

MAX_RULES = 1000
"""X API v2, pay-per-use."""
MAX_RULE_CHARS = 1024
"""X API v2, pay-per-use."""
MAX_QUERY_CHARS = 512
"""Of `search/recent`, X API v2, pay-per-use."""
REQUEST_RULES = 100
"""Rules of one request: 1,000 take 10 of the 100 requests that X allows in 15 minutes."""

_EXCLUDED = "-is:retweet"
"""A bare repost says nothing of its own."""
_TAG = "hospitals:"


class Rule(msgspec.Struct, frozen=True, order=True):
    """One stream rule; the same value with another tag is another rule."""

    value: str
    tag: str


class Plan(msgspec.Struct, frozen=True):
    """What has to happen at X."""

    add: tuple[Rule, ...]
    keep: tuple[str, ...]
    """Ids at X."""
    delete: tuple[str, ...]
    """Ids at X."""
    refused: int = 0
    """Rules to add that X did not take; known when it is done."""


def wanted(directory: Directory, day: str = "") -> tuple[Rule, ...]:
    """The rules that bring every post to, from and about the directory's handles: those of a day, `2026-11-24`; none:
    all, whatever their dates.

    Handles are packed in the directory's order, so a hospital appended to it changes the last rule only. A rule's tag
    names its hospitals (`hospitals_of`). Raises `UserError` when X's limits do not suffice.
    """
    owners: dict[str, list[str]] = {}
    for hospital in directory.hospitals:
        for handle in hospital.handles_on(day) if day else hospital.handles:
            owners.setdefault(handle.handle, []).append(hospital.id)
    rules = tuple(_packed(owners))
    if len(rules) > MAX_RULES:
        raise UserError(f"the directory's handles need {len(rules)} stream rules and X allows {MAX_RULES}: remove some")
    return rules


def queries(directory: Directory) -> tuple[str, ...]:
    """The same as search queries: what the rules would have brought, in pieces that search takes."""
    handles = {handle.handle: ["-"] for hospital in directory.hospitals for handle in hospital.handles}
    return tuple(rule.value for rule in _packed(handles, MAX_QUERY_CHARS))


def hospitals_of(tag: str) -> tuple[str, ...]:
    """The hospital ids that a rule's tag leads back to; none for a tag that is not ours."""
    return tuple(tag.removeprefix(_TAG).split(",")) if tag.startswith(_TAG) else ()


def _packed(owners: dict[str, list[str]], most: int = MAX_RULE_CHARS) -> Iterator[Rule]:
    handles: list[str] = []
    for handle in owners:
        if handles and len(_value([*handles, handle])) > most:
            yield _rule(handles, owners)
            handles = []
        handles.append(handle)
    if handles:
        yield _rule(handles, owners)


def _rule(handles: Sequence[str], owners: dict[str, list[str]]) -> Rule:
    ids = dict.fromkeys(hospital for handle in handles for hospital in owners[handle])
    return Rule(_value(handles), _TAG + ",".join(ids))


def _value(handles: Iterable[str]) -> str:
    # X's `@x` finds mentions, `to:x` replies: a reply need not mention (facts of the X API v2, operators).
    terms = " OR ".join(f"@{handle} OR to:{handle} OR from:{handle}" for handle in handles)
    return f"({terms}) {_EXCLUDED}"


def plan(standing: Iterable[tuple[str, Rule]], wanted: Iterable[Rule]) -> Plan:
    """What turns the rules at X, `standing` as (id, rule), into `wanted`. A rule that stands twice is kept once."""
    missing = dict.fromkeys(wanted)
    keep, delete = [], []
    for rule_id, rule in standing:
        if rule in missing:
            del missing[rule]
            keep.append(rule_id)
        else:
            delete.append(rule_id)
    return Plan(tuple(missing), tuple(keep), tuple(delete))


def current(client: tweepy.StreamingClient) -> list[tuple[str, Rule]]:
    """The rules at X, as (id, rule). Raises tweepy's and requests' errors as they come."""
    return [(str(rule.id), Rule(rule.value, rule.tag or "")) for rule in client.get_rules().data or ()]


def sync(client: tweepy.StreamingClient, wanted: Sequence[Rule]) -> Plan:
    """Make the rules at X the wanted ones and return what was planned, and how much of it X refused.

    Adds before it deletes, so that no post falls between; the other way round only where X's limit leaves no room. A
    rule that X refuses is logged, and then nothing is deleted: the stale rules may be all that hears its hospitals.
    Raises tweepy's and requests' errors as they come.
    """
    standing = current(client)
    planned = plan(standing, wanted)
    full = len(standing) + len(planned.add) > MAX_RULES
    if full:
        _delete(client, planned.delete)
    refused = _add(client, planned.add)
    # X may take a value once only: one that stands with another tag can be added when that is deleted, not before.
    retagged = [rule for rule, why in refused if why == _DUPLICATE and planned.delete]
    refused = [(rule, why) for rule, why in refused if rule not in retagged]
    if not full and not refused:
        _delete(client, planned.delete)
    refused += _add(client, retagged)
    for rule, why in refused:
        log.error("X refuses a stream rule (%.60s); its hospitals are not heard: %.200s", why, rule.tag)
    return msgspec.structs.replace(planned, refused=len(refused))


_DUPLICATE = "DuplicateRule"


def _add(client: tweepy.StreamingClient, rules: Sequence[Rule]) -> list[tuple[Rule, str]]:
    """Add them; those that X refuses, with the title of its problem."""
    refused = []
    for start in range(0, len(rules), REQUEST_RULES):
        part = rules[start : start + REQUEST_RULES]
        answer = client.add_rules([tweepy.StreamRule(value=rule.value, tag=rule.tag) for rule in part])
        problems: dict[str, Any] = {error.get("value", ""): error.get("title", "") for error in answer.errors}
        refused += [(rule, str(problems[rule.value])) for rule in part if rule.value in problems]
    return refused


def _delete(client: tweepy.StreamingClient, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), REQUEST_RULES):
        client.delete_rules(list(ids[start : start + REQUEST_RULES]))
