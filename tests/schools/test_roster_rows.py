"""Rows: what is wrong is listed with file, line, column and what to do; everything else is taken."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from config import Config
from credit_app.app import create_app
from credit_app.schools.roster import cells
from credit_app.schools.roster.reading import read_roster
from credit_app.schools.roster.source import open_bytes
from tests.schools.reading import only, read, select
from tests.schools.roster_set import small_school, zipped

# Cells.


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("01", 1), ("9", 9), ("12", 12), ("G7", 7), ("Grade 3", 3), ("3rd", 3), ("０５", 5),
        ("一年级", 1), ("小学三年级", 3), ("初一", 7), ("9年级", 9), ("初中九年级", 9), ("高二", 11),
        ("KG", cells.OUTSIDE), ("PK", cells.OUTSIDE), ("13", cells.OUTSIDE),
    ],
)  # fmt: skip
def test_grades_as_schools_write_them(text: str, grade: int) -> None:
    assert cells.grade(text) == grade


@pytest.mark.parametrize("text", ["五年", "x", "", "99", "1-2", "-3"])
def test_what_is_no_grade(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.grade(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2026/9/1", date(2026, 9, 1)),
        ("2026-09-01T00:00:00.000Z", date(2026, 9, 1)),
        ("", None),
    ],
)
def test_dates_as_they_come(text: str, day: date | None) -> None:
    assert cells.day(text) == day


@pytest.mark.parametrize("text", ["2026-13-01", "01/09/2026", "soon"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        cells.day(text)


@pytest.mark.parametrize(
    ("given", "family", "name"),
    [
        ("小雨", "曾", "曾小雨"),
        ("Mary", "Archer", "Mary Archer"),
        ("王小明", "", "王小明"),
        ("", "阿依古丽·买买提", "阿依古丽·买买提"),
        ("王小明", "王小明", "王小明"),
        ("Mary", "", "Mary"),
        ("\U00030ede", "王", "王\U00030ede"),
        ("Mary  Ann", "Archer", "Mary Ann Archer"),
    ],
)
def test_names_as_they_are_written(given: str, family: str, name: str) -> None:
    assert cells.full_name(given, family) == name


def test_what_no_eye_sees_is_no_part_of_a_cell() -> None:
    assert cells.plain("\u200b王\u3000芳\x00\ufeff ") == "王 芳"


# Rows that are left out.


def test_a_row_with_an_unquoted_comma_is_named_by_its_line() -> None:
    files = small_school().files()
    lines = files["users.csv"].decode().split("\r\n")
    assert lines[4].startswith("P1,")
    lines[4] = lines[4].replace("小雨", ",".join("小雨"))
    roster = read_roster(open_bytes(zipped({**files, "users.csv": "\r\n".join(lines).encode()}), name="r.zip"))
    problem = only(roster.problems)
    assert (problem.level, problem.file, problem.line) == ("error", "users.csv", 5)
    assert "P1" in roster.unread_people
    assert len(roster.people) == 7


def test_blank_cells_to_spare_at_the_end_of_a_row_cost_nothing() -> None:
    files = small_school().files()
    files["users.csv"] = files["users.csv"].replace(b",05,\r\n", b",05,,,\r\n")
    roster = read_roster(open_bytes(zipped(files), name="r.zip"))
    assert len(roster.people) == 8
    assert [(problem.level, problem.code, problem.line) for problem in roster.problems] == [("notice", "row_longer", 5)]


def test_the_line_is_that_of_a_spreadsheet_also_after_a_cell_of_two_lines() -> None:
    roster = small_school()
    roster.row("users", "T-lin")["email"] = "one\ntwo"
    roster.row("users", "P2")["role"] = "pupil"
    # Heading is line 1, T-lin 2 and 3, T-fan 4, T-gu 5, P1 6, P2 7.
    problem = only(read(roster).problems)
    assert (problem.file, problem.line, problem.column, problem.code) == ("users.csv", 7, "role", "role_unknown")


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "code"),
    [
        ("users", "P1", "sourcedId", "", "value_missing"),
        ("users", "P1", "role", "schüler", "role_unknown"),
        ("users", "P1", "givenName", "长" * 90, "name"),
        ("users", "T-lin", "username", "x", "username"),
        ("enrollments", "P1@C51", "userSourcedId", "", "value_missing"),
        ("enrollments", "P1@C51", "role", "guest", "role_unknown"),
        ("classes", "G1", "title", "", "value_missing"),
    ],
)
def test_a_row_that_cannot_be_read(table: str, row: str, column: str, value: str, code: str) -> None:
    roster = small_school()
    roster.row(table, row)[column] = value
    problem = only([problem for problem in read(roster).problems if problem.level == "error"])
    assert (problem.code, problem.file, problem.column) == (code, f"{table}.csv", column)


def test_guardians_are_passed_over_in_silence() -> None:
    roster = small_school()
    roster.add("users", "M1", enabledUser="true", orgSourcedIds="S1", role="guardian", username="m", familyName="李")
    found = read(roster)
    assert found.problems == []
    assert len(found.people) == 8


def test_one_id_for_two_pupils_is_listed_and_one_is_taken_whatever_the_order() -> None:
    roster = small_school()
    roster.pupil("P1", "张 三", grade="05")
    taken = [read(roster.shuffled(seed)).people for seed in range(4)]
    assert [p.code for p in read(roster).problems] == ["id_twice"]
    names = {person.name for people in taken for person in people if person.source_id == "P1"}
    assert len(names) == 1


def test_the_same_row_twice_is_no_problem() -> None:
    roster = small_school()
    roster.rows["users"].append(dict(roster.row("users", "P1")))
    assert read(roster).problems == []


def test_a_date_nobody_can_read_costs_the_date_only() -> None:
    roster = small_school()
    roster.row("enrollments", "P1@C51")["beginDate"] = "autumn"
    problem = only(read(roster).problems)
    assert (problem.level, problem.column) == ("notice", "beginDate")
    assert select(roster).pupils["P1"].class_id == "C51"


# Identity numbers.


@pytest.mark.parametrize("column", ["identifier", "userIds", "sourcedId", "username"])
def test_identity_numbers_are_kept_in_clear_nowhere(column: str) -> None:
    number = "G440305201501011234"
    roster = small_school()
    roster.row("users", "P1")[column] = f"{{学籍号:{number}}}" if column == "userIds" else number
    if column == "sourcedId":
        roster.without("enrollments", "P1@C51", "P1@G1")
        roster.enrol(number, "C51")
    app: Flask = create_app(Config(mode="testing", database_url="sqlite://"))
    with app.app_context():
        wanted = select(roster)
    pupil = next(pupil for pupil in wanted.pupils.values() if pupil.person.name == "曾小雨")
    kept = repr((wanted.pupils, wanted.staff, wanted.classes, wanted.problems))
    if column in {"identifier", "userIds"}:
        assert pupil.person.registry_no == number  # on its way to a digest and four characters
        kept = kept.replace(f"registry_no='{number}'", "")
    assert number not in kept
    assert number.lower() not in kept
    assert pupil.class_id == "C51"
