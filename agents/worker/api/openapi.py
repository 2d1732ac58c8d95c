"""The OpenAPI document of the API, made of the shapes of its answers.

Called by `server.py`, which serves it. Tests hold it against live answers. Knows no handler.
"""

from typing import Any

import msgspec

from agents.worker.api.shapes import Answer, Health, Hospitals, Questions, Ready, Refusal, RegionAnswer

_PLACE = "#/components/schemas/{name}"

_ROUTES: dict[str, tuple[str, type, tuple[int, ...]]] = {
    # path: (what it answers, the shape, refusals)
    "/v1/hospitals": ("Every hospital in a line, whichever worker holds it.", Hospitals, (401, 503)),
    "/v1/hospitals/{id}": ("All figures of one hospital.", Answer, (307, 401, 404, 503)),
    "/v1/hospitals/{id}/questions": ("What waits for a hospital's answer.", Questions, (307, 401, 404, 503)),
    "/v1/regions/{hrr}": ("The hospitals of a referral region beside each other.", RegionAnswer, (401, 404, 503)),
    "/healthz": ("Whether the worker makes progress; needs no token.", Health, ()),
    "/readyz": ("Whether the worker can answer; needs no token.", Ready, ()),
}
_SAID = {
    200: "The answer.",
    304: "The answer that If-None-Match names still holds.",
    307: "Another worker holds the hospital: ask at Location, with the same token.",
    401: "A token is needed.",
    404: "There is none of this name; `fix` says what may be meant.",
    503: "Not now; `error` says why.",
}
_PARAMETERS = {"id": "Id of the hospital, as the directory has it.", "hrr": "Number of the referral region."}


def document() -> dict[str, Any]:
    """The document, ready for JSON."""
    shapes = [shape for _, shape, _ in _ROUTES.values()]
    _, schemas = msgspec.json.schema_components((*shapes, Refusal), ref_template=_PLACE)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Earshot",
            "version": "1",
            "description": "What hospitals can act on: counts, answers, open questions, goals, surges. It only reads.",
        },
        "paths": {path: {"get": _operation(path, *route)} for path, route in _ROUTES.items()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(path: str, about: str, shape: type, refusals: tuple[int, ...]) -> dict[str, Any]:
    named = [name for name in _PARAMETERS if f"{{{name}}}" in path]
    with_token = path.startswith("/v1/")
    responses = {"200": _response(200, shape)}
    if with_token:
        responses["304"] = {"description": _SAID[304]}
    else:
        responses["503"] = _response(503, shape)
    responses |= {str(status): _response(status, Refusal) for status in refusals}
    return {
        "summary": about,
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "description": _PARAMETERS[name],
                "schema": {"type": "string"},
            }
            for name in named
        ],
        "responses": responses,
        "security": [{"token": []}, {}] if with_token else [{}],
    }


def _response(status: int, shape: type) -> dict[str, Any]:
    schema = {"$ref": _PLACE.format(name=shape.__name__)}
    return {"description": _SAID[status], "content": {"application/json": {"schema": schema}}}
