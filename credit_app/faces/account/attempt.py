"""One attempt to sign in by name and password: checked and answered the same wherever the form stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from flask import session
from flask_babel import gettext as _

from credit_app.extensions import db
from credit_app.faces.account.forms import SignInForm
from credit_app.faces.account.turns import in_line, told_to_wait
from credit_app.faces.formatting import local_time
from credit_app.organisations import queries as organisations
from credit_app.people import actions as people_actions
from credit_app.people.actions import Blocked, ChooseSchool, Refused, SignedIn
from credit_app.people.line import TooManySignIns
from credit_app.storage import reading

# Of one network address: a class behind the school's address signs in at the bell, a guesser is slowed down.
A_CLASS_AT_ONCE = "120/minute"
ASKED_FOR_SCHOOL = "ask_school"


@dataclass(frozen=True)
class Failed:
    """Nobody is signed in; `told` says why or what is still needed, and the form asks for what it must."""

    told: str | None
    status: int
    headers: dict[str, str] = field(default_factory=dict)


def attempt_sign_in(form: SignInForm, *, now: datetime) -> SignedIn | Failed:
    """The form has been judged; a failure is on record, and a success waits for the view to commit it.

    To be called before the request touches the database in any other way: see `people.sign_in`.
    """
    if not form.validate():
        offer_schools(form, asked=bool(session.get(ASKED_FOR_SCHOOL)))
        return Failed(None, 422)
    try:
        with in_line(form.turn.data, now=now):
            outcome = people_actions.sign_in(
                db.session,
                login_name=form.login_name.data,
                password=form.password.data,
                school_public_id=form.school.data or None,
                on_own_device=form.on_own_device.data,
                now=now,
            )
    except TooManySignIns as busy:
        offer_schools(form, asked=bool(session.get(ASKED_FOR_SCHOOL)))
        return Failed(told_to_wait(now=now), busy.status, {"Retry-After": "5"})
    match outcome:
        case SignedIn():
            return outcome
        case ChooseSchool(schools):
            form.ask_school(schools)
            return Failed(_("不止一处有人使用这个用户名，请选择您的学校或单位，再输入一次密码。"), 200)
        case Refused():
            db.session.commit()
            offer_schools(form, asked=True)
            return Failed(_("用户名或密码不正确，请检查后再试。第一次使用，请先用激活码设置密码。"), 422)
        case Blocked(until):
            db.session.commit()
            offer_schools(form, asked=True)
            opens = _shown_minute(until)
            told = _("输错的次数太多，请在 %(time)s 之后再试。忘记密码，请找老师或管理员重置。", time=opens)
            return Failed(told, 429, {"Retry-After": str(ceil((until - now).total_seconds()))})


def offer_schools(form: SignInForm, *, asked: bool) -> None:
    """The school is asked for after any failure, so that being asked tells nothing about which names exist."""
    if not asked:
        return
    with reading():
        schools = organisations.schools(db.session)
    if len(schools) > 1:
        session[ASKED_FOR_SCHOOL] = True
        form.ask_school([*schools, None])


def _shown_minute(until: datetime) -> str:
    """The first whole minute at which the account is open again."""
    return local_time(datetime.fromtimestamp(ceil(until.timestamp() / 60) * 60, tz=until.tzinfo))
