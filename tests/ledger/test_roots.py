"""Signed roots: the tree, the file that stands for itself, and what each kind of tampering is answered."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from credit_app.keys import key_for
from credit_app.ledger import roots
from credit_app.ledger.audit import audit
from credit_app.ledger.merkle import EMPTY, Tree, leaf
from credit_app.ledger.models import LedgerRoot
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.house.tree import ROOT
from tests.scenes import scan, stay

NIGHT = today_at(23)
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=40)


def as_defined(hashes: list[bytes]) -> bytes:
    """RFC 6962, word by word: split at the largest power of two below n."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else hashlib.sha256(b"").digest()
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return hashlib.sha256(b"\x01" + as_defined(hashes[:half]) + as_defined(hashes[half:])).digest()


def root_of(hashes: list[bytes]) -> str:
    tree = Tree()
    for each in hashes:
        tree.add(each)
    return tree.root()


@given(HASHES)
def test_one_pass_gives_the_tree_that_is_defined(hashes: list[bytes]) -> None:
    assert root_of(hashes) == as_defined(hashes).hex()


@given(HASHES.filter(bool), st.data())
def test_any_change_changes_the_root(hashes: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(hashes) - 1))
    changed = [*hashes[:at], bytes([hashes[at][0] ^ 1]) + hashes[at][1:], *hashes[at + 1 :]]
    assert root_of(changed) != root_of(hashes)
    assert root_of(hashes[:at] + hashes[at + 1 :]) != root_of(hashes)
    assert root_of([*hashes, hashes[-1]]) != root_of(hashes)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    one, two = leaf("a", 1, "x"), leaf("b", 2, "y")
    assert root_of([one, two]) != leaf("", 0, (one + two).hex()).hex()
    assert root_of([]) == EMPTY
    assert leaf("a", 1, "x") != leaf("a1", 1, "x")


@pytest.fixture
def exported(app: Flask, db_session: Session, cast: Cast, clock: HeldClock, tmp_path: Path) -> Path:
    """Two pupils have credits, the day's root was taken and exported."""
    scan(db_session, cast.pupil, cast.lecture, "in", today_at(9))
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    clock.set(NIGHT)
    roots.take_root(db_session, now=NIGHT)
    db_session.commit()
    path = tmp_path / "root.ndjson"
    assert app.test_cli_runner().invoke(args=["ledger", "root", "export", str(path)]).exit_code == 0
    return path


def check(app: Flask, path: Path, *options: str, key: str = "") -> tuple[int, str]:
    with app.app_context():
        key = key or roots.public_key()
    result = app.test_cli_runner().invoke(args=["ledger", "root", "check", str(path), "--public-key", key, *options])
    return result.exit_code, result.output


def test_an_exported_root_is_checked_and_agrees_with_the_database(app: Flask, exported: Path) -> None:
    code, said = check(app, exported, "--against-database")
    assert (code, "2 accounts, 3 entries" in said) == (0, True), said
    assert "Every chain carries on from it." in said


def test_what_is_posted_later_is_no_complaint(app: Flask, db_session: Session, cast: Cast, exported: Path) -> None:
    stay(db_session, cast.classmate, cast.lecture, today_at(9), today_at(10))
    assert check(app, exported, "--against-database")[0] == 0
    assert list(audit(db_session, lambda done, in_all: None)) == []


Tampering = Callable[[dict[str, object], list[str]], None]


def _first(lines: list[str], **changed: object) -> None:
    names = ("id", "count", "head")
    lines[0] = json.dumps([changed.get(name, value) for name, value in zip(names, json.loads(lines[0]), strict=True)])


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (lambda header, lines: header.update(entries=4), "signature does not fit"),
        (lambda header, lines: header.update(taken_on="2026-10-16"), "signature does not fit"),
        (lambda header, lines: header.update(root="0" * 64), "signature does not fit"),
        (lambda header, lines: header.update(signature="00" * 64), "signature does not fit"),
        (lambda header, lines: header.update(signature="none"), "signature does not fit"),
        (lambda header, lines: header.update(signature=None), "no header"),
        (lambda header, lines: header.update(format="credit-app-ledger-root/9"), "unknown format"),
        (lambda header, lines: header.pop("accounts"), "no header"),
        (lambda header, lines: lines.pop(), "1 accounts in the file, 2 were signed"),
        (lambda header, lines: lines.append(lines[-1]), "not in order, or stands there twice"),
        (lambda header, lines: lines.reverse(), "not in order"),
        (lambda header, lines: _first(lines, count=7), "entries"),
        (lambda header, lines: _first(lines, head="0" * 64), "do not give the signed root"),
        (lambda header, lines: _first(lines, id="0"), "do not give the signed root"),
        (lambda header, lines: _first(lines, count=True), "is no account"),
        (lambda header, lines: lines.append("nonsense"), "is no account"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_with_the_reason(
    app: Flask, exported: Path, tamper: Tampering, reason: str
) -> None:
    first, *lines = exported.read_text(encoding="utf-8").splitlines()
    header = json.loads(first)
    tamper(header, lines)
    exported.write_text("\n".join([json.dumps(header), *lines]) + "\n", encoding="utf-8")
    code, said = check(app, exported)
    assert (code, reason in said) == (1, True), said


def test_a_root_under_another_key_is_refused_even_if_it_fits_its_own(app: Flask, exported: Path) -> None:
    code, said = check(app, exported, key="11" * 32)
    assert (code, "another public key" in said) == (1, True)


def test_a_file_that_is_empty_is_no_root(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_text("")
    assert "no header" in check(app, path)[1]


def _behind_the_program(session: Session, *statements: str) -> None:
    """Somebody with the database's own rights."""
    if session.get_bind().dialect.name == "postgresql":
        for table in ("ledger_entry", "ledger_account", "ledger_balance", "ledger_root"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    else:
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
        session.commit()
        session.execute(text("PRAGMA foreign_keys = off"))
    for statement in statements:
        session.execute(text(statement))
    session.commit()


def test_an_account_that_was_removed_with_all_its_entries_is_named(
    app: Flask, db_session: Session, cast: Cast, exported: Path
) -> None:
    """No chain tells of it: what tells is the root, in the database and in the file."""
    ref = cast.classmate.account_ref
    db_session.commit()
    _behind_the_program(
        db_session,
        f"DELETE FROM ledger_balance WHERE account_id = '{ref}'",
        f"DELETE FROM ledger_entry WHERE account_id = '{ref}'",
        f"DELETE FROM ledger_account WHERE id = '{ref}'",
    )
    code, said = check(app, exported, "--against-database")
    assert (code, f"ledger_account ({ref}): was removed" in said) == (1, True), said
    found = [str(each) for each in audit(db_session, lambda done, in_all: None)]
    assert found == [f"I5 ledger_account ({ref}): was removed since the newest root was taken"]
    # The next root does not make anybody forget it.
    roots.take_root(db_session, now=NIGHT + timedelta(days=1))
    assert len(list(audit(db_session, lambda done, in_all: None))) == 1


def test_a_rollback_that_fits_itself_is_told_by_the_root(
    app: Flask, db_session: Session, cast: Cast, exported: Path
) -> None:
    """The last entry is gone and the account put back to what it was before: the chain alone is in order."""
    ref = cast.pupil.account_ref
    db_session.commit()
    head = db_session.scalar(text(f"SELECT link FROM ledger_entry WHERE account_id = '{ref}' AND seq = 1"))
    _behind_the_program(
        db_session,
        f"DELETE FROM ledger_entry WHERE account_id = '{ref}' AND seq = 2",
        f"UPDATE ledger_account SET entry_count = 1, head = '{head}' WHERE id = '{ref}'",
    )
    code, said = check(app, exported, "--against-database")
    assert (code, "has lost entries: 2 when the root was taken, now 1" in said) == (1, True), said
    found = [str(each) for each in audit(db_session, lambda done, in_all: None)]
    assert any("has 1 entries, 2 were signed in the newest root" in each for each in found)


def test_a_chain_written_anew_under_the_key_is_told_by_the_root(
    app: Flask, db_session: Session, cast: Cast, exported: Path
) -> None:
    """What only the holder of key and database can do, and only until the next root."""
    from credit_app.ledger.chain import SEALED, link_after
    from credit_app.ledger.models import GENESIS, LedgerEntry

    ref = cast.pupil.account_ref
    entries = db_session.query(LedgerEntry).filter_by(account_id=ref).order_by(LedgerEntry.seq).all()
    head, changes = GENESIS, []
    for entry in entries:
        row = {column: getattr(entry, column) for column in SEALED} | {"recorded_by": "somebody"}
        head = link_after(head, row, key=key_for("ledger"))
        changes.append(
            f"UPDATE ledger_entry SET recorded_by = 'somebody', link = '{head}'"
            f" WHERE account_id = '{ref}' AND seq = {entry.seq}"
        )
    db_session.rollback()
    _behind_the_program(db_session, *changes, f"UPDATE ledger_account SET head = '{head}' WHERE id = '{ref}'")
    code, said = check(app, exported, "--against-database")
    assert (code, "does not pass through the recorded head" in said) == (1, True), said
    found = [str(each) for each in audit(db_session, lambda done, in_all: None)]
    assert found == [
        f"I5 ledger_entry ({ref}, 2): the chain does not pass through the head that was signed in the newest root"
    ]


def test_a_root_of_the_row_that_was_edited_or_removed_is_named(db_session: Session, exported: Path) -> None:
    for days in (1, 2):
        roots.take_root(db_session, now=NIGHT + timedelta(days=days))
    db_session.commit()
    _behind_the_program(db_session, "UPDATE ledger_root SET entries = 9 WHERE taken_on = '2026-10-17'")
    assert [str(each) for each in roots.audit(db_session)] == [
        "I5 ledger_root (2026-10-17): its signature does not fit: edited, or signed under another key",
        "I5 ledger_root (2026-10-18): the root before it was edited or removed",
    ]
    _behind_the_program(db_session, "DELETE FROM ledger_root WHERE taken_on = '2026-10-17'")
    assert [str(each) for each in roots.audit(db_session)] == [
        "I5 ledger_root (2026-10-18): the root before it was edited or removed"
    ]


def test_a_day_has_one_root(db_session: Session, cast: Cast, exported: Path) -> None:
    assert roots.take_root(db_session, now=NIGHT + timedelta(minutes=30)) is None
    stay(db_session, cast.classmate, cast.lecture, today_at(9), today_at(10))
    second = roots.take_root(db_session, now=NIGHT + timedelta(days=1))
    assert second is not None
    assert second.accounts == 2
    assert second.entries > 3
    assert db_session.query(LedgerRoot).count() == 2


def test_an_empty_ledger_has_a_root(db_session: Session, cast: Cast) -> None:
    taken = roots.take_root(db_session, now=NIGHT)
    assert taken is not None
    assert (taken.accounts, taken.entries, taken.root, taken.previous) == (0, 0, EMPTY, "")
    assert list(roots.audit(db_session)) == []


def test_the_plain_program_in_the_docs_checks_the_file(app: Flask, exported: Path) -> None:
    """docs/ledger.md prints it for whoever has neither our program nor our trust."""
    docs = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    program = re.search(r"```python\n(.*?)```", docs, re.DOTALL)
    assert program is not None
    assert sum(bool(line.strip()) for line in program.group(1).splitlines()) <= 22
    with app.app_context():
        key = roots.public_key()

    def run() -> tuple[int, str]:
        words = [sys.executable, "-I", "-c", program.group(1), str(exported), key]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert run() == (0, "2026-10-17: 2 accounts, 3 entries, signed and complete\n")
    exported.write_text(exported.read_text(encoding="utf-8").replace(',1,"', ',2,"'), encoding="utf-8")
    code, said = run()
    assert code == 1, said


@pytest.mark.parametrize("change", ["UPDATE ledger_root SET entries = 0", "DELETE FROM ledger_root"])
def test_the_database_itself_refuses_to_change_a_root(db_session: Session, cast: Cast, change: str) -> None:
    roots.take_root(db_session, now=NIGHT)
    db_session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db_session.execute(text(change))
    db_session.rollback()
