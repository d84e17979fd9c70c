"""A signed root as a file that stands for itself: checked without a database and without a secret (docs/ledger.md).

The first line is the statement that was signed, as JSON, with the signature and the public key beside it; then one
line an account, ``["id", count, "head"]``, in order of the id's bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credit_app.ledger.merkle import Tree, leaf

FORMAT = "credit-app-ledger-root/1"
STATED = ("format", "taken_on", "taken_at", "accounts", "entries", "root", "previous", "key_id")
"""What is signed, every one of them text or a whole number."""

Leaf = tuple[str, int, str]


class BadRoot(Exception):
    """The file does not prove what it says; the message says why, in English as everything of an audit is."""


def statement_of(header: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: the stated values as JSON, keys sorted, no spaces."""
    stated = {name: header[name] for name in STATED}
    return json.dumps(stated, sort_keys=True, separators=(",", ":")).encode()


def digest_of(header: Mapping[str, Any]) -> str:
    """What the next root names as its `previous`."""
    return hashlib.sha256(statement_of(header)).hexdigest()


def key_id_of(public_key: str) -> str:
    """The short name of a public key given in hex."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def is_signed(header: Mapping[str, Any], signature: str, public_key: str) -> bool:
    """Whether the holder of the private key to `public_key` (hex) has signed the statement."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), statement_of(header))
    except (InvalidSignature, ValueError):
        return False
    return True


def lines_of(header: Mapping[str, Any], leaves: Iterable[Leaf]) -> Iterator[str]:
    """The file's lines, each with its end."""
    yield json.dumps(dict(header)) + "\n"
    for each in leaves:
        yield json.dumps(list(each), separators=(",", ":")) + "\n"


def checked_header(line: str, public_key: str) -> dict[str, Any]:
    """The statement in the first line. Raises: BadRoot when it is none, or `public_key` (hex) has not signed it."""
    try:
        header = json.loads(line)
        signature, named = header["signature"], header["public_key"]
        statement_of(header)
    except (ValueError, TypeError, KeyError) as error:
        raise BadRoot("the first line is no header of a ledger root") from error
    if header["format"] != FORMAT:
        raise BadRoot(f"unknown format {header['format']!r}, expected {FORMAT!r}")
    if not (isinstance(signature, str) and isinstance(named, str)):
        raise BadRoot("the first line is no header of a ledger root")
    if named.lower() != public_key.lower():
        raise BadRoot("it was made under another public key than the one given")
    if not is_signed(header, signature, public_key):
        raise BadRoot("the signature does not fit: the header was changed, or another key signed it")
    return header


def checked_leaves(lines: Iterable[str], header: Mapping[str, Any]) -> Iterator[Leaf]:
    """The accounts in the file, one by one.

    Raises: BadRoot, at the latest after the last one, when they are not those that were signed; so nothing may be
    concluded from them before the end is reached.
    """
    tree, accounts, entries, last = Tree(), 0, 0, b""
    for number, line in enumerate(lines, start=2):
        found = _leaf_in(line, number)
        if found[0].encode() <= last:
            raise BadRoot(f"line {number}: account {found[0]!r} is not in order, or stands there twice")
        last = found[0].encode()
        tree.add(leaf(*found))
        accounts, entries = accounts + 1, entries + found[1]
        yield found
    if accounts != header["accounts"]:
        raise BadRoot(f"{accounts} accounts in the file, {header['accounts']} were signed")
    if entries != header["entries"]:
        raise BadRoot(f"the accounts hold {entries} entries, {header['entries']} were signed")
    if tree.root() != header["root"]:
        raise BadRoot("the accounts do not give the signed root: an id, a count or a head was changed")


def _leaf_in(line: str, number: int) -> Leaf:
    try:
        account_id, entry_count, head = json.loads(line)
    except (ValueError, TypeError) as error:
        raise BadRoot(f"line {number} is no account") from error
    if not (isinstance(account_id, str) and type(entry_count) is int and isinstance(head, str)):
        raise BadRoot(f"line {number} is no account")
    return account_id, entry_count, head
