"""Which device is asking: known by the signature of its request, whatever cookies came along."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import g, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest

from credit_app.attendance.device_keys import signed_text
from credit_app.attendance.devices import DeviceRevoked, Doorkeeper, doorkeeper
from credit_app.extensions import db

MOST_BYTES = 256 * 1024  # fifty items are a quarter of that

P = ParamSpec("P")
R = TypeVar("R")
Shape = TypeVar("Shape", bound=BaseModel)


def device_enters(*, also_revoked: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Enrolled devices may enter, by signature; a revoked one only where it may still hand in what it holds.

    Raises: DeviceUnknown (401), DeviceRevoked (403).
    """

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            device = _asking()
            if device.revoked_at is not None and not also_revoked:
                raise DeviceRevoked
            g.device = device
            return view(*args, **kwargs)

        guarded.guard = "device"  # type: ignore[attr-defined]
        return guarded

    return decorate


def this_device() -> Doorkeeper:
    """The device that has entered."""
    device: Doorkeeper = g.device
    return device


def sent(shape: type[Shape]) -> Shape:
    """The body as `shape`. Raises: BadRequest (400) for anything else."""
    try:
        return shape.model_validate(request.get_json())
    except ValidationError as problem:
        raise BadRequest from problem


def body() -> bytes:
    """The request's body. Raises: RequestEntityTooLarge (413) for one that no device of ours sends."""
    request.max_content_length = MOST_BYTES
    return request.get_data()


def _asking() -> Doorkeeper:
    query = request.query_string.decode("latin-1")
    path = f"{request.script_root}{request.path}" + (f"?{query}" if query else "")
    text = signed_text(method=request.method, path=path, body=body())
    return doorkeeper(
        db.session(),
        public_id=request.headers.get("X-Device", ""),
        signature=request.headers.get("X-Device-Signature", ""),
        text=text,
    )
