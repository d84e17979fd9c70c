"""A Merkle tree over the accounts' heads, built in one pass: pure values, so that a file can be checked anywhere.

The tree is that of RFC 6962: a leaf is SHA-256(0x00 ‖ content), a node SHA-256(0x01 ‖ left ‖ right), and n leaves are
split at the largest power of two below n. Leaf and node differ in their first byte, so neither can pass for the other.
"""

from __future__ import annotations

import hashlib

EMPTY = hashlib.sha256(b"").hexdigest()


def leaf(account_id: str, entry_count: int, head: str) -> bytes:
    """The leaf of one account."""
    return hashlib.sha256(b"\x00" + f"{account_id}\n{entry_count}\n{head}".encode()).digest()


class Tree:
    """Leaves go in one after the other; only as many nodes as the tree is high are kept."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, bytes]] = []  # (height, hash) of the full subtrees, highest first

    def add(self, hashed: bytes) -> None:
        """`hashed` is the next leaf to the right."""
        height = 0
        while self._nodes and self._nodes[-1][0] == height:
            hashed = _node(self._nodes.pop()[1], hashed)
            height += 1
        self._nodes.append((height, hashed))

    def root(self) -> str:
        """The root over all leaves so far, in hex."""
        if not self._nodes:
            return EMPTY
        *rest, (_height, hashed) = self._nodes
        for _height, left in reversed(rest):
            hashed = _node(left, hashed)
        return hashed.hex()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
