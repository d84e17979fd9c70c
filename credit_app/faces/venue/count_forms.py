"""The form of a headcount."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectChoice, SelectField
from wtforms.validators import InputRequired

from credit_app.faces.fields import WholeNumber
from credit_app.keys import new_public_id
from credit_app.organisations.models import School


class HeadcountForm(FlaskForm):
    """How many heads, of whom, and when; `client_uid` makes a form sent twice one count."""

    group = SelectField(_l("清点谁"), choices=[], validate_choice=False)
    moment = RadioField(
        _l("什么时候"),
        choices=[SelectChoice("arrival", _l("到场时")), SelectChoice("departure", _l("离场时"))],
        default="arrival",
        validators=[InputRequired(_l("请选择到场或离场。"))],
    )
    heads = WholeNumber(_l("人数"))
    client_uid = HiddenField(default=new_public_id)

    def offer(self, schools: Iterable[School]) -> None:
        """All, and the groups of the schools that were called or came."""
        self.group.choices = [
            SelectChoice("", _("全部到场的学生")),
            *(SelectChoice(school.public_id, school.name) for school in schools),
        ]
