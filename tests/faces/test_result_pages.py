"""Results on the pages: entering, deciding singly and several at once, and what pupils and teachers read of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.recognition.results.models import ListedCompetition, ReviewedResult
from credit_app.verification import verify
from tests.cast import TODAY, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import words
from tests.recognition.deciding import entries
from tests.recognition.entering import CONTEST, decide, enter, entry, listed, second_counselor
from tests.statements import count_statements
from tests.visitor import Visitor

FORM = {
    "number": "0501",
    "name": "林晓雨",
    "category": "competition",
    "title": CONTEST,
    "level": "city",
    "occurred_on": "2026-10-17",
    "document_ref": "证书 2026-017",
}


@pytest.fixture(autouse=True)
def evening(clock: HeldClock) -> None:
    clock.set(today_at(20, 30))


def signed_in(app: Flask, user: object) -> Visitor:
    visitor = Visitor(app)
    visitor.sign_in(user)  # type: ignore[arg-type]
    return visitor


def only_result(session: Session) -> ReviewedResult:
    session.rollback()
    return session.scalars(select(ReviewedResult)).one()


def test_from_entering_to_the_pupil_s_page(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    counselor = signed_in(app, cast.counselor)
    shown = words(counselor.submit("/teacher/results/new", FORM, follow_redirects=True).text)
    assert "已登记，等另一位审核" in shown
    assert "您登记的成果须由另一位审核" in shown  # why there is no button to decide
    result = only_result(db_session)

    pupil = signed_in(app, cast.pupil.user)
    waiting = words(pupil.get("/pupil").text)
    assert CONTEST in waiting
    assert "证明材料正在审核" in waiting
    assert "证明材料正在审核" in words(pupil.get(f"/pupil/credits/{result.public_id}").text)

    officer = signed_in(app, cast.officer)
    assert "待审核成果 1" in words(officer.get("/bureau").text)
    page = words(officer.get(f"/bureau/results/{result.public_id}").text)
    for told in (
        "林晓雨 · 0501 · 5 年级",
        "海天学校",
        "市级",
        "证书 2026-017",
        "在赛事名单上",
        "审核通过后预计",
        "1.5 学分",
    ):
        assert told in page, told
    answer = officer.submit(f"/bureau/results/{result.public_id}", {"decision": "approved"}, follow_redirects=True)
    assert "已通过 1 项成果。学分合计 +1.5" in words(answer.text)

    for visitor, path in (
        (pupil, f"/pupil/credits/{result.public_id}"),
        (counselor, f"/teacher/pupils/{cast.pupil.public_id}/participations/{result.public_id}"),
        (counselor, f"/teacher/results/{result.public_id}"),
    ):
        page = words(visitor.get(path).text)
        for told in ("+1.5", "属于名单内赛事", "证明材料已通过审核", "按“市级”计 1.5 学分", "证书 2026-017"):
            assert told in page, (path, told)
    for visitor, path in (
        (pupil, "/pupil"),
        (pupil, "/pupil/credits"),
        (counselor, f"/teacher/pupils/{cast.pupil.public_id}"),
    ):
        assert f"{CONTEST} 2026-10-17 · 证书 2026-017 +1.5" in words(visitor.get(path).text).replace("\xa0", " ")
    assert [str(finding) for finding in verify(db_session)] == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"number": "0599"}, "本校没有学号为 0599 的学生"),
        ({"name": "孙浩"}, "学号 0501 的学生不叫“孙浩”"),
        ({"number": "", "name": "何静"}, "本校没有叫“何静”的学生"),  # of another school
        ({"occurred_on": ""}, "请填写日期"),
        ({"occurred_on": "2026-10-18"}, "日期还没有到"),
        ({"occurred_on": "2026-08-31"}, "在这一天不是本校的学生"),
        ({"level": "done"}, "请填写等级"),
        ({"document_ref": " "}, "审核时要核对"),
        ({"title": ""}, "请填写项目或赛事名称"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_entered(
    app: Flask, db_session: Session, cast: Cast, change: dict[str, str], told: str
) -> None:
    counselor = signed_in(app, cast.counselor)
    answer = counselor.submit("/teacher/results/new", {**FORM, **change})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert told in words(answer.text)
    assert CONTEST in answer.text or "title" in change  # what was written is not lost
    db_session.rollback()
    assert db_session.scalars(select(ReviewedResult)).all() == []


def test_the_same_result_a_second_time_is_a_conflict(app: Flask, db_session: Session, cast: Cast) -> None:
    counselor = signed_in(app, cast.counselor)
    counselor.submit("/teacher/results/new", FORM)
    answer = counselor.submit("/teacher/results/new", FORM)
    assert answer.status_code == 409
    assert "已经登记过" in words(answer.text)
    only_result(db_session)


def test_a_result_is_corrected_returned_and_withdrawn(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    counselor, officer = signed_in(app, cast.counselor), signed_in(app, cast.officer)
    counselor.submit("/teacher/results/new", FORM)
    public_id = only_result(db_session).public_id
    page, bureau_page = f"/teacher/results/{public_id}", f"/bureau/results/{public_id}"

    assert officer.submit(bureau_page, {"decision": "returned"}).status_code == 422  # without a word
    officer.submit(bureau_page, {"decision": "returned", "remark": "等级写错了"})
    assert "等级写错了" in words(counselor.get(page).text)
    assert "等级写错了" in words(counselor.get("/teacher/results?state=returned").text)
    pupil = signed_in(app, cast.pupil.user)
    assert "待认定" in words(pupil.get(f"/pupil/credits/{public_id}").text)

    counselor.submit(f"{page}/edit", {**FORM, "level": "district"})
    assert only_result(db_session).level == "district"
    answer = counselor.submit(f"{page}/withdraw", follow_redirects=True)
    assert "已撤回" in words(answer.text)
    assert only_result(db_session).state == "withdrawn"
    assert pupil.get(f"/pupil/credits/{public_id}").status_code == 404
    assert "已经审核" in words(counselor.submit(f"{page}/edit", FORM).text)


def test_the_enterer_is_told_why_and_the_second_counselor_decides(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    other = second_counselor(db_session, cast)
    counselor, colleague = signed_in(app, cast.counselor), signed_in(app, other)

    page = f"/teacher/results/{result.public_id}"
    assert 'value="approved"' not in counselor.get(page).text
    assert "须由另一位审核" in words(counselor.get("/teacher/results/review").text)
    for path, fields in (
        (page, {"decision": "approved"}),
        ("/teacher/results/review", {"button": "approve", "results": result.public_id}),
    ):
        answer = counselor.submit(path, fields)
        assert answer.status_code == 422
        assert "您登记的成果须由另一位审核" in words(answer.text)
    assert entries(db_session, cast.pupil) == []

    assert 'value="approved"' in colleague.get(page).text
    colleague.submit("/teacher/results/review", {"button": "approve", "results": result.public_id})
    assert entries(db_session, cast.pupil) == [("award", "competition", 150)]


def test_several_at_once(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    results = [enter(db_session, cast, entry(), student=each) for each in (cast.pupil, cast.classmate)]
    chosen = [result.public_id for result in results]
    officer = signed_in(app, cast.officer)

    assert "请先勾选" in words(officer.submit("/bureau/results", {"button": "approve"}).text)
    refused = officer.submit("/bureau/results", {"button": "return", "results": chosen})
    assert (refused.status_code, "请写明原因" in words(refused.text)) == (422, True)
    answer = officer.submit("/bureau/results", {"button": "approve", "results": chosen}, follow_redirects=True)

    assert "已通过 2 项成果。学分合计 +3" in words(answer.text)
    assert "没有等待审核的成果" in words(answer.text)
    again = officer.submit("/bureau/results", {"button": "approve", "results": chosen}, follow_redirects=True)
    assert "已由别人审核过" in words(again.text)


def test_an_approval_is_taken_back_by_two(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry())
    decide(db_session, cast, result)
    page = f"/bureau/results/{result.public_id}"
    first, second = signed_in(app, cast.officer), signed_in(app, cast.second_officer)

    first.submit(page, {"decision": "ask_revocation", "remark": "证书被收回"})
    assert "须由另一位确认" in words(first.get(page).text)
    assert first.submit(page, {"decision": "confirm_revocation"}).status_code == 422
    assert "证书被收回" in words(second.get(page).text)
    second.submit(page, {"decision": "confirm_revocation"})

    assert [amount for _kind, _category, amount in entries(db_session, cast.pupil)] == [150, -150]
    shown = words(signed_in(app, cast.pupil.user).get(f"/pupil/credits/{result.public_id}").text)
    assert "证书被收回" in shown
    assert "变更记录" in shown


def test_an_officer_keeps_the_list(app: Flask, db_session: Session, cast: Cast) -> None:
    officer = signed_in(app, cast.officer)
    fields = {"name": "机器人普及赛", "starts_on": "2026-09-01", "source": "区教育局 2026 年名单"}
    officer.submit("/bureau/competitions", fields)
    assert "机器人普及赛" in words(officer.get("/bureau/competitions").text)
    twice = officer.submit("/bureau/competitions", fields)
    assert (twice.status_code, "名单里已有这项赛事" in words(twice.text)) == (409, True)
    assert officer.submit("/bureau/competitions", {**fields, "source": ""}).status_code == 422

    db_session.rollback()
    page = f"/bureau/competitions/{db_session.scalars(select(ListedCompetition.public_id)).one()}"
    officer.submit(page, {**fields, "name": "机器人大赛", "ends_on": "2026-10-01"})
    shown = words(officer.get("/bureau/competitions").text)
    assert "机器人大赛" in shown.partition("尚未开始或已结束")[2]
    assert officer.submit(page, {**fields, "ends_on": "2026-08-01"}).status_code == 422
    # The counselor's form offers what is on the list today.
    assert "机器人大赛" not in signed_in(app, cast.counselor).get("/teacher/results/new").text


def test_the_list_is_narrowed_by_state_category_and_words(app: Flask, db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    decide(db_session, cast, enter(db_session, cast, entry()))
    enter(db_session, cast, entry("done", title="会呼吸的墙", category="research_project"), student=cast.classmate)
    counselor = signed_in(app, cast.counselor)

    def shown(query: str) -> tuple[bool, bool]:
        told = words(counselor.get(f"/teacher/results?{query}").text)
        return CONTEST in told, "会呼吸的墙" in told

    assert shown("") == (True, True)
    assert shown("state=approved") == (True, False)
    assert shown("category=research_project") == (False, True)
    assert shown("q=孙浩") == (False, True)
    assert shown("q=2026-017") == (True, True)
    assert shown("q=%25") == (False, False)


def test_the_pages_ask_as_many_statements_however_many_results_there_are(
    app: Flask, db_session: Session, cast: Cast
) -> None:
    listed(db_session, cast)
    first = enter(db_session, cast, entry())
    decided = enter(db_session, cast, entry("nation"))
    decide(db_session, cast, decided)
    pages = {
        "/teacher/results": cast.counselor,
        "/teacher/results/review": cast.counselor,
        f"/teacher/results/{first.public_id}": cast.counselor,
        f"/teacher/results/{decided.public_id}": cast.counselor,
        "/teacher/results/new": cast.counselor,
        "/bureau/results": cast.officer,
        "/bureau/competitions": cast.officer,
        "/pupil": cast.pupil.user,
        "/pupil/credits": cast.pupil.user,
        f"/pupil/credits/{decided.public_id}": cast.pupil.user,
        f"/teacher/pupils/{cast.pupil.public_id}": cast.counselor,
    }
    visitors = {user.id: signed_in(app, user) for user in pages.values() if user is not None}

    def counted() -> dict[str, int]:
        found = {}
        for path, user in pages.items():
            assert user is not None
            visitors[user.id].get(path)
            with count_statements(db.engine) as seen:
                assert visitors[user.id].get(path).status_code == 200
            found[path] = len(seen)
        return found

    before = counted()
    for days in range(1, 6):
        enter(db_session, cast, entry(on=TODAY - timedelta(days=days)))
        decide(db_session, cast, enter(db_session, cast, entry("entry", on=TODAY - timedelta(days=days))))
        listed(db_session, cast, f"第 {days} 届比赛")
    assert counted() == before
    assert max(count for path, count in before.items() if "result" in path) <= 12, before
    assert max(before.values()) <= 23, before  # the pupil's page: results, cards, questions and all


def test_a_pupil_s_page_leads_to_a_form_in_which_the_pupil_stands(app: Flask, db_session: Session, cast: Cast) -> None:
    """For who may enter results; a homeroom teacher sees no such button."""
    page = f"/teacher/pupils/{cast.pupil.public_id}"
    address = f"/teacher/results/new?pupil={cast.pupil.public_id}"
    counselor = signed_in(app, cast.counselor)
    assert f'href="{address}"' in counselor.get(page).text
    form = counselor.get(address).text
    assert 'value="0501"' in form
    assert 'value="林晓雨"' in form
    assert "/teacher/results/new" not in signed_in(app, cast.homeroom_teacher).get(page).text


def test_all_that_is_wrong_is_told_at_once(app: Flask, db_session: Session, cast: Cast) -> None:
    counselor = signed_in(app, cast.counselor)
    answer = counselor.submit("/teacher/results/new", {**FORM, "occurred_on": "", "level": "", "document_ref": ""})
    told = words(answer.text)
    for fault in ("请填写日期", "请填写等级", "审核时要核对"):
        assert fault in told, fault
