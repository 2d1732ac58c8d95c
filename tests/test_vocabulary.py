"""Every closed set has one declaration: its type, the meaning of each value, docs and help say the same."""

import ast
import re
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from deploy.reference import pages
from streams import vocabulary
from streams.directory import hospital
from streams.metrics.registry import METRICS
from streams.reading.topics import taxonomy
from streams.settings import describe
from streams.vocabulary import ClosedSet

ROOT = Path(__file__).parents[1]
MODULES = (vocabulary, hospital, taxonomy)
SETS: tuple[ClosedSet[Any], ...] = pages.CLOSED
PAGE = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
NOT_VALUES = {
    "Rule": "RULES has tier and meaning of each",
    "Job": "Prometheus' name of a process",
    "Part": "the two lists of a service area",
    "Announced": "X's own words",
    "Standing": "never leaves the reader: SKIP and DEAD_REASON say what follows",
    "RefusalName": "X's own refusals: REFUSALS has status and text of each",
}
"""Types of other modules that are closed and are explained elsewhere."""
INNER = (
    "agents/evaluation", "agents/importers", "agents/ingest/wal", "agents/ingest/outcome.py",
    "agents/ingest/x/compliance", "agents/proving", "agents/simulated",
    "agents/worker/api/link.py",
    "streams/indicators",  # explained in docs/indicators.md; declare a set here once it is a label or travels
)  # fmt: skip
"""Rooms whose closed types never leave the process: no record, label or operator's page has them."""


ELSEWHERE = {"partition": "numbers", "table": "TABLES in streams/kafka/topics.py says what each is for"}
"""Labels whose values the vocabulary does not declare, and why."""


def declarations(module: ModuleType) -> dict[str, tuple[tuple[str, ...], ClosedSet[Any]]]:
    """Name of a type -> (its values, what declares them)."""
    found = {}
    for name, hint in get_type_hints(module).items():
        if get_origin(hint) is ClosedSet:
            declared: ClosedSet[Any] = getattr(module, name)
            found[declared.name] = (get_args(get_args(hint)[0]), declared)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_type_and_declaration_have_the_same_values_in_the_same_order(module: ModuleType) -> None:
    declared = declarations(module)
    assert declared
    for name, (values, one) in declared.items():
        assert getattr(module, name) is not None
        assert get_args(getattr(module, name)) == values == tuple(one.words), name
        assert one in SETS, f"docs/vocabulary.md does not explain {name}"


def test_no_closed_type_is_without_a_declaration() -> None:
    known = {one.name for one in SETS} | NOT_VALUES.keys()
    stray = []
    for path in sorted([*ROOT.glob("streams/**/*.py"), *ROOT.glob("agents/**/*.py")]):
        name = str(path.relative_to(ROOT))
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Literal["):
                types = {target.id for target in node.targets if isinstance(target, ast.Name)}
                if not types <= known and not name.startswith(INNER):
                    stray.append(f"{name}:{node.lineno} {types}")
    assert stray == []


@pytest.mark.parametrize("one", SETS, ids=lambda one: one.name)
def test_each_value_says_what_it_means_and_what_follows(one: ClosedSet[Any]) -> None:
    assert one.about.endswith(".")
    for value, said in one.words.items():
        assert not said.meaning.endswith("."), value
        assert said.consequence.endswith("."), value
        assert f"| `{value}` | {said.meaning} | {said.consequence} |" in PAGE


def test_every_closed_label_is_explained_where_a_reader_looks() -> None:
    for metric in METRICS:
        for label, values in metric.labels.items():
            if not values or label in ELSEWHERE:
                continue
            found = metric.closed_set(label)
            assert found is not None, f"{metric.name}: {label} is no declared set"
            for value, said in found.words.items():
                assert f"`{value}`, {said.meaning}" in metric.explained
                assert f"  * `{value}`: {said.meaning}. {said.consequence}" in pages.metrics()


def test_a_setting_that_is_named_exists() -> None:
    texts = " ".join(f"{said.meaning} {said.consequence}" for one in SETS for said in one.words.values())
    assert set(re.findall(r"EARSHOT_\w+", texts)) <= {one.env for one in describe()}


def test_a_type_without_its_declaration_is_noticed() -> None:
    module = ModuleType("wrong")
    wrong = Literal["a", "b"]
    one: ClosedSet[Any] = ClosedSet("Wrong", "It tells.", {"a": vocabulary.Means("first", "Nothing.")})
    module.__dict__.update(Wrong=wrong, WRONG=one, __annotations__={"WRONG": ClosedSet[wrong]})
    with pytest.raises(AssertionError):
        test_type_and_declaration_have_the_same_values_in_the_same_order(module)
