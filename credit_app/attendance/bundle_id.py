"""The id of a bundle says when it was made, under our signature: a scan that names it was not made before."""

from __future__ import annotations

from datetime import UTC, datetime

from itsdangerous import BadSignature, URLSafeSerializer

from credit_app.keys import key_for


def new_bundle_id(*, device: str, now: datetime) -> str:
    """The id of a bundle that `device` is given now."""
    return str(_serializer().dumps([device, int(now.timestamp())]))


def issued_at(bundle: str, *, device: str) -> datetime | None:
    """When `device` was given this bundle; None when we gave it none of that id."""
    try:
        named, seconds = _serializer().loads(bundle)
    except BadSignature:
        return None
    return datetime.fromtimestamp(seconds, UTC) if named == device else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(key_for("bundle"), salt="bundle")
