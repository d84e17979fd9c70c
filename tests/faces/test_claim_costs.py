"""A claim confirmed by a program, and what claims cost the database, statement by statement."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import Flask
from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.queries import scan_context
from credit_app.rules.calendar import LOCAL
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.phones import Phone, code_of, hidden_fields, nothing_came_of_it, scans
from tests.scenes import stay
from tests.statements import count_statements


def api(phone: Phone, **body: object) -> tuple[int, dict[str, object]]:
    token = hidden_fields(phone.get("/pupil").text)["csrf_token"]
    answer = phone.post("/api/claims", json=body, headers={"X-CSRFToken": token})
    return answer.status_code, answer.get_json()


def test_a_program_confirms_the_same_way(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(9))
    phone.open_code(cast.lecture, "in", now)
    first = api(phone)
    assert first[0] == 200
    assert (first[1]["status"], first[1]["gained"], first[1]["title"]) == ("ok", 30, "签到成功")
    assert api(phone) == first
    assert scans(db_session) == ["ok"]


def test_a_program_is_told_what_is_wrong(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(13))
    assert api(phone) == (
        400,
        {
            "status": "code_invalid",
            "title": "这不是有效的签到码",
            "next_step": "请扫描场馆屏幕上的码，或请工作人员帮忙。",
        },
    )
    phone.open_code(cast.visit, "in", now)
    assert api(phone, occurrence=cast.lecture.handle)[1]["status"] == "wrong_occurrence"
    assert nothing_came_of_it(db_session)


def test_a_program_must_be_a_pupil_s(app: Flask, cast: Cast, clock: HeldClock) -> None:
    now = clock.set(today_at(13))
    phone = Phone(app)
    phone.open_code(cast.visit, "in", now)
    token = hidden_fields(phone.get("/k").text)["csrf_token"]
    assert phone.post("/api/claims", headers={"X-CSRFToken": token}).status_code == 401
    phone = Phone(app, cast.homeroom_teacher)
    phone.open_code(cast.visit, "in", now)
    token = hidden_fields(phone.get("/k").text)["csrf_token"]
    answer = phone.post("/api/claims", headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.get_json()["status"]) == (403, "not_a_pupil")


# What it costs.

ON_THE_WAY = {
    "context": "FROM occurrence JOIN activity",
    "attendance": "attendance",
    "account, locked": "FROM ledger_account",
    "entry": "INSERT INTO ledger_entry",
    "account, moved on": "UPDATE ledger_account",
    "balance": "INSERT INTO ledger_balance",
    "scan, with its answer": "INSERT INTO scan_event",
}


def statements_of(app: Flask, db_session: Session, phone: Phone) -> list[str]:
    """The statements of confirming, without that which finds out who is signed in."""
    token = hidden_fields(phone.get("/pupil").text)["csrf_token"]
    with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
        answer = phone.post("/api/claims", headers={"X-CSRFToken": token})
    assert answer.get_json()["gained"] > 0
    return [" ".join(statement.split()) for statement in seen if "sign_in_session" not in statement]


def named(statements: list[str]) -> list[str]:
    """Each statement by the name of what it does, the first that fits."""
    order = [
        "scan, with its answer",
        "entry",
        "account, moved on",
        "balance",
        "account, locked",
        "context",
        "attendance",
    ]
    return [next(name for name in order if ON_THE_WAY[name] in statement) for statement in statements]


def test_a_check_in_that_awards_takes_seven_statements(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(9))
    phone.scan(cast.lecture, "in", now)  # opens the account, which costs a statement once in a pupil's life
    second = Occurrence(
        activity=cast.lecture.activity,
        starts_at=today_at(11),
        ends_at=today_at(12),
        occurs_on=cast.lecture.occurs_on,
    )
    db_session.add(second)
    db_session.flush()
    phone.open_code(second, "in", clock.set(today_at(11)))
    assert named(statements_of(app, db_session, phone)) == list(ON_THE_WAY)


def test_a_check_out_that_awards_takes_seven_statements(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(9))
    phone.scan(cast.lecture, "in", now)
    phone.scan(cast.visit, "in", clock.set(today_at(13)))
    phone.open_code(cast.visit, "out", clock.set(today_at(14)))
    assert named(statements_of(app, db_session, phone)) == list(ON_THE_WAY)


def test_the_very_first_check_in_and_one_of_the_last_seats_take_one_more(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    phone, now = Phone(app, cast.pupil.user), clock.set(today_at(9))
    phone.open_code(cast.lecture, "in", now)
    assert len(statements_of(app, db_session, phone)) == 8
    cast.course.activity.category = "lecture"
    cast.course.capacity = 3
    phone.open_code(cast.course, "in", clock.set(today_at(10)))
    postgresql = db_session.get_bind().dialect.name == "postgresql"
    assert len(statements_of(app, db_session, phone)) == (8 if postgresql else 7)


def test_the_pages_of_a_claim_ask_little(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    """A hall opens codes at the same minute: one statement for a stranger, two for who is signed in."""
    stranger, phone, now = Phone(app), Phone(app, cast.pupil.user), clock.set(today_at(13))
    address = "/K/" + code_of(cast.visit, "in", now)
    asked = {}
    for name, visitor, page in (
        ("code", stranger, address),
        ("code, signed in", phone, address),
        ("sign-in form", stranger, "/k"),
        ("button", phone, "/k"),
    ):
        with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
            assert visitor.get(page).status_code in {200, 303}
        asked[name] = len(seen)
    assert asked == {"code": 1, "code, signed in": 1, "sign-in form": 1, "button": 2}


def test_the_answer_to_a_check_out_costs_the_same_for_a_busy_pupil(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    """Beside deciding: why, and how the year stands."""
    asked = []
    for run, day in enumerate((cast.visit.occurs_on, cast.visit.occurs_on.replace(day=18))):
        if run:
            for hour in (9, 10, 11):
                another = a_run(db_session, cast.lecture, cast.lecture.occurs_on.replace(day=18), hour)
                stay(db_session, cast.pupil, another, another.starts_at, another.ends_at)
        visit = a_run(db_session, cast.visit, day, 14)
        clock.set(visit.starts_at)
        phone = Phone(app, cast.pupil.user)
        phone.scan(visit, "in", visit.starts_at)
        phone.open_code(visit, "out", clock.forward(minutes=50))
        page = phone.get("/k").text
        with count_statements(db_session.get_bind()) as seen:  # type: ignore[arg-type]
            assert "签退成功" in phone.confirm(page=page).text
        asked.append(len(seen))
    assert asked[0] == asked[1] + 1  # the very first entry opens the account
    assert asked[1] <= 20


def a_run(session: Session, like: Occurrence, day: date, hour: int) -> Occurrence:
    """One more run of the activity, of an hour."""
    starts_at = datetime.combine(day, time(hour), LOCAL)
    run = Occurrence(activity=like.activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), occurs_on=day)
    session.add(run)
    session.flush()
    return run


def test_the_scan_s_question_finds_only_the_asker_s_own_pupil(db_session: Session, cast: Cast) -> None:
    asked = {"handle": cast.visit.handle, "origin": "claim", "client_uid": "nonce"}
    assert cast.pupil.user_id is not None
    context = scan_context(db_session, user_id=cast.pupil.user_id, **asked)
    assert context is not None
    assert context.student_id == cast.pupil.id
    assert scan_context(db_session, user_id=cast.homeroom_teacher.id, **asked) is None
