"""The rules that the simulated X holds, and its answers about them.

Owns adding, deleting and listing, in the shapes of `/2/tweets/search/stream/rules`. Called by `server.py`. Knows
neither HTTP nor posts.
"""

import time
from typing import Any

import msgspec

from agents.simulated.answers import PROBLEMS
from agents.simulated.stream_rules import MAX_CHARS, Matches, RuleError, parse

MAX_RULES = 1000
"""X API v2, pay-per-use."""

Answer = dict[str, Any]


class Rule(msgspec.Struct, frozen=True):
    """A rule that X holds."""

    id: str
    value: str
    tag: str | None
    matches: Matches

    def json(self) -> dict[str, str]:
        """As X lists it; a tag only if there is one."""
        return {"id": self.id, "value": self.value} | ({"tag": self.tag} if self.tag is not None else {})


class RuleBook:
    """Rules by id. The bodies that `add` and `delete` take come from outside: they raise what a wrong shape raises."""

    def __init__(self, most: int = MAX_RULES, most_chars: int = MAX_CHARS) -> None:
        """`most` rules of at most `most_chars` characters are taken."""
        self._most = most
        self._most_chars = most_chars
        self.rules: dict[str, Rule] = {}
        self.changes: list[str] = []
        """`add` or `delete`, for each change asked for."""
        self._next = 1_600_000_000_000_000_000

    def listed(self, ids: set[str]) -> Answer:
        """The rules with these ids; all of them when there are no ids."""
        found = [rule.json() for rule in self.rules.values() if not ids or rule.id in ids]
        return _answer({"sent": _now(), "result_count": len(found)}, found)

    def add(self, values: list[dict[str, str]], dry_run: bool) -> Answer:
        """Add rules; those that stand already, are too many or cannot be read are errors of the answer."""
        created: list[Rule] = []
        errors: list[Answer] = []
        held = {rule.value: rule.id for rule in self.rules.values()}
        for one in values:
            value = one["value"]
            if value in held:
                # Whatever its tag: a tag cannot be changed.
                errors.append(_error(value, held[value], "DuplicateRule", "duplicate-rules"))
                continue
            if len(held) >= self._most:
                errors.append(_error(value, "", "RulesCapExceeded", "rule-cap"))
                continue
            try:
                rule = Rule(str(self._next + len(created)), value, one.get("tag"), parse(value, self._most_chars))
            except RuleError as error:
                errors.append(_error(value, "", "Invalid Rule", "invalid-rules") | {"details": [str(error)]})
                continue
            held[value] = rule.id
            created.append(rule)
        if not dry_run:
            self.changes.append("add")
            self._next += len(created)
            self.rules |= {rule.id: rule for rule in created}
        invalid = sum(error["title"] == "Invalid Rule" for error in errors)
        summary = {
            "created": len(created),
            "not_created": len(errors),
            "valid": len(values) - invalid,
            "invalid": invalid,
        }
        return _answer({"sent": _now(), "summary": summary}, [rule.json() for rule in created], errors)

    def delete(self, which: dict[str, list[str]], dry_run: bool) -> Answer:
        """Delete rules by `ids` or `values`; an id that is not there is an error of the answer."""
        values = set(which.get("values", ()))
        ids = [str(one) for one in which.get("ids", ())]
        ids += [rule.id for rule in self.rules.values() if rule.value in values]
        if not ids:
            raise ValueError("nothing to delete")
        found = [one for one in ids if one in self.rules]
        errors = [
            {"title": "Invalid Request", "errors": [{"parameters": {"id": [one]}, "message": "Rule does not exist"}]}
            for one in ids
            if one not in self.rules
        ]
        if not dry_run:
            self.changes.append("delete")
            for one in found:
                self.rules.pop(one, None)
        return _answer({"sent": _now(), "summary": {"deleted": len(found), "not_deleted": len(errors)}}, [], errors)


def _answer(meta: Answer, data: list[dict[str, str]], errors: list[Answer] | None = None) -> Answer:
    """X leaves out what is empty."""
    return ({"data": data} if data else {}) | {"meta": meta} | ({"errors": errors} if errors else {})


def _error(value: str, rule_id: str, title: str, kind: str) -> Answer:
    return {"value": value, "id": rule_id, "title": title, "type": f"{PROBLEMS}{kind}"}


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
