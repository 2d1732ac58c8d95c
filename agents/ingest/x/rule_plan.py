"""The stream rules at X: the plan that turns those that X has into the wanted ones, and its doing.

Called by `rule_sync.py`, `earshot rules` and `earshot doctor`. Planning is pure; `sync` and `current` talk to X,
through tweepy. The rules' wording is `rule_text.py`'s. Does not know what becomes of a post that matches.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import tweepy

from agents.ingest.rules.model import RuleSet, communities_of
from agents.ingest.x.rule_text import Rule, stream_rules
from streams.errors import UserError
from streams.settings import Settings, variable

log = logging.getLogger(__name__)

MOST_RULES = 1000
"""X API v2, pay-per-use; the setting `x_max_rules` says what another plan allows."""
REQUEST_RULES = 100
"""Rules of one request: 1,000 take 10 of the 100 requests that X allows in 15 minutes."""


class Plan(msgspec.Struct, frozen=True):
    """What has to happen at X."""

    add: tuple[Rule, ...]
    keep: tuple[str, ...]
    """Ids at X."""
    delete: tuple[str, ...]
    """Ids at X."""
    refused: int = 0
    """Rules to add that X did not take; known when it is done."""


def wanted(of: RuleSet, settings: Settings) -> tuple[Rule, ...]:
    """The stream rules for what is wanted. Raises `UserError` when there are none, or more than the plan with X has."""
    rules = stream_rules(of, settings.x_max_rule_chars)
    if len(rules) > settings.x_max_rules:
        communities = sum(bool(communities_of(rule.tag)) for rule in rules)
        raise UserError(
            f"{len(rules)} stream rules are needed, {communities} of them for community queries, and "
            f"{variable('x_max_rules')} allows {settings.x_max_rules}: remove some, or set it to what the plan allows"
        )
    if not rules:
        raise UserError(
            f"nothing to listen for on X: the directory has no handle there and {variable('community_queries_file')} "
            "no query"
        )
    return rules


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


def sync(client: tweepy.StreamingClient, wanted: Sequence[Rule], most: int = MOST_RULES) -> Plan:
    """Make the rules at X the wanted ones; return what was planned, and how much of it X refused. X allows `most`.

    Adds before it deletes, so that no post falls between; the other way round only where X's limit leaves no room. A
    rule that X refuses is logged, and then nothing is deleted: the stale rules may be all that hears them.
    Raises tweepy's and requests' errors as they come.
    """
    standing = current(client)
    planned = plan(standing, wanted)
    full = len(standing) + len(planned.add) > most
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
        log.error("X refuses a stream rule (%.60s); who it is for is not heard: %.200s", why, rule.tag)
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
