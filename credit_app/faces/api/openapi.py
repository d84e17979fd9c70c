"""The description of the interface to programs (OpenAPI 3.1): what is asked, what is answered, and who may enter.

Kept by hand, since the answers are made by hand (docs/decisions.md); a test holds every route of ``/api`` against it,
and another one the answers.
"""

from __future__ import annotations

import json
from typing import Any

from flask import jsonify, render_template

from credit_app.faces.api import blueprint
from credit_app.faces.api.openapi_schemas import REF, TEXT, WHOLE, doors, list_of, ref, schemas
from credit_app.faces.guards import public


@blueprint.get("/openapi.json")
@public
def openapi() -> Any:
    """The description, for programs."""
    return jsonify(description())


@blueprint.get("/docs")
@public
def docs() -> Any:
    """The description, for people."""
    told = description()
    shapes = {
        name: json.dumps(shape, ensure_ascii=False, indent=2) for name, shape in told["components"]["schemas"].items()
    }
    return render_template("api/docs.html", paths=told["paths"], shapes=shapes, ref=REF)


def description() -> dict[str, Any]:
    """All of it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Science credits API",
            "version": "1",
            "description": "An expected outcome of a scan is 200 with a `status`. See docs/door.md, docs/check-in.md.",
        },
        "paths": _device_paths() | _other_paths(),
        "components": {"schemas": schemas(), "securitySchemes": doors()},
    }


Answers = dict[int, str | None]
"""Status → the name of the answer's shape, None where it has no body or one of several."""


def _operation(
    summary: str,
    answers: Answers,
    *,
    by: tuple[str, ...] = (),
    body: str | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
) -> dict[str, Any]:
    """One operation; `answers` are statuses with the name of their schema, None where there is no body."""
    told: dict[str, Any] = {
        "summary": summary,
        "responses": {
            str(status): {"description": _MEANS[status]}
            | ({"content": {"application/json": {"schema": ref(name)}}} if name is not None else {})
            for status, name in answers.items()
        },
        "security": [{door: [] for door in by}] if by else [],
    }
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(body)}}}
    if parameters:
        told["parameters"] = list(parameters)
    return told


def _parameter(name: str, where: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema}


_MEANS = {
    200: "answered",
    304: "the one in your hands is still good",
    400: "malformed",
    401: "nobody we know",
    403: "not for you",
    404: "no such thing, or another's",
    413: "too large",
    415: "no JSON",
    422: "another content under the same key, or a code that is good no more",
    429: "too many; come back later",
    503: "the server is busy; send the same again",
}
_BAD_BODY: Answers = {400: "Problem", 413: "Problem", 415: "Problem"}
_NO_DEVICE: Answers = {401: "Problem", 403: "Problem", 503: "Problem"}
_BY_SIGNATURE = ("device", "signature")


def _device_paths() -> dict[str, Any]:
    return {
        "/api/device/enrol": {
            "post": _operation(
                "A browser becomes a device",
                _BAD_BODY | {200: "Enrolled", 422: "Problem", 429: "Problem", 503: "Problem"},
                body="Enrolment",
            )
        },
        "/api/device/scans": {
            "post": _operation(
                "One scan, decided on at once",
                _NO_DEVICE | _BAD_BODY | {200: "Receipt", 422: "Receipt", 503: None},
                by=_BY_SIGNATURE,
                body="Item",
            )
        },
        "/api/device/batches": {
            "post": _operation(
                "Scans that waited on the device",
                _NO_DEVICE | _BAD_BODY | {200: "Taken"},
                by=_BY_SIGNATURE,
                body="Batch",
            )
        },
        "/api/device/undo": {
            "post": _operation(
                "A scan is taken back",
                _NO_DEVICE | _BAD_BODY | {200: "Receipt", 404: "Problem", 422: "Problem"},
                by=_BY_SIGNATURE,
                body="Undo",
            )
        },
        "/api/device/occurrences": {
            "get": _operation("What the device may scan for", _NO_DEVICE | {200: "Occurrences"}, by=_BY_SIGNATURE)
        },
        "/api/device/bundle": {
            "get": _operation(
                "What the device needs without the network",
                _NO_DEVICE | {200: "Bundle", 304: None},
                by=_BY_SIGNATURE,
                parameters=(
                    _parameter("occurrence", "query", list_of(TEXT)),
                    _parameter("If-None-Match", "header", TEXT),
                ),
            )
        },
    }


def _other_paths() -> dict[str, Any]:
    one = _parameter("public_id", "path", TEXT, required=True)
    return {
        "/api/claims": {
            "post": _operation(
                "The scan of whoever is signed in, by the claim in the cookie",
                {200: "Answer", 400: None, 401: "Problem", 403: "Problem", 503: None},
                by=("session",),
                parameters=(_parameter("X-CSRFToken", "header", TEXT),),
            )
        },
        "/api/roll-calls": {
            "post": _operation(
                "A class called by its teacher",
                {200: "Called", 400: "Problem", 401: "Problem", 403: "Problem", 404: "Problem", 422: "Problem"},
                by=("session",),
                body="RollCall",
                parameters=(_parameter("X-CSRFToken", "header", TEXT),),
            )
        },
        "/api/occurrences/{public_id}/codes": {
            "get": _operation(
                "The codes of a screen from now on",
                {200: "Codes", 400: "Problem", 401: "Problem", 404: "Problem"},
                by=("screen",),
                parameters=(
                    one,
                    _parameter("direction", "query", {"enum": ["in", "out"]}),
                    _parameter("after", "query", WHOLE),
                ),
            )
        },
        "/api/participations/{public_id}": {
            "get": _operation(
                "Why a participation earned what it earned",
                {200: "Participation", 401: "Problem", 403: "Problem", 404: "Problem"},
                by=("session",),
                parameters=(one,),
            )
        },
    }
