"""A YAML file that a person edits: decode it, check it, and name every wrong entry by its line.

Called by `streams/reading/topics/taxonomy.py`, `overlay.py`, `communities.py`, `streams/reading/languages` and
`agents/ingest/rules/files.py`. Knows no file's meaning: the caller's check names a wrong entry by its path in the
document; this module turns the path into a line.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
import yaml

Path = tuple[str | int, ...]
"""An entry's keys and positions, from the top of the document."""
Wrong = tuple[Path, str]
"""An entry's path, and what is wrong with it."""

Shape = TypeVar("Shape")

_PLACED = re.compile(r"(.*?) - at (?:`key` in )?`\$(.*)`", re.DOTALL)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"unknown field `(.+)`")
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def decode(text: bytes, shape: type[Shape], check: Callable[[Shape], Iterator[Wrong]]) -> Shape:
    """Decode a document into `shape` and check it.

    Raises `ValueError`: one line that names everything wrong ("line 7: ..."). A key that stands twice is an error,
    because YAML would silently drop the first.
    """
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        # This loader keeps every scalar as text: `no` is a word, not false; 010033 is a hospital, not an octal number.
        raw = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(_syntax(error)) from None
    finally:
        loader.dispose()
    wrong = list(_doubled(root, ()))
    document = converted(raw, shape, (), wrong)
    if document is not None:
        wrong += check(document)
    if document is None or wrong:
        placed = sorted({(_line(root, path), what) for path, what in wrong})
        raise ValueError("; ".join(f"line {line}: {' '.join(what.split())}" for line, what in placed))
    return document


def converted(raw: Any, shape: type[Shape], path: Path, wrong: list[Wrong]) -> Shape | None:
    """Convert the part of a document at `path` to `shape`. If it does not fit, append to `wrong` and return None."""
    try:
        return msgspec.convert(raw, shape, strict=False)
    except msgspec.ValidationError as error:
        wrong.append(_placed(str(error), path))
        return None


def _placed(error: str, path: Path) -> Wrong:
    """Split msgspec's message into a path and what is wrong there."""
    found = _PLACED.fullmatch(error)
    what, steps = (found[1], found[2]) if found else (error, "")
    for step in _STEP.finditer(steps):
        if step[0] == "[...]":
            break
        path = (*path, step[1] if step[1] is not None else int(step[2]))
    field = next((step for step in reversed(path) if isinstance(step, str)), "")
    if unknown := _UNKNOWN.search(what):
        path = (*path, unknown[1])
    return path, f"{what} in `{field}`" if field else what


def _doubled(node: yaml.Node | None, path: Path) -> Iterator[Wrong]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield (*path, key.value), f"`{key.value}` stands twice"
            seen.add(str(key.value))
            yield from _doubled(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            if not isinstance(value, yaml.ScalarNode):
                yield from _doubled(value, (*path, number))


def _line(node: yaml.Node | None, path: Path) -> int:
    """Return an entry's line, from 1. Of a key that stands twice, the second; of a missing entry, its nearest
    parent's."""
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in reversed(node.value) if key.value == str(step)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _syntax(error: Exception) -> str:
    """Format YAML's own message with its line first."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}: {what}" if mark is not None else " ".join(what.split())
