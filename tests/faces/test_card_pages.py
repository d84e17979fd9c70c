"""From a class without cards to cards in hands: issued in one click, printed, lost and replaced, shown on a phone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.faces.card_sheets import PrintedCard, card_sheets
from credit_app.faces.fonts import chinese_font
from credit_app.people.models import AccessLog, User
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.actions import issue_cards
from credit_app.schools.cards.number import card_number, grouped
from credit_app.schools.cards.queries import open_card_of
from credit_app.schools.cards.token import CardName, card_token, read_token
from credit_app.schools.models import Student
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.faces.teaching import words
from tests.progress.year import newcomer
from tests.sheets import read_sheets
from tests.statements import count_statements
from tests.visitor import Visitor


def signed_in(app: Flask, user: User | None) -> Visitor:
    visitor = Visitor(app)
    assert user is not None
    visitor.sign_in(user)
    return visitor


def group(cast: Cast) -> str:
    return f"/teacher/cards/class/{cast.school_class.public_id}"


def card(session: Session, student: Student) -> StudentCard:
    session.rollback()
    found = open_card_of(session, student=student)
    assert found is not None
    return found


@pytest.fixture
def equipped(db_session: Session, cast: Cast, clock: HeldClock) -> Cast:
    """The class has cards, since the morning."""
    students = [cast.pupil, cast.classmate]
    issue_cards(db_session, students=students, issued_by=cast.homeroom_teacher, now=clock.set(today_at(8)))
    db_session.commit()
    return cast


def test_the_homeroom_teacher_issues_a_class_in_one_click(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    teacher = signed_in(app, cast.homeroom_teacher)
    assert teacher.get("/teacher/cards").location == group(cast)  # who leads one class need not choose
    before = words(teacher.get(group(cast)).text)
    assert "0 / 2 人有卡" in before
    assert "给没有卡的 2 人发卡" in before
    assert "下载 PDF" not in before
    done = teacher.submit(group(cast), seen_on=group(cast), follow_redirects=True)
    assert "已发 2 张新卡" in done.text
    assert "2 / 2 人有卡" in words(done.text)
    assert "给没有卡的" not in done.text
    again = teacher.submit(group(cast), seen_on=group(cast), follow_redirects=True)
    assert "人人都已经有卡" in again.text
    assert len(db_session.scalars(select(StudentCard)).all()) == 2
    # The number is as good as the card where there is a network: a list that is left open must not tell it.
    mine = card(db_session, cast.pupil)
    assert mine.card_id[:4] not in done.text


def test_the_sheets_hold_a_card_for_each_that_an_independent_reader_reads(
    app: Flask, db_session: Session, equipped: Cast, clock: HeldClock
) -> None:
    rare = newcomer(db_session, equipped.school_class, "䶮㛃𠮷")
    many = [newcomer(db_session, equipped.school_class, f"同学{number:02d}") for number in range(9)]
    issue_cards(db_session, students=[rare, *many], issued_by=equipped.counselor, now=today_at(9))
    db_session.commit()
    answer = signed_in(app, equipped.homeroom_teacher).get(f"{group(equipped)}/sheets.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert "%E5%AD%A6%E7%94%9F%E5%8D%A1" in answer.headers["Content-Disposition"]
    sheets = read_sheets(answer.data)
    assert [(sheet.size_mm, len(sheet.codes)) for sheet in sheets] == [((210, 297), 10), ((210, 297), 2)]
    printed = {read_token(text) for sheet in sheets for text in sheet.codes}
    everybody = db_session.scalars(select(StudentCard)).all()
    assert printed == {CardName(each.card_id, each.generation) for each in everybody}
    text = "".join(sheet.text for sheet in sheets)
    for each in everybody:
        assert each.student.name in text
        assert grouped(card_number(each.card_id, each.generation)) in text
    assert text.count("海天学校") == text.count("五(1)班") == text.count("不要拍照转发") == 12
    assert "〓" not in text


def test_a_character_that_the_font_lacks_is_never_left_out_silently(app: Flask, db_session: Session) -> None:
    whole = chinese_font()
    assert whole is not None
    poor = replace(whole, characters=whole.characters - {ord("𠮷")})
    face = PrintedCard(
        name="𠮷小雨", school="海天学校", class_name="五(1)班", token=card_token("7H3KQ0DX", 1), number="7H3KQ0DX0174"
    )
    [sheet] = read_sheets(card_sheets([face], font=poor, title="", now=today_at(9)))
    assert "〓小雨" in sheet.text
    assert "请手写" in sheet.text
    assert len(sheet.codes) == 1


def test_only_those_chosen_are_printed_and_never_a_card_out_of_use(
    app: Flask, db_session: Session, equipped: Cast
) -> None:
    teacher, path = signed_in(app, equipped.homeroom_teacher), f"{group(equipped)}/sheets.pdf"
    [sheet] = read_sheets(teacher.get(f"{path}?person={equipped.classmate.public_id}").data)
    assert "孙浩" in sheet.text
    assert "林晓雨" not in sheet.text
    teacher.submit(f"/teacher/pupils/{equipped.classmate.public_id}/card/revoke", seen_on="/teacher")
    refused = teacher.get(f"{path}?person={equipped.classmate.public_id}")
    assert (refused.status_code, "请先发卡" in refused.text) == (409, True)
    [sheet] = read_sheets(teacher.get(path).data)
    assert "孙浩" not in sheet.text
    # Nobody of another class can be slipped in.
    assert teacher.get(f"{path}?person={equipped.other_pupil.public_id}").status_code == 409


def test_a_lost_card_is_replaced_in_one_click_and_its_history_stays(
    app: Flask, db_session: Session, equipped: Cast, clock: HeldClock
) -> None:
    teacher, pupil = signed_in(app, equipped.homeroom_teacher), f"/teacher/pupils/{equipped.pupil.public_id}"
    old = card(db_session, equipped.pupil)
    old_id, old_generation = old.card_id, old.generation
    page = teacher.get(group(equipped)).text
    assert f'action="{pupil}/card/reissue"' in page
    assert "挂失 林晓雨 的卡并补发一张？" in page  # the question before
    clock.set(today_at(10))
    done = teacher.submit(f"{pupil}/card/reissue", {"back": "group"}, seen_on=group(equipped))
    assert (done.status_code, done.location) == (303, group(equipped))
    new = card(db_session, equipped.pupil)
    assert (new.card_id, new.generation) == (old_id, old_generation + 1)
    told = words(teacher.get(pupil).text)
    assert "以前的卡（1 张）" in told
    assert "第 1 张 2026-10-17 发卡 2026-10-17 已挂失（周老师）" in told
    [sheet] = read_sheets(teacher.get(f"{pupil}/card.pdf").data)
    assert [read_token(text) for text in sheet.codes] == [(old_id, old_generation + 1)]


def test_a_card_put_out_of_use_comes_back_as_a_new_one(app: Flask, db_session: Session, equipped: Cast) -> None:
    teacher, pupil = signed_in(app, equipped.counselor), f"/teacher/pupils/{equipped.pupil.public_id}"
    assert teacher.submit(f"{pupil}/card/revoke", {"reason": "other"}).status_code == 303
    assert teacher.submit(f"{pupil}/card/revoke", {"reason": "other"}).status_code == 409
    assert teacher.submit(f"{pupil}/card/reissue").status_code == 409
    assert teacher.get(f"{pupil}/card.pdf").status_code == 409
    assert teacher.submit(f"{pupil}/card").status_code == 303
    assert teacher.submit(f"{pupil}/card").status_code == 409
    assert card(db_session, equipped.pupil).generation == 2


def test_pupils_without_a_class_are_equipped_by_the_counselor(
    app: Flask, db_session: Session, cast: Cast, clock: HeldClock
) -> None:
    clock.set(today_at(8))
    counselor = signed_in(app, cast.counselor)
    cast.pupil.enrolments[0].class_id = None
    path = "/teacher/cards/grade/5"
    assert path in counselor.get("/teacher/cards").text
    counselor.submit(path, seen_on=path)
    [sheet] = read_sheets(counselor.get(f"{path}/sheets.pdf").data)
    assert "林晓雨" in sheet.text
    assert "5 年级" in sheet.text
    assert "孙浩" not in sheet.text
    back = counselor.submit(f"/teacher/pupils/{cast.pupil.public_id}/card/reissue", {"back": "group"})
    assert back.location == path
    assert counselor.get("/teacher/cards/grade/6").status_code == 404


def test_the_pupil_shows_the_card_and_reports_it_lost(app: Flask, db_session: Session, equipped: Cast) -> None:
    pupil = signed_in(app, equipped.pupil.user)
    mine = card(db_session, equipped.pupil)
    page = pupil.get("/pupil/card")
    assert grouped(card_number(mine.card_id, mine.generation)) in words(page.text)
    assert page.headers["Cache-Control"] == "no-store"
    lost = pupil.submit("/pupil/card/lost", seen_on="/pupil/card", follow_redirects=True)
    assert "已挂失，这张卡不能再用了。请找班主任或科技辅导员补发一张" in words(lost.text)
    assert "<path" not in lost.text.partition("<main")[2].partition('class="own-card')[2]
    assert open_card_of(db_session, student=equipped.pupil) is None
    assert pupil.submit("/pupil/card/lost", seen_on="/pupil/card").status_code == 409
    told = words(signed_in(app, equipped.homeroom_teacher).get(group(equipped)).text)
    assert "已挂失" in told
    assert "给没有卡的 1 人发卡" in told


def test_a_pupil_without_a_card_is_told_whom_to_ask(app: Flask, cast: Cast) -> None:
    told = words(signed_in(app, cast.pupil.user).get("/pupil/card").text)
    assert "你还没有学生卡" in told
    assert "班主任或科技辅导员" in told


def test_without_a_font_the_page_says_what_to_do(app: Flask, equipped: Cast) -> None:
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], card_font="no/such/font.ttc")
    answer = signed_in(app, equipped.homeroom_teacher).get(f"{group(equipped)}/sheets.pdf")
    assert (answer.status_code, "fonts-noto-cjk" in answer.text) == (503, True)


def test_pages_cost_the_same_for_few_and_for_many(app: Flask, db_session: Session, equipped: Cast) -> None:
    """The class: who is it, roles, class, pupils, cards, the access log, and what waits (in the navigation)."""
    teacher, counselor = signed_in(app, equipped.homeroom_teacher), signed_in(app, equipped.counselor)
    pupil = signed_in(app, equipped.pupil.user)
    pages = {
        group(equipped): (teacher, 8),
        f"{group(equipped)}/sheets.pdf": (teacher, 8),
        "/teacher/cards": (counselor, 9),
        "/pupil/card": (pupil, 7),
    }
    counts: list[dict[str, int]] = []
    for size in (0, 30):
        more = [newcomer(db_session, equipped.school_class, f"新生{size}{number}") for number in range(size)]
        issue_cards(db_session, students=more, issued_by=equipped.counselor, now=today_at(9))
        db_session.commit()
        counts.append({})
        for path, (visitor, most) in pages.items():
            with count_statements(db.engine) as statements:
                assert visitor.get(path).status_code == 200
            counts[-1][path] = len(statements)
            assert len(statements) <= most, "\n".join(statements)
    assert counts[0] == counts[1]


def test_issuing_a_class_is_a_handful_of_statements(db_session: Session, cast: Cast) -> None:
    many = [newcomer(db_session, cast.school_class, f"新生{number}") for number in range(60)]
    db_session.flush()
    with count_statements(db.engine) as statements:
        assert issue_cards(db_session, students=many, issued_by=cast.counselor, now=today_at(9)) == 60
    assert len(statements) <= 4


def test_every_look_at_names_is_in_the_access_log(app: Flask, db_session: Session, equipped: Cast) -> None:
    teacher = signed_in(app, equipped.homeroom_teacher)
    scope = f"cards_class:{equipped.school_class.public_id}"
    looks = {
        group(equipped): scope,
        f"{group(equipped)}/sheets.pdf": scope,
        f"/teacher/pupils/{equipped.pupil.public_id}/card.pdf": f"student:{equipped.pupil.public_id}",
    }
    for path, noted in looks.items():
        before = db_session.scalars(select(AccessLog.id)).all()
        assert teacher.get(path).status_code == 200
        db_session.rollback()
        new = db_session.scalars(select(AccessLog).where(AccessLog.id.not_in(before))).all()
        assert [(row.user_id, row.scope, row.fields) for row in new] == [
            (equipped.homeroom_teacher.id, noted, "name,number,card")
        ]
