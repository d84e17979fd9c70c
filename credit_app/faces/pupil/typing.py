"""The short code typed by a pupil whose camera fails: the same claim as from the QR beside it.

How hopeless guessing is: of the 2^25 endings four are good at one moment, so a guess hits a door whose first three
characters are known once in 8.4 million tries. Wrong ones are let in 300 times an hour from one network: 28,000 hours
of an open door for one claim, which then still needs a pupil's own account and is on record as that pupil's scan.
Right ones are not counted, so that a whole class behind one address passes.
"""

from __future__ import annotations

from typing import Any

from flask import Response, g, make_response, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from credit_app import clock
from credit_app.attendance.answers import Answer
from credit_app.attendance.opening import open_typed
from credit_app.extensions import db, limiter
from credit_app.faces.claiming import count_refused, hand_out
from credit_app.faces.guards import public
from credit_app.faces.pupil import blueprint

WRONG_OF_ONE_NETWORK = "60/minute;300/hour"
WRONG_OF_ONE_BROWSER = "8/minute;40/hour"


class TypedCodeForm(FlaskForm):
    """Eight characters, as the screen shows them."""

    code = StringField(
        _l("签到短码"),
        [InputRequired(_l("请输入屏幕上的 8 位短码。"))],
        description=_l("屏幕上二维码旁边的 8 位字母和数字，大小写和空格都不影响。"),
    )


def this_browser() -> str:
    """By what wrong codes of one browser are counted: its form token, or the network where it keeps none."""
    return str(session.get("csrf_token") or get_remote_address())


def _was_wrong(_response: Response) -> bool:
    return bool(g.get("wrong_typed_code", False))


def _slow_down(_limit: object) -> Response:
    told = _("输错的次数太多，请过一分钟再试。着急的话，请工作人员用学生卡登记。")
    return make_response(_page(TypedCodeForm(formdata=None), told=told), 429)


@blueprint.get("/k/code")
@public
def type_code() -> str:
    """The form."""
    return _page(TypedCodeForm(formdata=None))


@blueprint.post("/k/code")
@limiter.limit(WRONG_OF_ONE_NETWORK, deduct_when=_was_wrong, on_breach=_slow_down)
@limiter.limit(WRONG_OF_ONE_BROWSER, key_func=this_browser, deduct_when=_was_wrong, on_breach=_slow_down)
@public
def open_typed_code() -> Any:
    """A code that the screen shows, or showed a minute ago, leaves the claim that its QR would have left."""
    form = TypedCodeForm()
    if not form.validate():
        return _page(form), 422
    opening = open_typed(db.session(), text=form.code.data, now=clock.now())
    if opening.claim is not None:
        response = redirect(url_for("pupil.claim", opened="1"), 303)
        hand_out(opening.claim, response)
        return response
    if opening.malformed:
        # Too long or too short cannot be a guess: whoever mistypes so is not slowed down.
        form.code.errors = [_("短码应该是 8 位字母和数字，请对照屏幕再输入一次。")]
        return _page(form), 422
    g.wrong_typed_code = True
    count_refused(f"typed_{opening.status}")
    answer = Answer(opening.status)
    form.code.errors = [f"{answer.title}{_('。')}{_('请输入屏幕上正在显示的短码。')}"]
    return _page(form), 422


def _page(form: TypedCodeForm, *, told: str | None = None) -> str:
    return render_template("pupil/type_code.html", form=form, told=told)
