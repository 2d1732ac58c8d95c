"""Holds a value against a schema of an OpenAPI document, as far as the documents made of our Structs go."""

from collections.abc import Iterator
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
_KNOWN = {
    "$ref", "type", "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems",
    "anyOf", "enum", "default", "title", "description", "propertyNames",
}  # fmt: skip


def faults(document: dict[str, Any], schema: dict[str, Any], value: object, path: str = "$") -> Iterator[str]:
    """What of `value` is not as `schema` says, each with its path; also a property that no schema names."""
    assert schema.keys() <= _KNOWN, f"{path}: this check does not know {schema.keys() - _KNOWN}"
    if "$ref" in schema:
        yield from faults(document, _at(document, schema["$ref"]), value, path)
        return
    if "anyOf" in schema:
        each = [list(faults(document, one, value, path)) for one in schema["anyOf"]]
        if all(each):
            yield from min(each, key=len)
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    kind = schema.get("type")
    if kind is not None:
        right = isinstance(value, _TYPES[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))
        if not right:
            yield f"{path}: {value!r} is no {kind}"
            return
    if isinstance(value, dict):
        yield from _of_object(document, schema, value, path)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for number, one in enumerate(value):
            yield from faults(document, schema["items"], one, f"{path}[{number}]")


def _of_object(document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], path: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}: {name} is missing"
    for name, one in value.items():
        if "propertyNames" in schema:
            yield from faults(document, schema["propertyNames"], name, f"{path}.{name} (its name)")
        if name in properties:
            yield from faults(document, properties[name], one, f"{path}.{name}")
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from faults(document, schema["additionalProperties"], one, f"{path}.{name}")
        else:
            yield f"{path}: {name} is not declared"


def _at(document: dict[str, Any], reference: str) -> dict[str, Any]:
    found = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found
