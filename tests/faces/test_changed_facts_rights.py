"""Every route of voiding, merging, transfers and the trace, tried as everybody of the cast."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.attendance.models import Attendance, AttendanceDecision
from credit_app.people.models import AccessLog
from credit_app.schools.models import StudentMerge, Transfer
from credit_app.schools.transfers import release_student
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there
from tests.visitor import Visitor

Doors = dict[str, dict[str, int]]
EVERYBODY = (
    "pupil",
    "classmate",
    "other_pupil",
    "homeroom_teacher",
    "colleague",
    "counselor",
    "other_teacher",
    "other_counselor",
    "venue_staff",
    "other_venue_staff",
    "officer",
    "second_officer",
    "other_officer",
)
TEACHERS = {"homeroom_teacher", "colleague", "counselor", "other_teacher", "other_counselor"}


@pytest.fixture
def visited(db_session: Session, cast: Cast, clock: HeldClock) -> str:
    """The participation of the pupil's visit, in the evening."""
    have_been_there(db_session, cast)
    clock.set(today_at(18))
    return db_session.scalars(
        select(Attendance.public_id).filter_by(student_id=cast.pupil.id, occurrence_id=cast.visit.id)
    ).one()


def answers(app: Flask, cast: Cast, path: str, *, post: bool = False) -> dict[str, int]:
    """What each of the cast is answered."""
    told = {}
    for who in EVERYBODY:
        visitor = Visitor(app)
        visitor.sign_in(cast.users()[who])
        told[who] = (visitor.submit(path) if post else visitor.get(path)).status_code
    return told


def expected(*, let_in: set[str], right_kind: set[str]) -> dict[str, int]:
    return {who: 200 if who in let_in else 404 if who in right_kind else 403 for who in EVERYBODY}


def test_who_may_void_from_the_class_s_list(app: Flask, cast: Cast, visited: str) -> None:
    path = f"/teacher/occurrences/{cast.visit.public_id}/pupils/{visited}/void"
    let_in = {"homeroom_teacher", "counselor"}
    assert answers(app, cast, path) == expected(let_in=let_in, right_kind=TEACHERS)


def test_who_may_void_from_the_venue_s_list(app: Flask, cast: Cast, visited: str) -> None:
    path = f"/venue/occurrences/{cast.visit.public_id}/pupils/{visited}/void"
    staff = {"venue_staff", "other_venue_staff"}
    assert answers(app, cast, path) == expected(let_in={"venue_staff"}, right_kind=staff)


@pytest.mark.parametrize("what", ["merge", "transfer"])
def test_who_may_merge_and_release(app: Flask, cast: Cast, visited: str, what: str) -> None:
    path = f"/teacher/pupils/{cast.pupil.public_id}/{what}"
    counselors = {"counselor", "other_counselor"}
    assert answers(app, cast, path) == expected(let_in={"counselor"}, right_kind=counselors)
    if what == "merge":
        preview = f"{path}/{cast.classmate.public_id}"
        assert answers(app, cast, preview) == expected(let_in={"counselor"}, right_kind=counselors)


def test_who_may_see_transfers(app: Flask, cast: Cast) -> None:
    counselors = {"counselor", "other_counselor"}
    assert answers(app, cast, "/teacher/transfers") == expected(let_in=counselors, right_kind=counselors)


def test_who_is_told_the_trace(app: Flask, cast: Cast, visited: str) -> None:
    told = answers(app, cast, f"/api/participations/{visited}")
    pupils = {"pupil", "classmate", "other_pupil"}
    assert told == expected(let_in={"pupil", "homeroom_teacher", "counselor"}, right_kind=pupils | TEACHERS)


def test_a_stranger_is_told_nothing(client: Visitor, cast: Cast, visited: str) -> None:
    assert client.get(f"/api/participations/{visited}").status_code == 401
    for path in (
        f"/teacher/occurrences/{cast.visit.public_id}/pupils/{visited}/void",
        f"/venue/occurrences/{cast.visit.public_id}/pupils/{visited}/void",
        f"/teacher/pupils/{cast.pupil.public_id}/merge",
        "/teacher/transfers",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.location.startswith("/sign-in")) == (302, True), path


def test_nobody_else_changes_anything(app: Flask, db_session: Session, cast: Cast, visited: str) -> None:
    transfer, _code = release_student(db_session, student=cast.pupil, released_by=cast.counselor, now=today_at(18))
    db_session.commit()
    own = f"/teacher/pupils/{cast.pupil.public_id}"
    lists = [f"/{face}/occurrences/{cast.visit.public_id}/pupils/{visited}" for face in ("teacher", "venue")]
    steps = {
        f"{lists[0]}/void": {"homeroom_teacher", "counselor"},
        f"{lists[0]}/restore": {"homeroom_teacher", "counselor"},
        f"{lists[1]}/void": {"venue_staff"},
        f"{lists[1]}/restore": {"venue_staff"},
        f"{own}/merge/{cast.classmate.public_id}": {"counselor"},
        f"{own}/transfer": {"counselor"},
        f"/teacher/transfers/{transfer.public_id}/cancel": {"counselor"},
        "/teacher/transfers/receive": {"counselor", "other_counselor"},
        "/teacher/transfers/receive/confirm": {"counselor", "other_counselor"},
    }
    for path, allowed in steps.items():
        for who in EVERYBODY:
            if who in allowed:
                continue
            visitor = Visitor(app)
            visitor.sign_in(cast.users()[who])
            assert visitor.submit(path).status_code in (403, 404), (path, who)
    db_session.rollback()
    for table in (AttendanceDecision, StudentMerge):
        assert db_session.scalar(select(func.count()).select_from(table)) == 0
    assert db_session.scalars(select(Transfer.cancelled_at)).all() == [None]


def test_staff_who_are_told_leave_a_line_in_the_access_log(
    app: Flask, db_session: Session, cast: Cast, visited: str
) -> None:
    visitor = Visitor(app)
    visitor.sign_in(cast.counselor)
    pages = {
        f"/api/participations/{visited}": [f"student:{cast.pupil.public_id}"],
        f"/teacher/occurrences/{cast.visit.public_id}/pupils/{visited}/void": [f"occurrence:{cast.visit.public_id}"],
        f"/teacher/pupils/{cast.pupil.public_id}/merge/{cast.classmate.public_id}": [
            f"student:{cast.pupil.public_id}",
            f"student:{cast.classmate.public_id}",
        ],
        f"/teacher/pupils/{cast.pupil.public_id}/transfer": [f"student:{cast.pupil.public_id}"],
    }
    for path, scopes in pages.items():
        db_session.rollback()
        before = db_session.scalar(select(func.max(AccessLog.id))) or 0
        assert visitor.get(path).status_code == 200
        db_session.rollback()
        new = select(AccessLog.scope).where(AccessLog.id > before).order_by(AccessLog.id)
        assert db_session.scalars(new).all() == scopes, path
