"""Every staff read of a minor's fields leaves a row, also from a page that only reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.people.actions import record_access
from credit_app.people.models import AccessLog, User
from credit_app.storage import reading
from tests.cast import Cast

NOW = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)


def test_a_page_that_only_reads_leaves_its_row(db_session: Session, cast: Cast) -> None:
    user_id, scope = cast.homeroom_teacher.id, f"school_class:{cast.school_class.public_id}"
    db_session.commit()
    with reading():
        db_session.get_one(User, user_id)  # the page is in the middle of its read transaction
        record_access(user_id=user_id, scope=scope, fields="name,credits", now=NOW)
    db_session.rollback()
    (row,) = db_session.scalars(select(AccessLog))
    assert (row.user_id, row.scope, row.fields, row.at) == (user_id, scope, "name,credits", NOW)


def test_the_row_stands_though_the_page_fails_later(db_session: Session, cast: Cast) -> None:
    user_id = cast.homeroom_teacher.id
    db_session.commit()
    with reading():
        record_access(user_id=user_id, scope="school_class:x", fields="name", now=NOW)
        db_session.rollback()
    assert len(db_session.scalars(select(AccessLog)).all()) == 1


def test_within_a_write_it_is_refused_at_once_rather_than_waiting_for_itself(db_session: Session, cast: Cast) -> None:
    user_id = cast.homeroom_teacher.id
    assert db.session().in_transaction()
    with pytest.raises(RuntimeError, match="commit first"):
        record_access(user_id=user_id, scope="school_class:x", fields="name", now=NOW)
