"""学籍号 and identity numbers, which schools put into all sorts of columns, and which are never kept in clear."""

# not translated: names of numbers in other systems
from __future__ import annotations

from credit_app.keys import keyed_digest
from credit_app.schools.roster.cells import is_identity_number, user_ids

_REGISTRY_TYPES = ("学籍号", "全国学籍号", "registryno", "registry_no", "xjh")
_STUDENT_NO_TYPES = ("学号", "studentno", "student_no", "studentnumber", "local", "sis")


def kept_id(source_id: str) -> str:
    """The sourcedId as it is kept: itself, or a keyed digest where it is an identity number."""
    if is_identity_number(source_id):
        return "#" + keyed_digest("registry", of=source_id.upper())[:40]
    return source_id


def numbers_of(identifier: str, ids_cell: str) -> tuple[str, str]:
    """The student number and the 学籍号 (each may be blank) among ``identifier`` and ``userIds``."""
    ids = user_ids(ids_cell)
    registry_no = next((ids[kind] for kind in _REGISTRY_TYPES if kind in ids), "")
    candidates = [identifier, *(ids[kind] for kind in _STUDENT_NO_TYPES if kind in ids)]
    if not registry_no:
        registry_no = next((text for text in (*candidates, *ids.values()) if is_identity_number(text)), "")
    student_no = next((text for text in candidates if text and not is_identity_number(text)), "")
    return student_no, registry_no
