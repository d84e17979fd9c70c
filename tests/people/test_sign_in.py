"""Signing in: who gets in, who is told what, and how guessing is slowed down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.organisations import actions as organisations
from credit_app.people import actions, queries, sign_in
from credit_app.people.actions import Blocked, ChooseSchool, Refused, SignedIn
from credit_app.people.backoff import pause_after
from credit_app.people.login_names import NO_SCHOOL
from credit_app.people.models import SignInSession, User
from credit_app.people.passwords import password_matches
from tests.cast import PASSWORD, Cast

NOW = datetime(2026, 10, 17, 1, 0, tzinfo=UTC)
WRONG = "not-the-right-one"


def _try(
    session: Session, name: str, password: str = PASSWORD, *, school: str | None = None, at: datetime = NOW
) -> object:
    outcome = actions.sign_in(session, login_name=name, password=password, now=at, school_public_id=school)
    session.commit()
    return outcome


def _fail(session: Session, name: str, times: int, *, school: str | None = None, at: datetime = NOW) -> list[object]:
    return [_try(session, name, WRONG, school=school, at=at) for _ in range(times)]


def test_name_and_password_sign_in_without_asking_for_the_school(db_session: Session, cast: Cast) -> None:
    outcome = _try(db_session, " LinXiaoyu ")
    assert isinstance(outcome, SignedIn)
    assert outcome.user is cast.pupil.user
    assert queries.user_by_token(db_session, token=outcome.token, now=NOW) is cast.pupil.user


def test_the_token_stands_nowhere_in_the_database(db_session: Session, cast: Cast) -> None:
    outcome = _try(db_session, "linxiaoyu")
    assert isinstance(outcome, SignedIn)
    (row,) = db_session.scalars(select(SignInSession))
    assert outcome.token not in row.token_digest
    assert queries.user_by_token(db_session, token=row.token_digest, now=NOW) is None


def test_every_sign_in_has_a_token_of_its_own_and_ends_alone(db_session: Session, cast: Cast) -> None:
    phone, laptop = _try(db_session, "zhou"), _try(db_session, "zhou")
    assert isinstance(phone, SignedIn)
    assert isinstance(laptop, SignedIn)
    actions.sign_out(db_session, token=phone.token)
    assert queries.user_by_token(db_session, token=phone.token, now=NOW) is None
    assert queries.user_by_token(db_session, token=laptop.token, now=NOW) is cast.homeroom_teacher


@pytest.mark.parametrize(
    ("name", "own_device", "hours"),
    [("linxiaoyu", False, 12), ("linxiaoyu", True, 30 * 24), ("zhou", False, 12), ("zhou", True, 12)],
)
@pytest.mark.sqlite_only
def test_a_sign_in_lasts_a_day_of_work_and_on_a_pupils_own_device_a_month(
    db_session: Session, cast: Cast, name: str, own_device: bool, hours: int
) -> None:
    outcome = actions.sign_in(db_session, login_name=name, password=PASSWORD, now=NOW, on_own_device=own_device)
    assert isinstance(outcome, SignedIn)
    end = NOW + timedelta(hours=hours)
    before = queries.user_by_token(db_session, token=outcome.token, now=end - timedelta(seconds=1))
    assert before is outcome.user
    assert queries.user_by_token(db_session, token=outcome.token, now=end) is None


def test_a_closed_account_is_out_at_once_and_cannot_come_back(db_session: Session, cast: Cast) -> None:
    outcome = _try(db_session, "wu")
    assert isinstance(outcome, SignedIn)
    cast.colleague.is_active = False
    db_session.commit()
    assert queries.user_by_token(db_session, token=outcome.token, now=NOW) is None
    assert _try(db_session, "wu") == Refused()


def test_a_wrong_password_an_unknown_name_and_an_account_without_password_look_the_same(
    db_session: Session, cast: Cast
) -> None:
    actions.create_user(db_session, login_name="0599", display_name="没激活", school=cast.school, now=NOW)
    db_session.commit()
    outcomes = [_fail(db_session, name, 6) for name in ("linxiaoyu", "nobody-is-called-so", "0599")]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    with_school = [_fail(db_session, name, 6, school=cast.school.public_id) for name in ("sunhao", "nobody", "0599")]
    assert with_school[0] == with_school[1] == with_school[2]


def test_an_unknown_name_costs_as_many_hashes_as_a_known_one(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks: list[str] = []

    def counted(password: str, stored: str | None) -> bool:
        checks.append(password)
        return password_matches(password, stored)

    monkeypatch.setattr(sign_in, "password_matches", counted)
    _fail(db_session, "linxiaoyu", 1)
    known = len(checks)
    _fail(db_session, "nobody-is-called-so", 1)
    assert len(checks) - known == known == 1


def _namesake(session: Session, cast: Cast, password: str, *, in_school: bool = True) -> User:
    """Somebody of the other school, or of none, who is called linxiaoyu too."""
    user = actions.create_user(
        session,
        login_name="linxiaoyu",
        display_name="林小雨",
        school=cast.other_school if in_school else None,
        password=password,
        now=NOW,
    )
    session.commit()
    return user


def test_of_namesakes_the_password_tells_who_it_is(db_session: Session, cast: Cast) -> None:
    other = _namesake(db_session, cast, "amber-mountain-55")
    mine, theirs = _try(db_session, "linxiaoyu"), _try(db_session, "linxiaoyu", "amber-mountain-55")
    assert isinstance(mine, SignedIn)
    assert isinstance(theirs, SignedIn)
    assert [mine.user, theirs.user] == [cast.pupil.user, other]


def test_namesakes_with_one_password_are_asked_for_the_school(db_session: Session, cast: Cast) -> None:
    other = _namesake(db_session, cast, PASSWORD)
    nowhere = _namesake(db_session, cast, PASSWORD, in_school=False)
    outcome = _try(db_session, "linxiaoyu")
    assert isinstance(outcome, ChooseSchool)
    assert [school.name if school else None for school in outcome.schools] == ["海天学校", "青蓝学校", None]
    for school, user in ((cast.other_school.public_id, other), (NO_SCHOOL, nowhere)):
        chosen = _try(db_session, "linxiaoyu", school=school)
        assert isinstance(chosen, SignedIn)
        assert chosen.user is user


def test_only_the_schools_where_the_password_fits_are_offered(db_session: Session, cast: Cast) -> None:
    _namesake(db_session, cast, PASSWORD, in_school=False)
    _namesake(db_session, cast, "amber-mountain-55")
    outcome = _try(db_session, "linxiaoyu")
    assert isinstance(outcome, ChooseSchool)
    assert [school.name if school else None for school in outcome.schools] == ["海天学校", None]
    assert _try(db_session, "linxiaoyu", WRONG) == Refused()


def test_a_name_that_very_many_have_needs_its_school(db_session: Session, cast: Cast) -> None:
    """Trying them all would cost a hash each; the answer is that of a wrong password."""
    for number in range(4):
        school = organisations.create_school(db_session, district=cast.district, code=f"s{number}", name=f"{number}小")
        actions.create_user(
            db_session, login_name="0001", display_name="同学", school=school, password=PASSWORD, now=NOW
        )
    db_session.commit()
    assert _try(db_session, "0001") == Refused()
    assert isinstance(_try(db_session, "0001", school=school.public_id), SignedIn)


def test_a_school_that_does_not_exist_is_refused_like_a_wrong_password(db_session: Session, cast: Cast) -> None:
    assert _try(db_session, "linxiaoyu", school="nosuchschool") == Refused()


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (500, 900)]
)
def test_the_pause_doubles_from_the_fifth_failure_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert pause_after(failures) == timedelta(seconds=seconds)


def test_after_five_failures_even_the_right_password_waits(db_session: Session, cast: Cast) -> None:
    opens = NOW + timedelta(seconds=30)
    assert _fail(db_session, "linxiaoyu", 5) == [Refused()] * 4 + [Blocked(opens)]
    assert _try(db_session, "linxiaoyu", at=opens - timedelta(seconds=1)) == Blocked(opens)
    assert isinstance(_try(db_session, "linxiaoyu", at=opens), SignedIn)


def test_tries_during_the_pause_do_not_prolong_it(db_session: Session, cast: Cast) -> None:
    _fail(db_session, "linxiaoyu", 5)
    opens = NOW + timedelta(seconds=30)
    assert _fail(db_session, "linxiaoyu", 3, at=NOW + timedelta(seconds=20)) == [Blocked(opens)] * 3


def test_a_success_and_two_hours_both_wipe_the_slate(db_session: Session, cast: Cast) -> None:
    _fail(db_session, "linxiaoyu", 4)
    _try(db_session, "linxiaoyu")
    assert _fail(db_session, "linxiaoyu", 4) == [Refused()] * 4
    much_later = NOW + timedelta(hours=2, seconds=1)
    assert _fail(db_session, "linxiaoyu", 4, at=much_later) == [Refused()] * 4


def test_ones_own_password_does_not_wipe_the_slate_of_a_namesake(db_session: Session, cast: Cast) -> None:
    _namesake(db_session, cast, "amber-mountain-55")
    _fail(db_session, "linxiaoyu", 4)
    assert isinstance(_try(db_session, "linxiaoyu", "amber-mountain-55"), SignedIn)
    assert isinstance(_fail(db_session, "linxiaoyu", 1)[0], Blocked)


def test_failures_at_one_school_leave_the_namesake_at_another_alone(db_session: Session, cast: Cast) -> None:
    _namesake(db_session, cast, PASSWORD)
    _fail(db_session, "linxiaoyu", 9, school=cast.school.public_id)
    assert isinstance(_try(db_session, "linxiaoyu", school=cast.other_school.public_id), SignedIn)


def test_of_guesses_side_by_side_the_right_one_does_not_slip_through(
    db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the right guess is being hashed, five wrong ones that started with it have closed the account."""

    def overtaken(password: str, stored: str | None) -> bool:
        monkeypatch.setattr(sign_in, "password_matches", password_matches)
        with Session(db.engine) as others:
            _fail(others, "linxiaoyu", 5)
        return password_matches(password, stored)

    db_session.commit()
    monkeypatch.setattr(sign_in, "password_matches", overtaken)
    assert _try(db_session, "linxiaoyu") == Blocked(NOW + timedelta(seconds=30))


def test_a_reset_during_the_check_wins(db_session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    user_id, teacher_id = cast.pupil.user_id, cast.homeroom_teacher.id

    def overtaken(password: str, stored: str | None) -> bool:
        with Session(db.engine) as other:
            user, teacher = other.get_one(User, user_id), other.get_one(User, teacher_id)
            actions.reset_sign_in(other, user=user, issued_by=teacher, now=NOW)
            other.commit()
        return password_matches(password, stored)

    db_session.commit()
    monkeypatch.setattr(sign_in, "password_matches", overtaken)
    assert _try(db_session, "linxiaoyu") == Refused()
    assert db_session.scalars(select(SignInSession)).all() == []


def test_a_hash_of_another_cost_is_made_anew_at_sign_in(db_session: Session, cast: Cast) -> None:
    pupil = cast.pupil.user
    assert pupil is not None
    pupil.password_hash = PasswordHasher(memory_cost=16, time_cost=2, parallelism=1).hash(PASSWORD)
    db_session.commit()
    assert isinstance(_try(db_session, "linxiaoyu"), SignedIn)
    assert "m=8,t=1,p=1" in (pupil.password_hash or "")
    assert isinstance(_try(db_session, "linxiaoyu"), SignedIn)


def test_a_changed_password_signs_out_everywhere(db_session: Session, cast: Cast) -> None:
    outcome = _try(db_session, "zhou")
    assert isinstance(outcome, SignedIn)
    user_id = outcome.user.id
    db_session.rollback()
    changed = actions.change_password(db_session, user_id=user_id, current=PASSWORD, new="silver-meadow-64", now=NOW)
    db_session.commit()
    assert changed is outcome.user
    assert queries.user_by_token(db_session, token=outcome.token, now=NOW) is None
    assert _try(db_session, "zhou") == Refused()
    assert isinstance(_try(db_session, "zhou", "silver-meadow-64"), SignedIn)


def test_a_borrowed_phone_cannot_try_out_passwords_on_the_change_form(db_session: Session, cast: Cast) -> None:
    user_id = cast.homeroom_teacher.id
    tries = []
    for _ in range(6):
        tries.append(
            actions.change_password(db_session, user_id=user_id, current=WRONG, new="silver-meadow-64", now=NOW)
        )
        db_session.commit()
    assert tries == [Refused()] * 4 + [Blocked(NOW + timedelta(seconds=30))] * 2
    assert isinstance(_try(db_session, "zhou"), SignedIn)


def test_what_has_ended_is_cleared_away(db_session: Session, cast: Cast) -> None:
    _try(db_session, "zhou")
    _fail(db_session, "nobody", 1)
    assert actions.purge_expired(db_session, now=NOW + timedelta(hours=1)) == 0
    later = NOW + timedelta(hours=12)
    kept = _try(db_session, "zhou", at=NOW + timedelta(hours=6))
    assert isinstance(kept, SignedIn)
    assert actions.purge_expired(db_session, now=later) == 2
    assert queries.user_by_token(db_session, token=kept.token, now=later) is cast.homeroom_teacher
