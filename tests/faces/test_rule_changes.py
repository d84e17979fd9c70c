"""The officer's way from a draft to a replay: tried on the real year, read, taken along, carried out; and by nobody
else."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app import jobs
from credit_app.extensions import db
from credit_app.ledger.changes import Replay, SimulatedChange, Simulation
from credit_app.ledger.models import LedgerEntry
from credit_app.people.models import AccessLog
from credit_app.rule_books.actions import publish_book
from credit_app.rule_books.models import RuleBookDraft
from tests.cast import YEAR, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import have_been_there, words
from tests.ledger.changing import broken_rows, drafted, new_rules, published, took_part
from tests.ledger.facts import visit
from tests.progress.year import newcomer
from tests.scenes import stay
from tests.statements import count_statements
from tests.visitor import Visitor


@pytest.fixture
def draft(db_session: Session, cast: Cast, clock: HeldClock) -> RuleBookDraft:
    """Pupils have been there under the city's rules; the draft gives more for a visit, less for a lecture."""
    have_been_there(db_session, cast)
    stay(db_session, cast.other_pupil, cast.visit, today_at(13), today_at(14))
    clock.set(today_at(18))
    return drafted(db_session, cast, new_rules(lecture="0.2"))


def order(visitor: Visitor, draft: RuleBookDraft, year: str = YEAR) -> str:
    """The draft is simulated; the address of its result."""
    answer = visitor.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": year})
    assert answer.status_code == 302, answer.text
    jobs.run_job("work_off_rule_changes")
    return str(answer.location)


def test_a_draft_is_tried_and_the_result_says_who_gains_and_who_loses(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    assert "还没有做过模拟" in client.get(f"/bureau/rules/drafts/{draft.public_id}/simulate").text
    answer = client.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": YEAR})
    waiting = client.get(answer.location).text
    assert "正在排队" in waiting
    assert client.get(f"{answer.location}/progress").get_json() == {
        "done": 0,
        "in_all": 0,
        "running": True,
        "state": "queued",
    }
    before = db_session.scalar(select(func.count()).select_from(LedgerEntry))
    jobs.run_job("work_off_rule_changes")
    told = words(client.get(answer.location).text)
    assert "学分增加的学生 2 " in told
    assert "学分减少的学生 0 " in told
    assert "学分合计 1.8 现行 1.3，差 +0.5" in told
    assert "青蓝学校 1 0 0 0.5 0.8 +0.3" in told
    assert "场馆参观 2 0 0 1 1.6 +0.6" in told
    assert "科普讲座 0 1 0 0.3 0.2 −0.1" in told
    assert "林晓雨" not in told
    assert client.get(f"{answer.location}/progress").get_json()["running"] is False
    assert db_session.scalar(select(func.count()).select_from(LedgerEntry)) == before


def test_a_changed_award_shows_both_judgements_side_by_side(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    result = order(client, draft)
    first = db_session.scalars(select(SimulatedChange).order_by(SimulatedChange.difference_centicredits).limit(1)).one()
    assert f"/changes/{first.participation}" in client.get(result).text
    told = words(client.get(f"{result}/changes/{first.participation}").text)
    assert "现行规则" in told
    assert "基准 0.3 学分" in told
    assert "基准 0.2 学分" in told
    looked = db_session.scalars(select(AccessLog).where(AccessLog.user_id == cast.officer.id)).all()
    assert {entry.scope.partition(":")[0] for entry in looked} == {"simulation"}
    assert client.get(f"{result}/changes/nosuchthing").status_code == 404


def test_the_workbook_has_typed_columns_and_no_formula(client: Visitor, cast: Cast, draft: RuleBookDraft) -> None:
    client.sign_in(cast.officer)
    answer = client.get(f"{order(client, draft)}/export.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert book.sheet_names == ["概况", "按学校", "按年级", "按类别", "变动明细"]
    rows = book.get_sheet_by_name("变动明细").to_python()
    assert rows[0][:4] == ["学校", "年级", "类别", "活动日期"]
    changed = [(row[0], row[1], row[-1]) for row in rows[1:]]
    assert changed[0] == ("海天学校", 5, -0.1)
    assert sorted(changed[1:]) == [("海天学校", 5, 0.3), ("青蓝学校", 5, 0.3)]
    assert "林晓雨" not in str([sheet.to_python() for sheet in map(book.get_sheet_by_name, book.sheet_names)])


def test_what_was_simulated_before_an_edit_is_said_to_be_old(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    result = order(client, draft)
    assert "草稿又改过" not in client.get(result).text
    draft.text = new_rules(lecture="0.1")
    db_session.commit()
    assert "草稿又改过" in client.get(result).text
    assert "草稿已改" in client.get(f"/bureau/rules/drafts/{draft.public_id}/simulate").text


def test_a_draft_that_is_no_book_is_told_with_its_lines(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    draft.text = new_rules().replace("kind: dwell", "kind: dwelling", 1)
    client.sign_in(cast.officer)
    answer = client.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": YEAR})
    assert answer.status_code == 422
    assert "草稿还不是一份有效的规则集" in answer.text
    assert re.search(r"第 \d+ 行：", answer.text)
    assert client.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": "2026"}).status_code == 422
    draft.text, draft.state = new_rules(), "discarded"
    assert client.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": YEAR}).status_code == 409
    assert db_session.scalar(select(func.count()).select_from(Simulation)) == 0


def test_a_simulation_is_cancelled(client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft) -> None:
    client.sign_in(cast.officer)
    answer = client.submit(f"/bureau/rules/drafts/{draft.public_id}/simulate", {"year": YEAR})
    client.submit(f"{answer.location}/cancel")
    assert "模拟已取消" in client.get(answer.location).text
    jobs.run_job("work_off_rule_changes")
    db_session.rollback()
    assert db_session.scalars(select(Simulation)).one().state == "cancelled"
    assert "没有可以取消的" in client.submit(f"{answer.location}/cancel", follow_redirects=True).text


def test_a_year_without_awards_says_so(client: Visitor, cast: Cast, draft: RuleBookDraft) -> None:
    client.sign_in(cast.officer)
    page = client.get(order(client, draft, "2025-2026")).text
    assert "这一学年还没有任何认定" in page
    assert "草稿的有效期不含这一学年" in page


def test_the_replay_is_started_stopped_and_resumed_by_the_officer(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    order(client, draft)
    rule_set = published(db_session, draft)
    page = words(client.get(f"/bureau/rules/{rule_set}/replay").text)
    assert "发布前的模拟：2026-2027 学年" in page
    assert "差额 +0.5" in page
    assert "重新认定" in words(client.get(f"/bureau/rules/{rule_set}").text)
    address = f"/bureau/rules/{rule_set}/replay"
    assert client.submit(address, {"district": "futian"}).status_code == 404
    assert client.submit(address, {"district": "nanshan"}).status_code == 302
    db_session.rollback()
    replay = db_session.scalars(select(Replay)).one()
    assert client.get(f"/bureau/rules/replays/{replay.public_id}/progress").get_json()["state"] == "queued"
    assert "已停下" in client.submit(f"/bureau/rules/replays/{replay.public_id}/stop", follow_redirects=True).text
    jobs.run_job("work_off_rule_changes")
    assert "已停下" in client.get(address).text
    client.submit(f"/bureau/rules/replays/{replay.public_id}/resume")
    jobs.run_job("work_off_rule_changes")
    db_session.rollback()
    assert (replay.state, replay.entries, replay.asked_by_id) == ("done", 4, cast.officer.id)
    told = words(client.get(address).text)
    assert "宋科长 · 南山区" in told
    assert "0.6" in told
    assert broken_rows(db_session) == []


def test_pupil_and_teacher_see_both_judgements_of_a_change_of_rules(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    rule_set = published(db_session, draft)
    client.submit(f"/bureau/rules/{rule_set}/replay", {"district": "nanshan"})
    jobs.run_job("work_off_rule_changes")
    lecture = db_session.scalars(
        select(LedgerEntry).where(LedgerEntry.reason == "rules_changed", LedgerEntry.category == "lecture")
    ).one()
    for user, address in (
        (cast.pupil.user, f"/pupil/credits/{lecture.participation}"),
        (cast.homeroom_teacher, f"/teacher/pupils/{cast.pupil.public_id}/participations/{lecture.participation}"),
    ):
        assert user is not None
        visitor = Visitor(app)
        visitor.sign_in(user)
        told = words(visitor.get(address).text)
        change = told.partition("规则有变，重新认定")[2]
        assert "−0.1" in change
        assert "原来的认定" in change
        assert "基准 0.3 学分" in change
        assert "基准 0.2 学分" in change.partition("现在的认定")[2]


def addresses(
    simulation: Simulation, draft: RuleBookDraft, replay: Replay, participation: str
) -> list[tuple[str, str]]:
    """Every door of simulations and replays."""
    simulate, result = (
        f"/bureau/rules/drafts/{draft.public_id}/simulate",
        f"/bureau/rules/simulations/{simulation.public_id}",
    )
    carried = f"/bureau/rules/replays/{replay.public_id}"
    return [
        ("GET", simulate),
        ("POST", simulate),
        ("GET", result),
        ("GET", f"{result}/progress"),
        ("POST", f"{result}/cancel"),
        ("GET", f"{result}/changes/{participation}"),
        ("GET", f"{result}/export.xlsx"),
        ("GET", "/bureau/rules/nanshan-2026/replay"),
        ("POST", "/bureau/rules/nanshan-2026/replay"),
        ("GET", f"{carried}/progress"),
        ("POST", f"{carried}/stop"),
        ("POST", f"{carried}/resume"),
    ]


def test_every_door_is_tried_as_everybody(
    app: Flask, client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft
) -> None:
    client.sign_in(cast.officer)
    order(client, draft)
    rule_set = published(db_session, draft)
    client.submit(f"/bureau/rules/{rule_set}/replay", {"district": "nanshan"})
    db_session.rollback()
    simulation, replay = db_session.scalars(select(Simulation)).one(), db_session.scalars(select(Replay)).one()
    participation = db_session.scalars(select(SimulatedChange.participation).limit(1)).one()
    doors = addresses(simulation, draft, replay, participation)
    mine = ("officer", "second_officer")
    for name, user in [*cast.users().items(), ("anonymous", None)]:
        visitor = Visitor(app)
        if user is not None:
            visitor.sign_in(user)
        for method, address in doors:
            answer = (
                visitor.get(address)
                if method == "GET"
                else visitor.submit(address, {"year": YEAR, "district": "nanshan"})
            )
            if name == "other_officer":
                assert answer.status_code == 404, (name, address)
            elif user is None:
                assert "/sign-in" in answer.location, address
            elif name not in mine:
                assert answer.status_code == 403, (name, address)
            else:
                assert answer.status_code in (200, 302), (name, address, answer.status)


@pytest.mark.parametrize("pupils", [2, 30])
def test_pages_ask_the_same_number_of_questions_for_few_and_for_many(
    client: Visitor, db_session: Session, cast: Cast, draft: RuleBookDraft, pupils: int
) -> None:
    for at in range(pupils):
        took_part(db_session, newcomer(db_session, cast.school_class, f"学生{at}"), visit(f"v{at}"))
    client.sign_in(cast.officer)
    result = order(client, draft)
    rule_set = publish_book(db_session, text=draft.text, now=today_at(18), district=cast.district).rule_set
    counts: dict[str, int] = {}
    participation = db_session.scalars(select(SimulatedChange.participation).limit(1)).one()
    for address in (result, f"{result}/changes/{participation}", f"/bureau/rules/{rule_set}/replay"):
        client.get(address)
        with count_statements(db.engine) as statements:
            assert client.get(address).status_code == 200
        counts[address.partition("rules/")[2].partition("/")[0] + address[-4:]] = len(statements)
    assert max(counts.values()) <= 15, counts
