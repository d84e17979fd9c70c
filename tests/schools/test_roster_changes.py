"""What a later roster changes: who moves, who leaves, who returns, and what a new year brings."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.people.models import Role
from credit_app.schools import queries
from credit_app.schools.roster.previewing import RemovalsNotConfirmed, apply_preview
from tests.schools.importing import (
    AUTUMN,
    LATER,
    Place,
    bring,
    class_named,
    look,
    new_school,
    no_writes,
    places,
    standing,
    student,
    teaching,
    user,
)
from tests.schools.roster_set import small_school
from tests.statements import count_statements

TODAY = date(2026, 10, 17)


# Changes.


def test_a_pupil_who_moves_was_in_the_old_class_until_yesterday(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("enrollments", "P3@C51")["classSourcedId"] = "C61"
    roster.row("users", "P3")["grades"] = "06"
    plan = bring(db_session, school, roster, now=LATER)
    assert [(line.name, line.changes) for line in plan.pupils.changed] == [
        ("单文", (("grade", "5", "6"), ("class", "五年级1班", "六年级1班")))
    ]
    assert places(db_session, "P3") == [
        Place(5, "五年级1班", "2026-09-01", "2026-09-01", "2026-11-19"),
        Place(6, "六年级1班", "2026-09-01", "2026-11-20", None),
    ]


def test_what_changes_about_a_person(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    before = student(db_session, "P5").id
    roster.row("users", "P5").update(givenName="蔷", identifier="0699", username="li.qiang", enabledUser="false")
    bring(db_session, school, roster, now=LATER)
    li = student(db_session, "P5")
    assert (li.id, li.name, li.sort_name, li.student_no) == (before, "李蔷", "li qiang", "0699")
    assert li.user is not None
    assert (li.user.login_name, li.user.display_name, li.user.is_active) == ("li.qiang", "李蔷", False)


def test_a_cell_left_blank_takes_nothing_away(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    roster.row("users", "P5")["userIds"] = "{学籍号:G440305201502022345}"
    bring(db_session, school, roster)
    roster.row("users", "P5").update(identifier="", userIds="")
    with no_writes(db.engine):
        bring(db_session, school, roster, now=LATER)


def test_groups_and_teachers_change(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.without("enrollments", "P1@G1", "T-gu@G1")
    roster.enrol("P5", "G1")
    roster.enrol("T-lin", "G1", role="teacher")
    bring(db_session, school, roster, now=LATER)
    assert {p for p, (_g, _c, groups) in standing(db_session, school).items() if groups} == {"P4", "P5"}
    assert {who for name, who, _kind in teaching(db_session) if name == "科学社"} == {"林老师"}
    with pytest.raises(NotFound):
        queries.class_for(
            db_session,
            user=user(db_session, "T-gu"),
            public_id=class_named(db_session, "G1").public_id,
            day=date(2026, 11, 20),
        )


def test_who_leads_a_class_changes(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("enrollments", "T-lin@C51")["primary"] = "false"
    roster.row("enrollments", "T-fan@C51")["primary"] = "true"
    bring(db_session, school, roster, now=LATER)
    assert {(who, kind) for name, who, kind in teaching(db_session) if name == "五年级1班"} == {
        ("林老师", "teacher"),
        ("范老师", "homeroom_teacher"),
    }
    fan = user(db_session, "T-fan")
    assert [c.name for c in queries.led_classes_of(db_session, user=fan, day=date(2026, 11, 20))] == [
        "五年级1班",
        "六年级1班",
    ]


def test_a_class_is_renamed_and_another_closed(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("classes", "C51")["title"] = "五（1）班"
    roster.without("classes", "G1")
    roster.without("enrollments", "P1@G1", "P4@G1", "T-gu@G1")
    plan = bring(db_session, school, roster, now=LATER)
    assert plan.classes.counts() == {"new": 0, "changed": 1, "back": 0, "gone": 1, "same": 1}
    assert [c.name for c in queries.classes_of_school(db_session, school=school, day=date(2026, 11, 20))] == [
        "五（1）班",
        "六年级1班",
    ]


# Leaving and returning.


def test_who_is_absent_has_left_yesterday_and_nothing_else_is_touched(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    account = student(db_session, "P1").account_ref
    roster.without("users", "P1")
    roster.without("enrollments", "P1@C51", "P1@G1")
    with count_statements(db.engine) as seen:
        plan = bring(db_session, school, roster, now=LATER)
    assert [line.name for line in plan.pupils.gone] == ["曾小雨"]
    assert places(db_session, "P1") == [Place(5, "五年级1班", "2026-09-01", "2026-09-01", "2026-11-19")]
    assert not any("ledger" in statement or "attendance" in statement for statement in seen)
    left = student(db_session, "P1")
    assert left.account_ref == account
    # The account stays theirs: they may still see and take along what they have earned.
    assert left.user is not None
    assert [role.ends_on for role in left.user.roles] == [None]


def test_who_returns_is_the_same_pupil_with_the_same_account(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    before = student(db_session, "P1")
    known = (before.id, before.account_ref, before.user_id, before.public_id)
    without = small_school()
    without.without("users", "P1")
    without.without("enrollments", "P1@C51", "P1@G1")
    bring(db_session, school, without, now=LATER)
    plan = bring(db_session, school, roster, now=datetime(2026, 12, 1, tzinfo=UTC))
    assert [line.name for line in plan.pupils.back] == ["曾小雨"]
    after = student(db_session, "P1")
    assert (after.id, after.account_ref, after.user_id, after.public_id) == known
    assert places(db_session, "P1") == [
        Place(5, "五年级1班", "2026-09-01", "2026-09-01", "2026-11-19"),
        Place(5, "五年级1班", "2026-09-01", "2026-12-01", None),
    ]
    assert standing(db_session, school)["P1"] == (5, "五年级1班", frozenset({"科学社"}))


def test_the_earlier_roster_undoes_a_wrong_one(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    before = standing(db_session, school), teaching(db_session), places(db_session, "P5")
    wrong = small_school()
    wrong.without("users", "P1", "P4", "P5", "T-fan")
    bring(db_session, school, wrong, now=LATER, confirmed=True)
    bring(db_session, school, roster, now=LATER)
    assert (standing(db_session, school), teaching(db_session), places(db_session, "P5")) == before


def test_one_in_five_leave_without_asking_and_two_only_when_confirmed(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.without("users", "P1")
    roster.without("enrollments", "P1@C51", "P1@G1")
    assert look(db_session, school, roster).plan.to_confirm == []
    roster.without("users", "P2")
    roster.without("enrollments", "P2@C51")
    found = look(db_session, school, roster)
    assert [(r.kind, r.removed, r.standing, r.percent) for r in found.plan.to_confirm] == [("pupils", 2, 5, 40)]
    with pytest.raises(RemovalsNotConfirmed), no_writes(db.engine):
        apply_preview(db_session, preview=found, applied_by_id=None, removals_confirmed=False, now=AUTUMN)
    db_session.rollback()
    bring(db_session, school, roster, confirmed=True)
    assert sorted(standing(db_session, school)) == ["P3", "P4", "P5"]


def test_a_heading_without_rows_asks_before_it_empties_the_classes(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.rows["enrollments"].clear()
    with pytest.raises(RemovalsNotConfirmed):
        bring(db_session, school, roster)


def test_without_the_table_of_enrolments_nobody_loses_class_or_group(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    before = standing(db_session, school), teaching(db_session)
    roster.modes["enrollments"] = "absent"
    roster.pupil("P6", "何 六", grade="05")
    bring(db_session, school, roster, now=LATER)
    after = standing(db_session, school)
    assert after.pop("P6") == (5, None, frozenset())
    assert (after, teaching(db_session)) == before


def test_whose_row_cannot_be_read_has_not_left(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    before = standing(db_session, school), teaching(db_session)
    roster.row("users", "P1")["role"] = "?"
    roster.row("users", "T-lin")["role"] = "?"
    roster.row("classes", "C61")["title"] = ""
    with no_writes(db.engine):
        plan = bring(db_session, school, roster, now=LATER)
    assert len(plan.errors) >= 3
    assert (standing(db_session, school), teaching(db_session)) == before


def test_staff_who_leave_see_nothing_any_more(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.without("users", "T-lin")
    roster.without("enrollments", "T-lin@C51")
    bring(db_session, school, roster, now=LATER, confirmed=True)
    lin = user(db_session, "T-lin")
    assert [(role.kind, role.ends_on) for role in lin.roles] == [("teacher", date(2026, 11, 19))]
    assert queries.classes_of(db_session, user=lin, day=date(2026, 11, 20)) == []


def test_other_roles_of_staff_are_no_affair_of_the_roster(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    lin = user(db_session, "T-lin")
    db_session.add(Role(user_id=lin.id, kind="science_counselor", school_id=school.id, starts_on=TODAY))
    db_session.commit()
    roster.without("users", "T-lin")
    bring(db_session, school, roster, now=LATER, confirmed=True)
    assert queries.school_for_counselor(db_session, user=lin, day=date(2026, 11, 20)).id == school.id


def test_who_is_promoted_out_of_the_grades_leaves(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.row("users", "P5")["grades"] = "10"
    plan = bring(db_session, school, roster, now=LATER)
    assert [line.name for line in plan.left_out] == ["李强"]
    assert "P5" not in standing(db_session, school)


def test_upper_grades_when_asked_for(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    roster.row("users", "P5")["grades"] = "12"
    bring(db_session, school, roster, grades=frozenset(range(1, 13)))
    assert standing(db_session, school)["P5"][0] == 12


# A new academic year.


def test_a_new_year_ends_the_old_one_on_the_last_of_august(db_session: Session) -> None:
    school, roster = new_school(db_session), small_school()
    bring(db_session, school, roster)
    roster.without("users", "P4", "P5")
    roster.rows["enrollments"].clear()
    roster.school_class("C62", "六年级2班", grades="06")
    for source_id in ("P1", "P2", "P3"):
        roster.row("users", source_id)["grades"] = "06"
        roster.enrol(source_id, "C62", beginDate="2027-09-01")
    roster.enrol("T-fan", "C62", role="teacher", primary="true")
    roster.pupil("P6", "何 六", grade="06")
    autumn_2027 = datetime(2027, 9, 20, tzinfo=UTC)
    bring(db_session, school, roster, now=autumn_2027, confirmed=True)
    assert places(db_session, "P1") == [
        Place(5, "五年级1班", "2026-09-01", "2026-09-01", "2027-08-31"),
        Place(6, "六年级2班", "2027-09-01", "2027-09-01", None),
    ]
    assert places(db_session, "P5")[-1].ends_on == "2027-08-31"
    assert places(db_session, "P6") == [Place(6, None, "2027-09-01", "2027-09-01", None)]
    assert teaching(db_session) == {("六年级2班", "范老师", "homeroom_teacher")}
    assert all(not groups for _grade, _name, groups in standing(db_session, school).values())
    with no_writes(db.engine):
        bring(db_session, school, roster, now=datetime(2027, 10, 5, tzinfo=UTC))
