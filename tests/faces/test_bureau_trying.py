"""试算: an officer makes participations up and sees what a rule set gives for them, and why. Nothing is written."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.rule_books.actions import publish_book
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.drafting import address, token_of
from tests.faces.teaching import words
from tests.rule_books.drafting import NOW, a_draft, a_text
from tests.rules.making import BOOKS
from tests.statements import count_statements
from tests.visitor import Visitor

PUBLISHED = "/bureau/rules/sample-2026/try"
CASES = (BOOKS / "sample-2026.cases.yaml").read_text(encoding="utf-8")
ORDINARY = {
    "category": "inquiry_course",
    "on": "2026-10-17",
    "grade": "5",
    "planned_minutes": "120",
    "dwell_minutes": "96",
    "proof": "staff_scan",
    "worksheet": "approved",
    "evidence": "none",
    "level": "",
    "tier": "",
    "role": "participant",
}


@pytest.fixture(autouse=True)
def morning(clock: HeldClock) -> None:
    clock.set(today_at(8))


@pytest.fixture
def officer(client: Visitor, cast: Cast) -> Visitor:
    client.sign_in(cast.officer)
    return client


def rows(*stated: dict[str, str], step: str = "try") -> dict[str, str]:
    """The fields of so many participations; what is not stated is as in `ORDINARY`."""
    sent = {
        f"participations-{at}-{name}": value
        for at, row in enumerate(stated)
        for name, value in (ORDINARY | row).items()
    }
    return sent | {"step": step}


def test_a_participation_is_judged_step_by_step(officer: Visitor) -> None:
    shown = words(officer.submit(PUBLISHED, rows({})).text)
    for said in ("停留 96 分钟，达到要求的 96 分钟", "学习单已通过", "满 2 小时", "本次认定", "一共得 1 学分"):
        assert said in shown


def test_what_would_have_earned_more_is_told(officer: Visitor) -> None:
    shown = words(officer.submit(PUBLISHED, rows({"dwell_minutes": "95"})).text)
    assert "停留 95 分钟，未达到要求的 96 分钟" in shown
    assert "再停留 1 分钟即可，可得 1 学分" in shown
    assert "一共得 0 学分" in shown


def test_limits_are_met_by_several_participations_in_the_order_of_time(officer: Visitor) -> None:
    visit = {"category": "venue_visit", "venue": "海湾科技馆"}
    # Written in another order than they happened: the last day is the one beyond the limit.
    days = [visit | {"on": on} for on in ("2026-10-20", "2026-10-17", "2026-10-18")]
    page = officer.submit(PUBLISHED, rows(*days)).text
    first, *others = page.split("次参与</h2>")[1:]
    assert "在同一场馆已计满 2 次" in first
    assert all("在同一场馆已计满" not in other for other in others)
    assert "一共得 1 学分" in words(page)


def test_a_repeated_participation_reaches_the_cap(officer: Visitor) -> None:
    shown = words(officer.submit(PUBLISHED, rows({"category": "lecture", "repeat": "6"})).text)
    assert "一共得 1.5 学分" in shown
    assert "本类别上限 1.5 学分" in shown


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"category": "competition", "evidence": "approved", "level": "city"}, "不属于名单内赛事"),
        (
            {"category": "competition", "evidence": "approved", "level": "city", "competition": "机器人"},
            "按“市级”计 1.5",
        ),
        ({"category": "volunteer_guide", "role": "guide", "grade": "4"}, "4 年级，不在 5–9 年级范围内"),
        ({"dwell_minutes": ""}, "尚未签退"),
        ({"worksheet": "submitted"}, "条件齐全后认定"),
        ({"on": "2029-01-01"}, "不在这本规则集的有效期内"),
    ],
)
def test_every_field_reaches_the_rules(officer: Visitor, row: dict[str, str], told: str) -> None:
    assert told in words(officer.submit(PUBLISHED, rows(row)).text)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"on": "someday"}, "请填写日期，例如"),
        ({"on": "9999-12-31"}, "请检查年份"),
        ({"on": ""}, "请填写日期"),
        ({"grade": "13"}, "请填写范围内的整数"),
        ({"dwell_minutes": "-1"}, "请填写范围内的整数"),
        ({"planned_minutes": "zwei"}, "请填写整数"),
        ({"repeat": "41"}, "请填写范围内的整数"),
        ({"category": "nosuch"}, "category"),
        ({"venue": "馆" * 61}, "venue"),
    ],
)
def test_a_slip_is_told_at_its_field(officer: Visitor, row: dict[str, str], told: str) -> None:
    answer = officer.submit(PUBLISHED, rows(row))
    assert (answer.status_code, told in answer.text, "一共得" in answer.text) == (422, True, False)
    assert "field--bad" in answer.text


def test_rows_come_and_go(officer: Visitor) -> None:
    page = officer.submit(PUBLISHED, rows({"category": "lecture", "on": "2026-10-31"}, step="add")).text
    assert 'name="participations-1-on" ' in page or 'name="participations-1-on"' in page
    assert 'value="2026-11-01"' in page
    kept = officer.submit(PUBLISHED, rows({"grade": "3"}, {"grade": "4"}, step="remove-0")).text
    assert "participations-1-on" not in kept
    assert 'value="4"' in kept
    for step in ("remove-7", "remove-", "remove-x", "remove-99999999999999999999", "nonsense", ""):
        assert officer.submit(PUBLISHED, rows({}, {}, step=step)).status_code == 200
    many = officer.submit(PUBLISHED, rows(*[{}] * 30)).text
    assert "第 8 次参与" in many
    assert "第 9 次参与" not in many


def test_the_stored_draft_is_tried_or_the_page_says_that_it_is_no_book_yet(
    officer: Visitor, db_session: Session, cast: Cast
) -> None:
    text = a_text("nanshan-2026", "2026-09-01", "2027-08-31").replace("credits: 0.3\n", "credits: 0.4\n", 1)
    draft = a_draft(db_session, cast, text)
    shown = words(officer.submit(f"{address(draft)}/try", rows({"category": "lecture"})).text)
    assert "一共得 0.4 学分" in shown
    broken = a_draft(db_session, cast, "id: x")
    assert "改好以后才能试算" in officer.get(f"{address(broken)}/try").text


def test_the_examples_that_ship_come_out_for_the_sample_and_differ_for_a_changed_copy(
    officer: Visitor, db_session: Session, cast: Cast
) -> None:
    fields = {"step": "shipped", "shipped": "sample-2026"}
    shown = words(officer.submit(PUBLISHED, fields).text)
    assert "23 例全部相符" in shown
    changed = a_text("copy", "2025-09-01", "2028-08-31").replace("credits: 0.3\n", "credits: 0.4\n", 1)
    draft = a_draft(db_session, cast, changed)
    shown = words(officer.submit(f"{address(draft)}/try", fields).text)
    assert "例不符" in shown
    assert "不符 六场讲座，前五场各 0.3，第六场因类别上限 1.5 不计 2026-03-02 学分：应为 0.3，实为 0.4" in shown
    assert officer.submit(PUBLISHED, fields | {"shipped": "../sample-2026"}).status_code == 404


def test_a_copy_for_another_term_is_compared_by_its_clauses(officer: Visitor, db_session: Session, cast: Cast) -> None:
    draft = a_draft(db_session, cast)
    shown = words(officer.submit(f"{address(draft)}/try", {"step": "shipped", "shipped": "sample-2026"}).text)
    assert "按它的有效期运行" in shown
    assert "23 例全部相符" in shown


@pytest.mark.parametrize("upload", [False, True])
def test_examples_of_the_officers_own(officer: Visitor, upload: bool) -> None:
    def run(text: str, charset: str = "utf-8") -> Any:
        fields: dict[str, Any] = {"step": "cases", "cases": "" if upload else text}
        if upload:
            fields["cases_file"] = (io.BytesIO(text.encode(charset)), "x.cases.yaml")
        return officer.submit(PUBLISHED, fields)

    lecture = "{on: 2026-05-06, category: lecture, grade: 3, earns: 0.3}"
    good = f"book: own\ncases:\n  - name: 一场讲座\n    participations:\n      - {lecture}\n"
    assert "1 例全部相符" in run(good).text
    assert "应为 0.2，实为 0.3" in run(good.replace("earns: 0.3", "earns: 0.2")).text
    wrong = run(good.replace("grade", "grad"))
    assert (wrong.status_code, "第 5 行" in wrong.text, "是不是想写“grade”" in wrong.text) == (422, True, True)
    assert run("").status_code == 422
    if upload:
        answer = run(good, "gb18030")
        assert (answer.status_code, "不是 UTF-8 编码" in answer.text) == (422, True)


def test_trying_writes_nothing(officer: Visitor, db_session: Session) -> None:
    token = token_of(officer.get(PUBLISHED))
    for fields in (rows({}), {"step": "shipped", "shipped": "sample-2026"}):
        with count_statements(db.engine) as seen:
            assert officer.post(PUBLISHED, data={**fields, "csrf_token": token}).status_code == 200
        assert [each for each in seen if not each.lstrip().upper().startswith("SELECT")] == []
        assert len(seen) <= 6


def test_anothers_book_is_not_tried(officer: Visitor, db_session: Session, cast: Cast) -> None:
    publish_book(db_session, text=a_text("futian-2027"), now=NOW, district=cast.other_district)
    assert officer.get("/bureau/rules/futian-2027/try").status_code == 404
