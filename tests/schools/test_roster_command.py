"""``flask roster import``: what it prints, what it writes, what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.schools.models import RosterImport, Student
from tests.schools.importing import new_school, standing
from tests.schools.roster_set import RosterSet, small_school

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_SAMPLE = ROOT.parent / "shared" / "data" / "oneroster-sample"


def run(app: Flask, path: Path, *options: str, school: str = "haitian") -> Result:
    db.session.commit()
    return app.test_cli_runner().invoke(args=["roster", "import", str(path), "--school", school, *options])


def pupils(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Student)) or 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_school().write_to(tmp_path / "export", bom=True)


def test_a_folder_and_a_zip(app: Flask, db_session: Session, tmp_path: Path, folder: Path) -> None:
    school = new_school(db_session)
    answer = run(app, folder)
    assert answer.exit_code == 0, answer.output
    assert "学生  新增 5" in answer.output
    db_session.rollback()
    assert len(standing(db_session, school)) == 5
    packed = tmp_path / "export.zip"
    packed.write_bytes(small_school().zip())
    again = run(app, packed)
    assert again.exit_code == 0
    assert "没有变化，什么也没有写入" in again.output
    assert db_session.scalar(select(func.count()).select_from(RosterImport)) == 1


@pytest.mark.sqlite_only
def test_a_dry_run_shows_all_and_writes_nothing(app: Flask, db_session: Session, folder: Path) -> None:
    new_school(db_session)
    answer = run(app, folder, "--dry-run")
    assert answer.exit_code == 0
    assert "学生  新增 5" in answer.output
    assert pupils(db_session) == 0


@pytest.mark.sqlite_only
def test_problems_are_printed_with_their_place(app: Flask, db_session: Session, tmp_path: Path) -> None:
    new_school(db_session)
    roster = small_school()
    roster.enrol("nobody", "C51")
    answer = run(app, roster.write_to(tmp_path / "export"))
    assert answer.exit_code == 0
    # Heading, seven pupils' rows and four teachers' stand before it.
    assert "enrollments.csv:13, userSourcedId" in answer.output
    assert "nobody" in answer.output


@pytest.mark.sqlite_only
def test_more_than_one_in_five_only_with_the_option(
    app: Flask, db_session: Session, tmp_path: Path, folder: Path
) -> None:
    school = new_school(db_session)
    run(app, folder)
    smaller = small_school()
    smaller.without("users", "P1", "P2")
    smaller.without("enrollments", "P1@C51", "P1@G1", "P2@C51")
    path = smaller.write_to(tmp_path / "smaller")
    refused = run(app, path)
    assert refused.exit_code == 1
    assert "--allow-removals" in refused.output
    db_session.rollback()
    assert len(standing(db_session, school)) == 5
    assert run(app, path, "--allow-removals").exit_code == 0
    db_session.rollback()
    assert len(standing(db_session, school)) == 3


@pytest.mark.sqlite_only
def test_grades_school_and_course_are_chosen_on_the_line(app: Flask, db_session: Session, tmp_path: Path) -> None:
    school = new_school(db_session)
    roster = small_school()
    roster.school("S2", "山谷小学", "shangu")
    roster.pupil("Q1", "何 山", orgSourcedIds="S2")
    roster.row("orgs", "S1").update(name="?", identifier="")
    for source_id in ("C51", "C61"):
        roster.row("classes", source_id)["classType"] = "scheduled"
    path = roster.write_to(tmp_path / "export")
    asked = run(app, path)
    assert asked.exit_code == 1
    assert "--org" in asked.output
    answer = run(app, path, "--org", "S1", "--grades", "6", "--class-course", "HR")
    assert answer.exit_code == 0, answer.output
    assert "不在所选年级、没有导入的学生：3" in answer.output
    db_session.rollback()
    assert {p: place[:2] for p, place in standing(db_session, school).items()} == {
        "P4": (6, "六年级1班"),
        "P5": (6, "六年级1班"),
    }


@pytest.mark.sqlite_only
@pytest.mark.parametrize("grades", ["0-9", "1-13", "x", "", "9-1"])
def test_grades_that_are_none(app: Flask, db_session: Session, folder: Path, grades: str) -> None:
    new_school(db_session)
    answer = run(app, folder, "--grades", grades)
    assert answer.exit_code == 2
    assert "1-9" in answer.output


@pytest.mark.sqlite_only
def test_a_school_nobody_knows(app: Flask, db_session: Session, folder: Path) -> None:
    new_school(db_session)
    answer = run(app, folder, school="nowhere")
    assert answer.exit_code == 1
    assert "nowhere" in answer.output


@pytest.mark.sqlite_only
def test_a_roster_that_cannot_be_read_is_refused_with_every_reason(
    app: Flask, db_session: Session, tmp_path: Path
) -> None:
    new_school(db_session)
    path = small_school().write_to(tmp_path / "export")
    (path / "users.csv").write_bytes((path / "users.csv").read_bytes().decode().encode("gbk"))
    (path / "classes.csv").write_bytes(b"a,b\r\n")
    answer = run(app, path)
    assert answer.exit_code == 1
    assert "GBK" in answer.output
    assert "classes.csv" in answer.output
    assert pupils(db_session) == 0


@pytest.mark.skipif(not PUBLIC_SAMPLE.is_dir(), reason="the public roster does not stand beside this project")
def test_a_roster_that_nobody_here_wrote(app: Flask, db_session: Session) -> None:
    """Ten users of a high school without homerooms, user names with spaces, no newline at the end of the files."""
    school = new_school(db_session, code="GB", name="Grand Bend")
    answer = run(app, PUBLIC_SAMPLE, school="GB")
    assert answer.exit_code == 0, answer.output
    assert "学生  新增 8" in answer.output
    assert "教职工  新增 2" in answer.output
    assert "--class-course" in answer.output
    db_session.rollback()
    places = standing(db_session, school)
    assert {(grade, name) for grade, name, _groups in places.values()} == {(9, None)}
    mary = db_session.scalars(select(Student).filter_by(name="Mary Archer")).one()
    assert mary.user is not None
    assert mary.user.login_name == "mary archer"
    assert run(app, PUBLIC_SAMPLE, "--class-course", "ENG-1", school="GB").exit_code == 0
    db_session.rollback()
    assert {name for _grade, name, _groups in standing(db_session, school).values()} == {"ENG-1", None}
    assert "没有变化" in run(app, PUBLIC_SAMPLE, school="GB").output


def test_the_sets_made_up_here_are_as_the_standard_has_them() -> None:
    """Every column of the standard, in its order, in every file of ours."""
    heading = RosterSet().texts()["users.csv"].splitlines()[0]
    assert heading == (
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
        "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
    )
