"""Whatever a roster says and whatever was there before: it ends in one state, and importing it again in nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.schools.importing import LATER, bring, look, new_school, standing
from tests.schools.roster_set import RosterSet

PEOPLE = [f"P{number}" for number in range(8)]
TEACHERS = [f"T{number}" for number in range(3)]
CLASSES = {"C1": "homeroom", "C2": "homeroom", "G1": "scheduled", "G2": "scheduled"}
DAYS = ["", "2026-09-01", "2026-10-12", "2027-01-20"]

pupils = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.fixed_dictionaries(
        {
            "grade": st.sampled_from(["05", "06", "", "KG", "11", "?"]),
            "username": st.sampled_from(["lee", "Lee", "wang fang", "x", ""]),
            "givenName": st.sampled_from(["明", "芳", ""]),
            "role": st.sampled_from(["student", "student", "student", "pupil"]),
            "status": st.sampled_from(["", "active", "tobedeleted"]),
        }
    ),
    min_size=1,
)
memberships = st.lists(
    st.tuples(
        st.sampled_from([*PEOPLE, *TEACHERS, "nobody"]),
        st.sampled_from([*CLASSES, "nowhere"]),
        st.sampled_from(["student", "teacher", "guest"]),
        st.sampled_from(["true", "false", ""]),
        st.sampled_from(DAYS),
        st.sampled_from(DAYS),
    ),
    max_size=25,
)


@st.composite
def rosters(draw: st.DrawFn) -> RosterSet:
    """A roster with any of the faults that rosters have; somebody is always in it."""
    roster = RosterSet()
    roster.school()
    roster.teacher("T0", "林 老师")
    roster.pupil("P-always", "常 在", grade="05", username="always")
    for source_id in draw(st.sets(st.sampled_from(TEACHERS[1:]))):
        roster.teacher(source_id, f"{source_id} 老师", username=draw(st.sampled_from(["lee", "teach"])))
    for source_id, cells in draw(pupils).items():
        cells = dict(cells)  # noqa: PLW2901
        roster.pupil(source_id, "李 某", grade=cells.pop("grade"), **cells)
    for source_id in draw(st.sets(st.sampled_from(sorted(CLASSES)), min_size=1)):
        roster.school_class(
            source_id, draw(st.sampled_from(["一班", "二班", ""])), kind=CLASSES[source_id], grades="05", course="K"
        )
    for number, (person, school_class, role, primary, begins, ends) in enumerate(draw(memberships)):
        row = roster.enrol(person, school_class, role=role, primary=primary, beginDate=begins, endDate=ends)
        row["sourcedId"] = f"E{number}"
    return roster


@pytest.mark.sqlite_only
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.none() | rosters(), roster=rosters(), seed=st.integers(0, 9), course=st.sampled_from([None, "", "K"]))
def test_a_roster_brings_the_school_to_one_state_and_then_changes_nothing(
    db_session: Session, before: RosterSet | None, roster: RosterSet, seed: int, course: str | None
) -> None:
    school = new_school(db_session, code=_code())
    if before is not None:
        bring(db_session, school, before)
    bring(db_session, school, roster, now=LATER, confirmed=True, class_course=course)
    reached = standing(db_session, school)
    again = look(db_session, school, roster.shuffled(seed), now=LATER, class_course=course).plan
    assert again.is_empty, again.steps
    if before is not None:
        # By way of another roster, and back: nobody is lost and nobody is doubled.
        bring(db_session, school, before, now=LATER, confirmed=True)
        bring(db_session, school, roster, now=LATER, confirmed=True, class_course=course)
        assert standing(db_session, school).keys() == reached.keys()
        assert look(db_session, school, roster, now=LATER, class_course=course).plan.is_empty


@pytest.mark.sqlite_only
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(roster=rosters(), seed=st.integers(0, 99))
def test_the_order_of_rows_says_nothing(db_session: Session, roster: RosterSet, seed: int) -> None:
    school = new_school(db_session, code=_code())
    plan, shuffled = look(db_session, school, roster).plan, look(db_session, school, roster.shuffled(seed)).plan
    assert plan.digest() == shuffled.digest()
    assert sorted((p.code, p.text) for p in plan.problems) == sorted((p.code, p.text) for p in shuffled.problems)
    assert plan.pupils.counts() == shuffled.pupils.counts()


_codes = iter(range(10**9))


def _code() -> str:
    """Schools of one test database need different codes."""
    return f"school-{next(_codes)}"
