"""From a printed code to a password: once, for the right name, in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.extensions import db
from credit_app.keys import ALPHABET
from credit_app.people import actions, activation, queries
from credit_app.people.models import ActivationCode, User
from credit_app.people.passwords import password_matches
from tests.cast import Cast
from tests.statements import count_statements

# Monday 7 September 2026, 10:00 in Shanghai; a code of fourteen days works until 21 September, midnight.
NOW = datetime(2026, 9, 7, 2, 0, tzinfo=UTC)
LAST_INSTANT = datetime(2026, 9, 21, 15, 59, 59, tzinfo=UTC)
NEW = "orange-harbour-17"


@pytest.fixture
def newcomer(db_session: Session, cast: Cast) -> User:
    """A pupil whom a roster has brought: no password yet."""
    return actions.create_user(
        db_session, login_name="0511", display_name="新同学", school=cast.school, now=NOW - timedelta(days=1)
    )


def _issue(session: Session, cast: Cast, user: User, now: datetime = NOW) -> str:
    code = actions.issue_activation(session, user=user, issued_by=cast.homeroom_teacher, now=now)
    session.commit()
    return code


def _activate(session: Session, code: str, *, name: str = "0511", now: datetime = NOW, **more: Any) -> User:
    return actions.activate(
        session, **{"school": None, "login_name": name, "code": code, "password": NEW, "now": now, **more}
    )


def _refusal(session: Session, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        _activate(session, *args, **kwargs)
    assert refused.value.field in {"code", "password"}
    return str(refused.value.message)


def test_a_code_sets_the_password_of_its_user(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    assert _activate(db_session, code, school=cast.school) is newcomer
    assert password_matches(NEW, newcomer.password_hash)


def test_a_code_is_ten_characters_that_cannot_be_misread_and_is_not_kept(
    db_session: Session, cast: Cast, newcomer: User
) -> None:
    code = _issue(db_session, cast, newcomer)
    first, second = code.split("-")
    assert len(first) == len(second) == 5
    assert set(first + second) <= set(ALPHABET)
    kept = db_session.scalars(select(ActivationCode.code_digest)).one()
    assert first not in kept.upper()
    assert second not in kept.upper()


def test_a_code_may_be_typed_as_a_child_types_it(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    sloppy = f"  {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert _activate(db_session, sloppy, name=" 0511 ") is newcomer


def test_a_code_works_once(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    _activate(db_session, code)
    db_session.commit()
    assert "已经用过" in _refusal(db_session, code, password="another-harbour-18")
    assert password_matches(NEW, newcomer.password_hash)


def test_a_code_works_until_the_end_of_the_day_on_the_slip(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    assert actions.last_day_of_codes(NOW).isoformat() == "2026-09-21"
    too_late = LAST_INSTANT + timedelta(seconds=1)
    assert "2026-09-21" in _refusal(db_session, code, now=too_late)
    _activate(db_session, code, now=LAST_INSTANT)


def test_a_new_code_replaces_the_earlier_one(db_session: Session, cast: Cast, newcomer: User) -> None:
    earlier = _issue(db_session, cast, newcomer)
    later = _issue(db_session, cast, newcomer, NOW + timedelta(days=1))
    assert "新的激活码代替" in _refusal(db_session, earlier)
    _activate(db_session, later)


def test_a_code_of_another_name_or_school_or_of_nobody_gets_one_and_the_same_answer(
    db_session: Session, cast: Cast, newcomer: User
) -> None:
    code = _issue(db_session, cast, newcomer)
    told = {
        _refusal(db_session, code, name="linxiaoyu"),
        _refusal(db_session, code, name="nobody"),
        _refusal(db_session, code, school=cast.other_school),
        _refusal(db_session, "00000-00000"),
    }
    assert len(told) == 1


def test_a_weak_password_does_not_spend_the_code(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    assert "8" in _refusal(db_session, code, password="short")
    _activate(db_session, code)


def test_activation_ends_the_sign_ins_of_before(db_session: Session, cast: Cast) -> None:
    pupil = cast.pupil.user
    assert pupil is not None
    token = actions.begin_sign_in(db_session, user=pupil, now=NOW)
    code = _issue(db_session, cast, pupil)
    assert queries.user_by_token(db_session, token=token, now=NOW) is pupil
    _activate(db_session, code, name="linxiaoyu")
    assert queries.user_by_token(db_session, token=token, now=NOW) is None


def test_a_reset_signs_out_and_takes_the_password_away(db_session: Session, cast: Cast) -> None:
    pupil = cast.pupil.user
    assert pupil is not None
    token = actions.begin_sign_in(db_session, user=pupil, now=NOW)
    code = actions.reset_sign_in(db_session, user=pupil, issued_by=cast.homeroom_teacher, now=NOW)
    db_session.commit()
    assert pupil.password_hash is None
    assert queries.user_by_token(db_session, token=token, now=NOW) is None
    _activate(db_session, code, name="linxiaoyu")


def test_nobody_gets_a_code_for_a_closed_account(db_session: Session, cast: Cast, newcomer: User) -> None:
    code = _issue(db_session, cast, newcomer)
    newcomer.is_active = False
    db_session.commit()
    _refusal(db_session, code)
    with pytest.raises(Conflict, match="新同学"):
        _issue(db_session, cast, newcomer)


def test_codes_for_a_class_cost_two_statements(db_session: Session, cast: Cast) -> None:
    users = [
        actions.create_user(db_session, login_name=f"06{n:02}", display_name="同学", school=cast.school, now=NOW)
        for n in range(45)
    ]
    issued_by = cast.homeroom_teacher
    with count_statements(db.engine) as statements:
        codes = actions.issue_activations(db_session, users=users, issued_by=issued_by, now=NOW)
    assert len(statements) == 2
    assert set(codes) == {user.id for user in users}
    assert len(set(codes.values())) == 45
    db_session.commit()
    assert _activate(db_session, codes[users[7].id], name="0607") is users[7]


def test_no_class_no_codes(db_session: Session, cast: Cast) -> None:
    assert actions.issue_activations(db_session, users=[], issued_by=cast.homeroom_teacher, now=NOW) == {}


def test_of_two_who_use_a_code_at_the_same_moment_one_is_refused(
    db_session: Session, cast: Cast, newcomer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has read the code as unused and hashes; meanwhile the first gets in."""
    code = _issue(db_session, cast, newcomer)
    newcomer_id = newcomer.id

    def overtaken(password: str, *, hashing: Callable[[str], str] = activation.hash_password) -> str:
        monkeypatch.setattr(activation, "hash_password", hashing)
        with Session(db.engine) as first:
            _activate(first, code, password="the-first-one-29")
            first.commit()
        return hashing(password)

    db_session.rollback()
    monkeypatch.setattr(activation, "hash_password", overtaken)
    assert "刚刚被使用" in _refusal(db_session, code)
    db_session.rollback()
    assert password_matches("the-first-one-29", db_session.get_one(User, newcomer_id).password_hash)
