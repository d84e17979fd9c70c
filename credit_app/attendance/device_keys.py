"""The signature under which a device speaks: P-256, over method, path and body. Pure.

The private half is made by the browser and cannot leave it; what is stored here can verify and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POINT_BYTES = 65
SIGNATURE_BYTES = 64
_HEAD = "kx-device-1"


def read_public_key(text: str) -> bytes | None:
    """The uncompressed point that base64url `text` holds, or None when it is no point of the curve."""
    point = _decoded(text)
    if point is None or len(point) != POINT_BYTES:
        return None
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except ValueError:
        return None
    return point


def signed_text(*, method: str, path: str, body: bytes) -> bytes:
    """What a device signs of a request; `path` with its query."""
    return f"{_HEAD}\n{method}\n{path}\n{hashlib.sha256(body).hexdigest()}".encode()


def signature_fits(signature: str, *, of: bytes, public_key: bytes | None) -> bool:
    """Whether the holder of `public_key` has signed `of`. Without a key the same work is done, and the answer is no."""
    raw = _decoded(signature)
    if raw is None or len(raw) != SIGNATURE_BYTES:
        return False
    half = SIGNATURE_BYTES // 2
    encoded = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
    try:
        _key(public_key or _nobodys_key()).verify(encoded, of, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return public_key is not None


@lru_cache(maxsize=4096)
def _key(point: bytes) -> EllipticCurvePublicKey:
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


@lru_cache(maxsize=1)
def _nobodys_key() -> bytes:
    key = derive_private_key(1, SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _decoded(text: str) -> bytes | None:
    # One text for one signature: anything but the alphabet, and padding, is refused.
    if not text.isascii() or not text.replace("-", "a").replace("_", "a").isalnum():
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
