"""Which modules are compiled, and what they are made of.

Called by `__main__.py` and `compilation.py`. To compile one more, add its line to `MODULES`. It must hold no
msgspec Struct, no NamedTuple with methods and nothing that a test replaces in a worker: a Struct's defaults and renames
break when compiled, so shapes stand in modules of their own. It pays where a worker spends its time: py-spy tells.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

MODULES = (
    "streams.reading.addressed",
    "streams.reading.attention",
    "streams.reading.authors",
    "streams.reading.moments",
    "streams.reading.reader",
    "streams.reading.topics.evidence",
    "streams.reading.topics.intent",
    "streams.reading.topics.intent_evidence",
    "streams.reading.topics.lexicon",
    "streams.reading.topics.phrases",
    "streams.reading.topics.quotations",
    "streams.reading.topics.scanner",
    "streams.reading.topics.topic_matcher",
    "streams.reading.topics.trie",
    "streams.reading.topics.weights",
    "streams.reading.topics.words",
    "streams.reading.x",
    "streams.tables.cells",
    "streams.tables.counted",
    "streams.tables.first_seen.buckets",
    "streams.tables.first_seen.ids",
    "streams.tables.first_seen.memory",
    "streams.tables.first_seen.odd_ids",
    "streams.tables.hospitals",
    "streams.tables.partition_rows",
    "streams.tables.people_wire",
    "streams.tables.question_counts",
    "streams.tables.question_kinds",
    "streams.tables.question_rows",
    "streams.tables.questions",
    "streams.tables.rolling",
    "streams.tables.rows",
    "streams.tables.sketch",
)


def path_of(module: str) -> str:
    """The source of a module, seen from the project's root."""
    return module.replace(".", "/") + ".py"


def sources(root: Path) -> list[str]:
    """The sources of `MODULES` and of every module of `streams/` that they import, and those import: what is compiled
    relies on their types."""
    found: set[str] = set()
    waiting = [path_of(module) for module in MODULES]
    while waiting:
        path = waiting.pop()
        if path not in found and (root / path).is_file():
            found.add(path)
            waiting += _imported(root / path)
    return sorted(found)


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "streams":
            base = node.module.replace(".", "/")
            yield f"{base}.py"
            yield f"{base}/__init__.py"
            yield from (f"{base}/{alias.name}.py" for alias in node.names)
