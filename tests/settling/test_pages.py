"""The pages of settlements and corrections: the cast at every door, the way through, what they ask the database."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.extensions import db
from credit_app.ledger.models import LedgerCorrection, LedgerEntry, Settlement
from credit_app.people.models import AccessLog
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.progress.year import newcomer
from tests.scenes import scan, stay
from tests.settling.year import FROZEN_AT, SETTLED_AT, entries, findings, frozen, in_notice, settled
from tests.statements import count_statements
from tests.visitor import Visitor

WITHOUT_OFFICERS = ("pupil", "homeroom_teacher", "colleague", "counselor", "other_counselor", "venue_staff")


def as_(app: Flask, user: object) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)  # type: ignore[arg-type]
    return visitor


def awarded(session: Session, cast: Cast) -> str:
    """The pupil visited; the id of the participation."""
    stay(session, cast.pupil, cast.visit, today_at(13), today_at(14))
    return session.scalars(
        select(LedgerEntry.participation).where(LedgerEntry.account_id == cast.pupil.account_ref)
    ).one()


def proposal(app: Flask, session: Session, cast: Cast, credits: str = "-0.2") -> str:
    """The counselor proposes on the participation's page; the correction's id."""
    participation = awarded(session, cast)
    page = f"/teacher/pupils/{cast.pupil.public_id}/participations/{participation}/correction"
    fields = {"credits": credits, "reason": "讲解员记错了场次", "document_ref": "12 号"}
    answer = as_(app, cast.counselor).submit(page, fields)
    assert answer.status_code == 303, words(answer.text)
    return session.scalars(select(LedgerCorrection.public_id)).one()


def test_the_cast_at_the_bureaus_doors(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(20))
    correction = proposal(app, db_session, cast)
    clock.set(SETTLED_AT)
    settlement = settled(db_session, cast).public_id
    school = cast.school.public_id
    of_one = [
        f"/bureau/settlements/{settlement}",
        f"/bureau/settlements/{settlement}/settle",
        f"/bureau/settlements/{settlement}/schools/{school}",
        f"/bureau/settlements/{settlement}/schools/{school}.csv",
        f"/bureau/settlements/{settlement}/schools/{school}.xlsx",
        f"/bureau/corrections/{correction}",
    ]
    of_all = ["/bureau/settlements", "/bureau/corrections", "/bureau/corrections/new"]
    posts = [
        f"/bureau/settlements/{settlement}/notice",
        f"/bureau/settlements/{settlement}/settle",
        f"/bureau/corrections/{correction}",
        f"/bureau/corrections/{correction}/propose",
        f"/bureau/corrections/{correction}/withdraw",
    ]
    for path in of_one + of_all:
        assert "/sign-in?next=" in (client.get(path).location or ""), path
    for who in WITHOUT_OFFICERS:
        visitor = as_(app, cast.users()[who])
        assert {visitor.get(path).status_code for path in of_one + of_all} == {403}, who
        assert {visitor.submit(path).status_code for path in posts} == {403}, who
    other = as_(app, cast.other_officer)
    assert {path: other.get(path).status_code for path in of_one} == dict.fromkeys(of_one, 404)
    assert {path: other.submit(path).status_code for path in posts} == dict.fromkeys(posts, 404)
    assert {other.get(path).status_code for path in of_all} == {200}
    for officer in (cast.officer, cast.second_officer):
        visitor = as_(app, officer)
        # What has been settled is not settled again: the page of that step leads back to the year's.
        expected = dict.fromkeys(of_one + of_all, 200) | {f"/bureau/settlements/{settlement}/settle": 302}
        assert {path: visitor.get(path).status_code for path in of_one + of_all} == expected
    freeze = {"district": cast.district.public_id, "year": YEAR}
    assert other.submit("/bureau/settlements", freeze).status_code == 404
    assert findings(db_session) == []


def test_the_cast_at_the_schools_doors(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(20))
    correction = proposal(app, db_session, cast)
    participation = db_session.scalars(select(LedgerCorrection.participation)).one()
    clock.set(SETTLED_AT)
    settlement = settled(db_session, cast).public_id
    lists = [
        "/teacher/settlements",
        *(f"/teacher/settlements/{settlement}{suffix}" for suffix in ("", ".csv", ".xlsx")),
    ]
    counselors = ["/teacher/corrections", f"/teacher/corrections/{correction}"]
    form = f"/teacher/pupils/{cast.pupil.public_id}/participations/{participation}/correction"
    posts = [f"/teacher/corrections/{correction}/propose", f"/teacher/corrections/{correction}/withdraw", form]
    for path in (*lists, *counselors, form):
        assert "/sign-in?next=" in (client.get(path).location or ""), path
    for who in ("pupil", "venue_staff", "officer"):
        visitor = as_(app, cast.users()[who])
        assert {visitor.get(path).status_code for path in (*lists, *counselors, form)} == {403}, who
    for who in ("homeroom_teacher", "colleague"):
        visitor = as_(app, cast.users()[who])
        assert {visitor.get(path).status_code for path in lists} == {200}, who
        assert {visitor.get(path).status_code for path in (*counselors, form)} == {403}, who
        assert {visitor.submit(path).status_code for path in posts} == {403}, who
    own = as_(app, cast.counselor)
    assert {path: own.get(path).status_code for path in (*lists, *counselors)} == dict.fromkeys(
        [*lists, *counselors], 200
    )
    other = as_(app, cast.other_counselor)
    assert other.get(counselors[1]).status_code == 404
    assert other.get(form).status_code == 404
    assert {other.submit(path).status_code for path in posts} == {404}
    # The other school's list is the other school's.
    assert cast.pupil.name not in other.get(f"/teacher/settlements/{settlement}").text
    assert cast.pupil.name in own.get(f"/teacher/settlements/{settlement}").text


def test_teachers_see_the_list_from_the_notice_on_and_the_counselor_before(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(FROZEN_AT)
    page = f"/teacher/settlements/{frozen(db_session, cast).public_id}"
    assert as_(app, cast.homeroom_teacher).get(page).status_code == 404
    assert "还没有公示" in as_(app, cast.homeroom_teacher).get("/teacher/settlements").text
    assert as_(app, cast.counselor).get(page).status_code == 200


def test_officers_settle_a_year_page_by_page(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    have_been_there(db_session, cast)
    clock.set(FROZEN_AT)
    first, second = as_(app, cast.officer), as_(app, cast.second_officer)
    assert "开始结算" in first.get("/bureau/settlements").text
    answer = first.submit("/bureau/settlements", {"district": cast.district.public_id, "year": YEAR})
    page = answer.location
    assert "海天学校 1 0 0 0 1" in words(first.get(page).text)
    refused = first.submit(f"{page}/notice", {"until_on": "2027-09-05", "contact": "基教科"})
    assert (refused.status_code, "最早到 2027-09-10" in refused.text) == (422, True)
    assert first.submit(f"{page}/notice", {"until_on": "x", "contact": ""}).status_code == 422
    assert first.submit(f"{page}/notice", {"until_on": "2027-09-10", "contact": "基教科 8123"}).status_code == 303
    assert second.submit(f"{page}/settle", {"sure": "y"}).status_code == 409  # the notice is not over
    assert (second.get(f"{page}/settle").location or "").endswith(page), "the year's page says why not"
    clock.set(SETTLED_AT)
    first, second = as_(app, cast.officer), as_(app, cast.second_officer)
    assert first.submit(f"{page}/settle", {"sure": "y"}).status_code == 409  # the same officer
    assert (first.get(f"{page}/settle").location or "").endswith(page)
    assert second.get(f"{page}/settle").status_code == 200
    assert second.submit(f"{page}/settle", {}).status_code == 422
    assert second.submit(f"{page}/settle", {"sure": "y"}).status_code == 303
    assert "已完成 0 / 2 所学校" in words(second.get(page).text)
    jobs.run_job("settle_years")
    shown = words(second.get(page).text)
    assert "海天学校 2 0 2 2 2 0" in shown
    assert "不能重新打开" in shown
    assert findings(db_session) == []


def test_the_list_as_files_and_its_order(app: Flask, db_session: Session, cast: Cast, clock: HeldClock) -> None:
    have_been_there(db_session, cast)
    clock.set(SETTLED_AT)
    settlement = settled(db_session, cast).public_id
    visitor = as_(app, cast.counselor)
    text = visitor.get(f"/teacher/settlements/{settlement}.csv").data.decode("utf-8-sig")
    rows = [line.split(",") for line in text.splitlines() if line.startswith("五")]
    assert [(row[1], row[2]) for row in rows] == [("0501", "林晓雨"), ("0502", "孙浩")]
    assert rows[0][-2:] == ["未达标", "7.2 学分、1 个类别"] or rows[0][-2] == "未达标"
    assert visitor.get(f"/teacher/settlements/{settlement}.xlsx").data.startswith(b"PK")
    db_session.rollback()
    scopes = set(db_session.scalars(select(AccessLog.scope)))
    assert f"settlement:{settlement}.{cast.school.public_id}" in scopes


def test_a_correction_from_the_counselor_to_the_pupils_page(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(20))
    correction = proposal(app, db_session, cast)
    officer = as_(app, cast.officer)
    assert "林晓雨" in words(officer.get("/bureau/corrections").text)
    page = f"/bureau/corrections/{correction}"
    assert officer.submit(page, {"decision": "refused", "remark": ""}).status_code == 422
    assert officer.submit(page, {"decision": "nonsense"}).status_code == 422
    assert officer.submit(page, {"decision": "approved", "remark": ""}).status_code == 303
    assert officer.submit(page, {"decision": "approved", "remark": ""}).status_code == 409
    participation = db_session.scalars(select(LedgerCorrection.participation)).one()
    told = "更正学分：讲解员记错了场次（科技辅导员提出，教育局工作人员批准）"
    for who, path in (
        (cast.pupil.user, f"/pupil/credits/{participation}"),
        (cast.homeroom_teacher, f"/teacher/pupils/{cast.pupil.public_id}/participations/{participation}"),
    ):
        assert told in words(as_(app, who).get(path).text)
    db_session.rollback()
    assert entries(db_session, cast.pupil)[-1] == ("adjustment", -20, "corrected")
    assert findings(db_session) == []


def test_an_officer_proposes_and_only_the_other_one_decides(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(20))
    participation = awarded(db_session, cast)
    first = as_(app, cast.officer)
    fields = {"participation": participation, "credits": "0.3", "reason": "漏记", "document_ref": "3 号"}
    for wrong, message in (
        ({"participation": "nosuchthing"}, "本区没有这个编号的参与"),
        ({"credits": "many"}, "请填写学分"),
        ({"credits": "0.001"}, "最多两位小数"),
        ({"credits": "NaN"}, "请填写学分"),
        ({"reason": ""}, "请写明更正的原因"),
    ):
        answer = first.submit("/bureau/corrections/new", fields | wrong)
        assert (answer.status_code in (404, 422), message in answer.text) == (True, True), wrong
    assert as_(app, cast.other_officer).submit("/bureau/corrections/new", fields).status_code == 422
    page = first.submit("/bureau/corrections/new", fields).location
    assert first.submit(page, {"decision": "approved"}).status_code == 409
    assert "需要另一位工作人员决定" in first.get(page).text
    assert as_(app, cast.second_officer).submit(page, {"decision": "approved"}).status_code == 303
    assert entries(db_session, cast.pupil)[-1] == ("adjustment", 30, "corrected")


def test_a_late_scan_is_taken_up_by_the_school_and_approved_by_the_bureau(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    scan(db_session, cast.pupil, cast.visit, "in", today_at(13))
    clock.set(SETTLED_AT)
    settled(db_session, cast)
    scan(db_session, cast.pupil, cast.visit, "out", today_at(14))
    correction = db_session.scalars(select(LedgerCorrection.public_id)).one()
    counselor, officer = as_(app, cast.counselor), as_(app, cast.officer)
    page = f"/teacher/corrections/{correction}"
    assert "结算后补记" in words(counselor.get("/teacher/corrections").text)
    assert counselor.submit(f"{page}/propose", {"reason": "", "document_ref": "1"}).status_code == 422
    assert counselor.submit(f"{page}/propose", {"reason": "断网晚到", "document_ref": "1"}).status_code == 303
    assert counselor.submit(f"{page}/withdraw").status_code == 303
    assert counselor.submit(f"{page}/propose", {"reason": "断网晚到", "document_ref": "1"}).status_code == 303
    answer = officer.submit(f"/bureau/corrections/{correction}", {"decision": "approved"}, follow_redirects=True)
    assert "学分变动 +0.5" in answer.text
    assert findings(db_session) == []


def test_the_pupil_reads_that_the_year_is_settled(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    awarded(db_session, cast)
    clock.set(SETTLED_AT)
    pupil = as_(app, cast.pupil.user)
    assert "已结算" not in pupil.get(f"/pupil/credits?year={YEAR}").text
    settled(db_session, cast)
    assert "已结算" in words(pupil.get(f"/pupil/credits?year={YEAR}").text)
    assert "已结算" not in words(pupil.get("/pupil/credits?year=2027-2028").text)


def test_the_pages_ask_as_many_statements_however_many_pupils(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(FROZEN_AT)
    settlement = in_notice(db_session, cast)
    officer, counselor = as_(app, cast.officer), as_(app, cast.counselor)
    page = f"/bureau/settlements/{settlement.public_id}"
    pages = [
        (officer, "/bureau/settlements"),
        (officer, page),
        (officer, f"{page}/schools/{cast.school.public_id}"),
        (counselor, f"/teacher/settlements/{settlement.public_id}"),
        (officer, "/bureau/corrections"),
    ]

    def statements() -> list[int]:
        counts = []
        for visitor, path in pages:
            visitor.get(path)
            with count_statements(db.engine) as seen:
                assert visitor.get(path).status_code == 200
            counts.append(len(seen))
        return counts

    before = statements()
    for number in range(3):
        newcomer(db_session, cast.school_class, f"新同学{number}", f"06{number}")
    stay(db_session, cast.classmate, cast.lecture, today_at(9), today_at(10))
    assert statements() == before
    assert max(before) <= 13, before
    assert db_session.scalars(select(Settlement.state)).one() == "public_notice"
