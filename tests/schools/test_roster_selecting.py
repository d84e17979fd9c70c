"""What a roster says of one school: which school, which classes, which grades, as of which day."""

from __future__ import annotations

from datetime import date

import pytest

from credit_app.schools.roster import cells
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.problems import RosterRefused, WhichSchool
from credit_app.schools.roster.which_school import KnownSchool
from tests.schools.reading import only, select
from tests.schools.roster_set import RosterSet, small_school, without_homerooms

# Which school.


def two_schools() -> RosterSet:
    roster = small_school()
    roster.school("S2", "山谷小学", "shangu")
    roster.school_class("D1", "一年级1班", grades="01", school="S2")
    roster.pupil("Q1", "何 山", grade="01", orgSourcedIds="S2")
    roster.enrol("Q1", "D1", schoolSourcedId="S2")
    return roster


def test_the_only_school_that_has_people_is_ours_whatever_it_is_called() -> None:
    roster = small_school()
    roster.add("orgs", "D", name="南山区", type="district")
    roster.school("S9", "另一所", "none")
    wanted = select(roster, school=KnownSchool(code="x", name="别的名字", source_id=None, class_course=""))
    assert wanted.org_id == "S1"


@pytest.mark.parametrize(("code", "name"), [("haitian", "?"), ("?", "海天学校"), ("?", "海 天 学校")])
def test_of_several_the_one_of_our_code_or_name(code: str, name: str) -> None:
    wanted = select(two_schools(), school=KnownSchool(code=code, name=name, source_id=None, class_course=""))
    assert (wanted.org_id, sorted(wanted.pupils)) == ("S1", ["P1", "P2", "P3", "P4", "P5"])


def test_of_several_and_none_of_our_name_the_user_is_asked() -> None:
    with pytest.raises(WhichSchool) as asked:
        select(two_schools(), school=KnownSchool(code="?", name="?", source_id=None, class_course=""))
    assert {choice.source_id for choice in asked.value.choices} == {"S1", "S2"}
    assert "--org" in str(asked.value.message)


def test_the_one_chosen_and_the_one_known_from_before() -> None:
    other = KnownSchool(code="?", name="?", source_id="S2", class_course="")
    assert list(select(two_schools(), school=other).pupils) == ["Q1"]
    assert select(two_schools(), school=other, choices=Choices(org="S1")).org_id == "S1"


def test_the_roster_of_another_school_is_not_taken_for_ours() -> None:
    with pytest.raises(WhichSchool):
        select(small_school(), school=KnownSchool(code="haitian", name="海天学校", source_id="S7", class_course=""))


def test_a_pupil_of_two_schools_is_where_the_classes_are() -> None:
    roster = two_schools()
    roster.row("users", "Q1")["orgSourcedIds"] = "S1,S2"
    assert "Q1" not in select(roster).pupils


def test_a_roster_without_anybody() -> None:
    roster = small_school()
    for row in roster.rows["users"]:
        row["orgSourcedIds"] = "S99"
    roster.rows["enrollments"].clear()
    with pytest.raises(RosterRefused) as refused:
        select(roster)
    assert refused.value.problems[0].code == "no_people"


# Classes and groups.


def test_homerooms_are_classes_and_the_rest_teaching_groups() -> None:
    wanted = select(small_school())
    assert {c.source_id: (c.kind, c.grade, c.course_title) for c in wanted.classes.values()} == {
        "C51": ("homeroom", 5, "班级"),
        "C61": ("homeroom", 6, "班级"),
        "G1": ("group", None, "科学"),
    }
    assert {p: (w.class_id, sorted(w.group_ids)) for p, w in wanted.pupils.items()} == {
        "P1": ("C51", ["G1"]), "P2": ("C51", []), "P3": ("C51", []), "P4": ("C61", ["G1"]), "P5": ("C61", []),
    }  # fmt: skip


def test_the_first_teacher_of_a_homeroom_leads_it() -> None:
    assert select(small_school()).teachings == {
        ("C51", "T-lin"): "homeroom_teacher",
        ("C51", "T-fan"): "teacher",
        ("C61", "T-fan"): "homeroom_teacher",
        ("G1", "T-gu"): "teacher",
    }


def test_an_only_teacher_of_a_homeroom_leads_it_though_nobody_is_marked() -> None:
    roster = small_school()
    roster.row("enrollments", "T-fan@C61")["primary"] = ""
    assert select(roster).teachings["C61", "T-fan"] == "homeroom_teacher"


def test_without_homerooms_pupils_stand_under_their_grade_and_the_courses_are_offered() -> None:
    wanted = select(without_homerooms())
    assert {pupil.class_id for pupil in wanted.pupils.values()} == {None}
    assert [(k.source_id, k.title, k.classes, k.pupils) for k in wanted.course_kinds] == [
        ("HR", "班级", 2, 5),
        ("SCI", "科学", 1, 2),
    ]


def test_the_groups_of_the_course_named_stand_for_the_class() -> None:
    wanted = select(without_homerooms(), choices=Choices(class_course="HR"))
    assert wanted.pupils["P4"].class_id == "C61"
    assert wanted.pupils["P4"].group_ids == {"G1"}
    assert (wanted.classes["C61"].kind, wanted.teachings["C61", "T-fan"]) == ("homeroom", "homeroom_teacher")


def test_where_there_are_homerooms_the_course_named_is_not_needed() -> None:
    wanted = select(small_school(), choices=Choices(class_course="SCI"))
    assert wanted.pupils["P1"].class_id == "C51"
    assert [problem.code for problem in wanted.problems] == ["class_course_unused"]


def test_a_course_that_the_roster_lacks() -> None:
    wanted = select(without_homerooms(), choices=Choices(class_course="XX"))
    assert only(wanted.problems).code == "class_course_unknown"


def test_a_pupil_of_two_homerooms_stands_in_the_one_that_began_last() -> None:
    roster = small_school()
    roster.enrol("P1", "C61", beginDate="2026-10-01")
    wanted = select(roster)
    assert wanted.pupils["P1"].class_id == "C61"
    assert [problem.code for problem in wanted.problems] == ["two_classes"]


# Grades.


def test_pupils_outside_the_grades_are_listed_and_left_out() -> None:
    roster = small_school()
    roster.pupil("P9", "何 高", grade="10")
    roster.pupil("P8", "何 幼", grade="KG")
    wanted = select(roster)
    assert [(person.name, person.grade) for person in wanted.left_out] == [("何幼", cells.OUTSIDE), ("何高", 10)]
    assert "P9" in select(roster, choices=Choices(grades=frozenset(range(1, 13)))).pupils


def test_the_class_knows_the_grade_where_the_pupil_does_not() -> None:
    roster = small_school()
    roster.row("users", "P4")["grades"] = ""
    assert select(roster).pupils["P4"].grade == 6


def test_a_pupil_without_any_grade_is_listed_and_not_taken_for_gone() -> None:
    roster = small_school()
    roster.row("users", "P4")["grades"] = ""
    roster.row("classes", "C61")["grades"] = ""
    wanted = select(roster)
    problem = only(wanted.problems)
    assert (problem.code, problem.file, problem.column) == ("grade_missing", "users.csv", "grades")
    assert "P4" in wanted.unread_people


def test_the_first_grade_of_several() -> None:
    roster = small_school()
    roster.row("users", "P1")["grades"] = "05,06"
    assert select(roster).pupils["P1"].grade == 5


# References that lead nowhere.


@pytest.mark.parametrize(
    ("changed", "column"),
    [({"classSourcedId": "C99"}, "classSourcedId"), ({"userSourcedId": "P99"}, "userSourcedId")],
)
def test_a_row_that_points_nowhere_is_listed_and_the_rest_goes_on(changed: dict[str, str], column: str) -> None:
    roster = small_school()
    roster.row("enrollments", "P1@G1").update(changed)
    wanted = select(roster)
    problem = only(wanted.problems)
    assert (problem.code, problem.file, problem.column, problem.line) == ("dangling", "enrollments.csv", column, 7)
    assert len(wanted.pupils) == 5


def test_a_class_without_its_course_is_taken() -> None:
    roster = small_school()
    roster.without("courses", "SCI")
    wanted = select(roster)
    assert only(wanted.problems).file == "classes.csv"
    assert "G1" in wanted.classes


def test_who_is_marked_to_be_deleted_is_gone_and_dangles_nowhere() -> None:
    roster = small_school()
    roster.row("users", "P1")["status"] = "tobedeleted"
    roster.row("classes", "G1")["status"] = "tobedeleted"
    wanted = select(roster)
    assert (wanted.problems, "P1" in wanted.pupils, "G1" in wanted.classes) == ([], False, False)


def test_active_in_the_status_column_is_what_many_write() -> None:
    roster = small_school()
    for rows in roster.rows.values():
        for row in rows:
            row.update(status="active", dateLastModified="2026-09-01T00:00:00.000Z")
    assert select(roster).pupils.keys() == select(small_school()).pupils.keys()


# The roster's own calendar.


def semesters(roster: RosterSet) -> None:
    """Every membership once for each of the two semesters, as many exports have it."""
    whole_year, roster.rows["enrollments"] = roster.rows["enrollments"], []
    for row in whole_year:
        for name, begins, ends in (("a", "2026-09-01", "2027-01-22"), ("b", "2027-02-22", "2027-07-09")):
            roster.rows["enrollments"].append(
                {**row, "sourcedId": row["sourcedId"] + name, "beginDate": begins, "endDate": ends}
            )
    roster.add("academicSessions", "T2", title="2", type="semester", startDate="2027-02-22", endDate="2027-07-09")


@pytest.mark.parametrize(
    "today",
    [date(2026, 8, 20), date(2026, 10, 17), date(2027, 2, 1), date(2027, 3, 1), date(2027, 7, 30), date(2031, 5, 1)],
    ids=["before", "first", "holidays", "second", "after", "years later"],
)
def test_nobody_loses_a_class_because_of_the_day_on_which_the_roster_is_read(today: date) -> None:
    roster = small_school()
    semesters(roster)
    wanted = select(roster, today=today)
    assert {pupil.class_id for pupil in wanted.pupils.values()} == {"C51", "C61"}


def test_a_membership_that_has_ended_while_others_go_on_is_over() -> None:
    roster = small_school()
    roster.row("enrollments", "P1@G1")["endDate"] = "2026-09-30"
    assert select(roster).pupils["P1"].group_ids == frozenset()


def test_a_change_of_class_within_the_year() -> None:
    roster = small_school()
    roster.row("enrollments", "P1@C51")["endDate"] = "2026-10-09"
    roster.enrol("P1", "C61", beginDate="2026-10-10", endDate="2027-07-09")
    assert select(roster, today=date(2026, 10, 9)).pupils["P1"].class_id == "C51"
    assert select(roster, today=date(2026, 10, 10)).pupils["P1"].class_id == "C61"


def test_an_old_roster_says_that_it_is_old() -> None:
    assert only(select(small_school(), today=date(2029, 3, 1)).problems).code == "calendar"


@pytest.mark.parametrize(
    ("begins", "first_day"),
    [
        ("2026-10-12", date(2026, 10, 12)),
        ("2027-02-22", None),  # the first day of a term for everybody: it says nothing about the pupil
        ("", None),
    ],
)
def test_the_first_day_of_a_pupil_who_joined_late(begins: str, first_day: date | None) -> None:
    roster = small_school()
    roster.add("academicSessions", "T2", title="2", type="semester", startDate="2027-02-22", endDate="2027-07-09")
    roster.row("enrollments", "P2@C51")["beginDate"] = begins
    assert select(roster, today=date(2027, 3, 1)).pupils["P2"].first_day == first_day
