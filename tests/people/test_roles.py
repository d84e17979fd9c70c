"""Users and what they may do, from which day to which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.extensions import db
from credit_app.organisations import actions as organisations
from credit_app.people import actions, queries
from credit_app.people.login_names import acceptable_name
from credit_app.people.models import User
from tests.cast import Cast
from tests.statements import count_statements

NOW = datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
MONDAY = date(2026, 9, 7)
FRIDAY = date(2026, 9, 11)


def _user(session: Session, login_name: str = "wang", **more: Any) -> User:
    return actions.create_user(session, login_name=login_name, display_name="王老师", now=NOW, **more)


def test_the_same_name_however_it_is_typed_is_taken_once(db_session: Session) -> None:
    _user(db_session, "wang.fang")
    for typed in ("Wang.Fang", "  wang.fang ", "ＷＡＮＧ．ｆａｎｇ", "wang.FANG"):
        with pytest.raises(Conflict) as refused:
            _user(db_session, typed)
        assert refused.value.field == "login_name"


def test_a_refused_name_leaves_the_session_usable(db_session: Session) -> None:
    first = _user(db_session, "wang")
    with pytest.raises(Conflict):
        _user(db_session, "wang")
    db_session.commit()
    assert queries.user_named(db_session, login_name="wang", school=None) is first


def test_one_name_may_stand_in_two_schools_and_outside_of_them(db_session: Session) -> None:
    district = organisations.create_district(db_session, code="nanshan", name="南山区")
    first = organisations.create_school(db_session, district=district, code="haitian", name="海天学校")
    second = organisations.create_school(db_session, district=district, code="qinglan", name="青蓝学校")
    users = [_user(db_session, "0501", school=place) for place in (first, second, None)]
    assert [queries.user_named(db_session, login_name="0501", school=place) for place in (first, second, None)] == users


@pytest.mark.parametrize("name", ["a", " a ", "x" * 65, ""])
def test_a_name_has_two_to_sixty_four_characters(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        acceptable_name(name)
    assert refused.value.field == "login_name"


def test_the_spaces_within_a_name_stay() -> None:
    assert acceptable_name(" De  la Cruz ") == "de la cruz"


def test_a_role_holds_from_its_first_to_its_last_day(db_session: Session, cast: Cast) -> None:
    user = _user(db_session)
    role = actions.grant_role(
        db_session, user=user, kind="teacher", school=cast.school, starts_on=MONDAY, ends_on=FRIDAY
    )
    one_day = timedelta(days=1)
    held = {day: queries.roles_on(db_session, user=user, day=day) for day in (MONDAY - one_day, MONDAY, FRIDAY)}
    assert held == {MONDAY - one_day: [], MONDAY: [role], FRIDAY: [role]}
    assert queries.roles_on(db_session, user=user, day=FRIDAY + one_day) == []


def test_an_ended_role_is_gone_the_next_day(db_session: Session, cast: Cast) -> None:
    (role,) = queries.roles_on(db_session, user=cast.colleague, day=MONDAY)
    actions.end_role(db_session, role=role, ends_on=MONDAY)
    assert queries.roles_on(db_session, user=cast.colleague, day=MONDAY) == [role]
    assert queries.roles_on(db_session, user=cast.colleague, day=MONDAY + timedelta(days=1)) == []


def test_a_role_cannot_end_before_it_began(db_session: Session, cast: Cast) -> None:
    (role,) = queries.roles_on(db_session, user=cast.colleague, day=MONDAY)
    with pytest.raises(InvalidInput):
        actions.end_role(db_session, role=role, ends_on=role.starts_on - timedelta(days=1))


def test_roles_come_with_their_places_in_one_statement(db_session: Session, cast: Cast) -> None:
    user = _user(db_session)
    for kind, place in (
        ("teacher", {"school": cast.school}),
        ("venue_staff", {"venue": cast.venue}),
        ("bureau_officer", {"district": cast.district}),
    ):
        actions.grant_role(db_session, user=user, kind=kind, starts_on=MONDAY, **place)
    db_session.commit()
    user_id = user.id
    db_session.expunge_all()
    user = db_session.get_one(User, user_id)
    with count_statements(db.engine) as statements:
        roles = queries.roles_on(db_session, user=user, day=FRIDAY)
        names = [(role.school or role.venue or role.district).name for role in roles]  # type: ignore[union-attr]
    assert names == ["海天学校", "海湾科技馆", "南山区"]
    assert len(statements) == 1


def test_a_role_is_about_the_place_that_fits_it(db_session: Session, cast: Cast) -> None:
    user = _user(db_session)
    for kind, place in (
        ("teacher", {}),
        ("teacher", {"venue": cast.venue}),
        ("venue_staff", {"venue": cast.venue, "school": cast.school}),
        ("bureau_officer", {"school": cast.school}),
        ("headmaster", {"school": cast.school}),
    ):
        with pytest.raises(InvalidInput) as refused:
            actions.grant_role(db_session, user=user, kind=kind, starts_on=MONDAY, **place)
        assert refused.value.field == "kind"


def test_the_same_role_is_not_held_twice_at_a_time(db_session: Session, cast: Cast) -> None:
    user = _user(db_session)
    grant = {"user": user, "kind": "teacher", "school": cast.school}
    actions.grant_role(db_session, starts_on=MONDAY, ends_on=FRIDAY, **grant)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        actions.grant_role(db_session, starts_on=FRIDAY, **grant)  # type: ignore[arg-type]
    actions.grant_role(db_session, starts_on=FRIDAY + timedelta(days=1), **grant)  # type: ignore[arg-type]
    actions.grant_role(db_session, user=user, kind="teacher", school=cast.other_school, starts_on=MONDAY)
