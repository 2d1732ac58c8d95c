"""Reads a payload field by field where its shape refuses it as a whole: what is wrong is unknown, the rest stands.

Called by `reader.py` and by `agents/ingest/bluesky/intake.py`, only after the strict decoder refused. Knows shapes,
not what their fields mean: each source says which part of a post a field belongs to.
"""

import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin

import msgspec

from streams.vocabulary import WrongPart


def lenient(value: Any, shape: Any, parts: Mapping[str, WrongPart], wrong: list[WrongPart]) -> Any:
    """Decoded JSON in this shape. A field of another type gets its default, and its part of the post goes to `wrong`;
    a wrong entry of a list is left out.

    `parts`: name of a field in JSON -> part; fields within it belong to the same part unless named themselves. Raises
    `msgspec.ValidationError` if a field without a default is missing or wrong.
    """
    return _made(value, shape, "other", parts, wrong)


def _made(value: Any, kind: Any, part: WrongPart, parts: Mapping[str, WrongPart], wrong: list[WrongPart]) -> Any:
    if kind is msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(value))
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        pass
    for option in get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,):
        if isinstance(value, list) and get_origin(option) is list:
            return _listed(value, get_args(option)[0], part, parts, wrong)
        if isinstance(value, dict) and isinstance(option, type) and issubclass(option, msgspec.Struct):
            return _struct(value, option, part, parts, wrong)
    raise msgspec.ValidationError("another type")


def _listed(
    values: list[Any], kind: Any, part: WrongPart, parts: Mapping[str, WrongPart], wrong: list[WrongPart]
) -> list[Any]:
    kept = []
    for one in values:
        try:
            kept.append(_made(one, kind, part, parts, wrong))
        except msgspec.ValidationError:
            wrong.append(part)
    return kept


def _struct(
    value: dict[str, Any], shape: type[msgspec.Struct], part: WrongPart, parts: Mapping[str, WrongPart],
    wrong: list[WrongPart],
) -> msgspec.Struct:  # fmt: skip
    made: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        name = field.encode_name
        own = parts.get(name, part)
        try:
            if name in value:
                made[field.name] = _made(value[name], field.type, own, parts, wrong)
            elif field.required:
                raise msgspec.ValidationError(f"no {name}")
        except msgspec.ValidationError:
            if field.required:
                raise
            wrong.append(own)
    return shape(**made)
