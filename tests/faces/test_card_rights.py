"""Every route of student cards, tried as everybody of the cast: who hands them out gets in, nobody else moves one."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.schools import actions as schools
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.actions import issue_cards
from tests.cast import TERM_BEGAN_ON, Cast, today_at
from tests.conftest import HeldClock
from tests.faces.test_changed_facts_rights import EVERYBODY, TEACHERS, answers, expected
from tests.visitor import Visitor

HAND_OUT = {"homeroom_teacher", "counselor"}
PUPILS = {"pupil", "classmate", "other_pupil"}


@pytest.fixture
def equipped(db_session: Session, cast: Cast, clock: HeldClock) -> Cast:
    """The pupil has a card."""
    issue_cards(db_session, students=[cast.pupil], issued_by=cast.counselor, now=clock.set(today_at(8)))
    db_session.commit()
    return cast


def pages(cast: Cast) -> list[str]:
    group = f"/teacher/cards/class/{cast.school_class.public_id}"
    return [group, f"{group}/sheets.pdf", f"/teacher/pupils/{cast.pupil.public_id}/card.pdf"]


def test_who_may_see_and_print_the_cards_of_a_class(app: Flask, equipped: Cast) -> None:
    for path in pages(equipped):
        assert answers(app, equipped, path) == expected(let_in=HAND_OUT, right_kind=TEACHERS), path


def test_whoever_teaches_a_single_subject_sees_the_pupil_and_hands_out_nothing(
    app: Flask, db_session: Session, equipped: Cast
) -> None:
    schools.assign_teacher(
        db_session,
        school_class=equipped.school_class,
        user=equipped.colleague,
        kind="teacher",
        starts_on=TERM_BEGAN_ON,
    )
    visitor = Visitor(app)
    visitor.sign_in(equipped.colleague)
    assert [visitor.get(path).status_code for path in pages(equipped)] == [404, 404, 404]
    page = visitor.get(f"/teacher/pupils/{equipped.pupil.public_id}")
    assert page.status_code == 200
    assert "学生卡" in page.text
    assert "/card" not in page.text.partition("<main")[2]


def test_everybody_who_teaches_gets_to_the_list_of_their_own_classes(app: Flask, equipped: Cast) -> None:
    told = answers(app, equipped, "/teacher/cards")
    forwarded = {"homeroom_teacher", "other_teacher"}  # who lead one class are sent to it
    assert told == {who: 302 if who in forwarded else 200 if who in TEACHERS else 403 for who in EVERYBODY}


def test_the_pupils_without_class_are_the_counselor_s(app: Flask, db_session: Session, equipped: Cast) -> None:
    equipped.pupil.enrolments[0].class_id = None
    db_session.commit()
    for path in ("/teacher/cards/grade/5", "/teacher/cards/grade/5/sheets.pdf"):
        assert answers(app, equipped, path) == expected(let_in={"counselor"}, right_kind=TEACHERS), path


def test_every_pupil_sees_the_own_card_only(app: Flask, equipped: Cast) -> None:
    assert answers(app, equipped, "/pupil/card") == expected(let_in=PUPILS, right_kind=PUPILS)
    for who, shown in (("pupil", True), ("classmate", False), ("other_pupil", False)):
        visitor = Visitor(app)
        visitor.sign_in(equipped.users()[who])
        assert ("own-card-code" in visitor.get("/pupil/card").text) is shown


def test_nobody_else_issues_revokes_or_replaces(app: Flask, db_session: Session, equipped: Cast) -> None:
    pupil = f"/teacher/pupils/{equipped.pupil.public_id}"
    steps = {
        f"/teacher/cards/class/{equipped.school_class.public_id}": HAND_OUT,
        f"{pupil}/card": HAND_OUT,
        f"{pupil}/card/reissue": HAND_OUT,
        f"{pupil}/card/revoke": HAND_OUT,
        "/pupil/card/lost": PUPILS,
    }
    for path, allowed in steps.items():
        for who in EVERYBODY:
            if who in allowed:
                continue
            visitor = Visitor(app)
            visitor.sign_in(equipped.users()[who])
            assert visitor.submit(path).status_code in (403, 404), (path, who)
    for who in ("classmate", "other_pupil"):
        visitor = Visitor(app)
        visitor.sign_in(equipped.users()[who])
        assert visitor.submit("/pupil/card/lost").status_code == 409
    db_session.rollback()
    rows = db_session.execute(select(StudentCard.student_id, StudentCard.revoked_at)).all()
    assert [tuple(row) for row in rows] == [(equipped.pupil.id, None)]


def test_a_stranger_is_sent_to_sign_in(client: Visitor, equipped: Cast) -> None:
    for path in [*pages(equipped), "/teacher/cards", "/pupil/card"]:
        answer = client.get(path)
        assert (answer.status_code, answer.location.startswith("/sign-in")) == (302, True), path
