"""The forms of signing in, activation and one's own password."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, SelectChoice, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Optional

from credit_app.organisations.models import School
from credit_app.people.login_names import NO_SCHOOL
from credit_app.people.passwords import SHORTEST

_REQUIRED_NAME = InputRequired(_l("请填写用户名。"))
_REQUIRED_PASSWORD = InputRequired(_l("请填写密码。"))


class SignInForm(FlaskForm):
    """The school is only asked for when name and password alone did not settle it: see `ask_school`."""

    login_name = StringField(_l("用户名"), [_REQUIRED_NAME])
    password = PasswordField(_l("密码"), [_REQUIRED_PASSWORD])
    school = SelectField(_l("学校或单位"), [Optional()], choices=[SelectChoice("")], validate_choice=False)
    on_own_device = BooleanField(
        _l("这是我自己的设备，保持登录"), description=_l("学生最长保持 30 天。公用的电脑和平板请不要勾选。")
    )
    next = HiddenField()
    turn = HiddenField()

    def ask_school(self, schools: Iterable[School | None]) -> None:
        """The form offers `schools`, with their district where there are several; None offers "no school"."""
        offered = list(schools)
        no_school = [SelectChoice(NO_SCHOOL, _("我在场馆、教育局工作"))] if None in offered else []
        self.school.choices = [
            SelectChoice("", _("请选择")),
            *_named([school for school in offered if school]),
            *no_school,
        ]


class ActivationForm(FlaskForm):
    """The code alone says whose it is; the name beside it makes a code that was guessed useless."""

    turn = HiddenField()

    login_name = StringField(_l("用户名"), [_REQUIRED_NAME], description=_l("照着激活单填写。"))
    code = StringField(
        _l("激活码"), [InputRequired(_l("请填写激活码。"))], description=_l("10 位，大小写和短横线都不影响。")
    )
    password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请设置一个密码。"))],
        description=_l("至少 %(least)s 个字符，自己记得住、别人猜不到。", least=SHORTEST),
    )
    repeated = PasswordField(
        _l("再输入一次新密码"),
        [InputRequired(_l("请再输入一次。")), EqualTo("password", _l("两次输入的密码不一样。"))],
    )


class PasswordForm(FlaskForm):
    """A new password for somebody who knows the present one."""

    current = PasswordField(_l("现在的密码"), [InputRequired(_l("请填写现在的密码。"))])
    password = PasswordField(
        _l("新密码"),
        [InputRequired(_l("请设置一个密码。"))],
        description=_l("至少 %(least)s 个字符，自己记得住、别人猜不到。", least=SHORTEST),
    )
    repeated = PasswordField(
        _l("再输入一次新密码"),
        [InputRequired(_l("请再输入一次。")), EqualTo("password", _l("两次输入的密码不一样。"))],
    )


def _named(schools: Sequence[School]) -> list[SelectChoice]:
    # One list, not one list a district: an old phone's picker shows groups badly.
    names = {school.district.name for school in schools}
    return [
        SelectChoice(school.public_id, f"{school.district.name} · {school.name}" if len(names) > 1 else school.name)
        for school in schools
    ]
