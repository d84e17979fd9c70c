"""Every route of results and of the list, tried as everybody of the cast; what was shown stands in the access log."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.people.models import AccessLog
from credit_app.recognition.results import sheets
from credit_app.recognition.results.models import ListedCompetition, ResultReview, ReviewedResult
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.recognition.entering import enter, entry, listed
from tests.visitor import Visitor

NOT_COUNSELORS = (
    "pupil", "classmate", "other_pupil", "homeroom_teacher", "colleague", "other_teacher", "venue_staff",
    "other_venue_staff", "officer", "second_officer", "other_officer",
)  # fmt: skip
NOT_OFFICERS = (
    "pupil", "classmate", "other_pupil", "homeroom_teacher", "colleague", "counselor", "other_teacher",
    "other_counselor", "venue_staff", "other_venue_staff",
)  # fmt: skip


@pytest.fixture
def ids(db_session: Session, cast: Cast, clock: HeldClock) -> dict[str, str]:
    """A result that waits, a competition on the list, and a sheet between preview and applying."""
    clock.set(today_at(20, 30))
    contest = listed(db_session, cast)
    result = enter(db_session, cast, entry())
    sheet = sheets.keep_sheet(
        db_session,
        school_id=cast.school.id,
        user_id=cast.counselor.id,
        file_name="成果.csv",
        content="姓名,类别,项目或赛事名称,日期,材料编号\n林晓雨,线上学习,认识潮汐,2026-10-01,证书 3".encode(),
        now=today_at(20, 30),
    )
    db_session.commit()
    return {"result": result.public_id, "competition": contest.public_id, "sheet": sheet.public_id}


def teacher_pages(ids: dict[str, str]) -> list[str]:
    own = [f"/teacher/results/{ids['result']}", f"/teacher/results/{ids['result']}/edit"]
    return ["/teacher/results", "/teacher/results/new", "/teacher/results/review", *own, *sheet_pages(ids)]


def sheet_pages(ids: dict[str, str]) -> list[str]:
    template = "/teacher/results/sheet/template"
    return [
        "/teacher/results/sheet", f"{template}.xlsx", f"{template}.csv", f"/teacher/results/sheets/{ids['sheet']}"
    ]  # fmt: skip


def bureau_pages(ids: dict[str, str]) -> list[str]:
    lists = ["/bureau/results", "/bureau/competitions"]
    return [*lists, f"/bureau/results/{ids['result']}", f"/bureau/competitions/{ids['competition']}"]


def owned(pages: list[str], ids: dict[str, str]) -> list[str]:
    return [page for page in pages if any(each in page for each in ids.values())]


def posts(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What somebody would send, by where to."""
    result, sheet = f"/teacher/results/{ids['result']}", f"/teacher/results/sheets/{ids['sheet']}"
    return {
        "/teacher/results/new": {"name": "林晓雨", "category": "online_learning"},
        result: {"decision": "approved"},
        f"{result}/edit": {"category": "competition"},
        f"{result}/withdraw": {},
        "/teacher/results/review": {"button": "approve", "results": ids["result"]},
        "/teacher/results/sheet": {},
        f"{sheet}/apply": {"digest": "0"},
        f"{sheet}/discard": {},
    }


def bureau_posts(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {
        "/bureau/results": {"button": "approve", "results": ids["result"]},
        f"/bureau/results/{ids['result']}": {"decision": "approved"},
        "/bureau/competitions": {"name": "x", "starts_on": "2026-09-01", "source": "y"},
        f"/bureau/competitions/{ids['competition']}": {"name": "x", "starts_on": "2026-09-01", "source": "y"},
    }


def everything(session: Session) -> list[Any]:
    session.rollback()
    results = session.execute(select(ReviewedResult.state, ReviewedResult.title, ReviewedResult.decided_by_id)).all()
    names = session.scalars(select(ListedCompetition.name)).all()
    return [results, names, session.scalar(select(func.count()).select_from(ResultReview))]


def signed_in(app: Flask, cast: Cast, who: str) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(cast.users()[who])
    return visitor


def test_the_counselor_gets_in_everywhere_and_the_log_says_what_was_shown(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str]
) -> None:
    visitor = signed_in(app, cast, "counselor")
    for page in teacher_pages(ids):
        db_session.rollback()
        before = db_session.scalar(select(func.count()).select_from(AccessLog)) or 0
        assert visitor.get(page).status_code == 200, page
        db_session.rollback()
        shown = page.rsplit("/", 1)[-1] not in ("new", "sheet", "template.xlsx", "template.csv")
        assert (db_session.scalar(select(func.count()).select_from(AccessLog)) or 0) - before == shown, page


def test_the_officers_get_in_and_the_log_says_what_was_shown(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str]
) -> None:
    for who in ("officer", "second_officer"):
        visitor = signed_in(app, cast, who)
        assert {page: visitor.get(page).status_code for page in bureau_pages(ids)} == dict.fromkeys(
            bureau_pages(ids), 200
        )
        db_session.rollback()
        scopes = db_session.scalars(select(AccessLog.scope).filter_by(user_id=cast.users()[who].id)).all()
        assert sorted(scopes) == sorted([f"district:{cast.district.public_id}", f"result:{ids['result']}"])


def test_another_school_s_counselor_finds_nothing_of_it(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str]
) -> None:
    visitor, before = signed_in(app, cast, "other_counselor"), everything(db_session)
    pages = owned(teacher_pages(ids), ids)
    assert {page: visitor.get(page).status_code for page in pages} == dict.fromkeys(pages, 404)
    sent = {path: fields for path, fields in posts(ids).items() if any(each in path for each in ids.values())}
    answers = {path: visitor.submit(path, fields).status_code for path, fields in sent.items()}
    assert answers == dict.fromkeys(sent, 404)
    visitor.submit("/teacher/results/review", posts(ids)["/teacher/results/review"])
    assert "林晓雨" not in visitor.get("/teacher/results").text + visitor.get("/teacher/results/review").text
    assert everything(db_session) == before


def test_another_district_s_officer_finds_nothing_of_it(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str]
) -> None:
    visitor, before = signed_in(app, cast, "other_officer"), everything(db_session)
    pages = owned(bureau_pages(ids), ids)
    assert {page: visitor.get(page).status_code for page in pages} == dict.fromkeys(pages, 404)
    sent = {path: fields for path, fields in bureau_posts(ids).items() if any(each in path for each in ids.values())}
    answers = {path: visitor.submit(path, fields).status_code for path, fields in sent.items()}
    assert answers == dict.fromkeys(sent, 404)
    visitor.submit("/bureau/results", bureau_posts(ids)["/bureau/results"])
    assert "林晓雨" not in visitor.get("/bureau/results").text
    assert everything(db_session) == before


@pytest.mark.parametrize("who", NOT_COUNSELORS)
def test_who_is_no_counselor_is_told_so(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str], who: str
) -> None:
    visitor, before = signed_in(app, cast, who), everything(db_session)
    pages = teacher_pages(ids)
    assert {page: visitor.get(page).status_code for page in pages} == dict.fromkeys(pages, 403)
    answers = {path: visitor.submit(path, fields).status_code for path, fields in posts(ids).items()}
    assert answers == dict.fromkeys(posts(ids), 403)
    assert everything(db_session) == before


@pytest.mark.parametrize("who", NOT_OFFICERS)
def test_who_is_no_officer_is_told_so(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str], who: str
) -> None:
    visitor, before = signed_in(app, cast, who), everything(db_session)
    pages = bureau_pages(ids)
    assert {page: visitor.get(page).status_code for page in pages} == dict.fromkeys(pages, 403)
    answers = {path: visitor.submit(path, fields).status_code for path, fields in bureau_posts(ids).items()}
    assert answers == dict.fromkeys(bureau_posts(ids), 403)
    assert everything(db_session) == before


def test_the_anonymous_visitor_is_sent_to_sign_in(client: Visitor, ids: dict[str, str]) -> None:
    for page in [*teacher_pages(ids), *bureau_pages(ids)]:
        answer = client.get(page)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in"), page


def test_a_counselor_whose_role_has_ended_finds_the_door_closed(
    app: Flask, db_session: Session, cast: Cast, ids: dict[str, str]
) -> None:
    cast.counselor.roles[0].ends_on = today_at(1).date().replace(day=16)
    db_session.commit()
    visitor = signed_in(app, cast, "counselor")
    assert visitor.get(f"/teacher/results/{ids['result']}").status_code == 403
