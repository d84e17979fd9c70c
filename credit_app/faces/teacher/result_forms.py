"""The forms of the pages of results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired

from credit_app.faces.fields import clean_text
from credit_app.recognition.results.entry import Entry
from credit_app.recognition.results.offer import OfferedCategory, level_title

NO_LEVEL = ""


class ResultForm(FlaskForm):
    """One result. `offer` comes before the form is shown; what is wrong with the values, the action says."""

    number = StringField(_l("学号"), filters=[clean_text])
    name = StringField(_l("姓名"), filters=[clean_text])
    category = SelectField(_l("类别"), validate_choice=False)
    title = StringField(_l("项目或赛事名称"), filters=[clean_text])
    level = SelectField(_l("等级"), validate_choice=False)
    occurred_on = DateField(_l("日期"), [DataRequired(_l("请填写日期，例如 2026-10-17。"))])
    document_ref = StringField(_l("材料编号"), filters=[clean_text])

    def offer(self, offered: Mapping[str, OfferedCategory]) -> None:
        """The form offers the categories and levels of the book."""
        levels = dict.fromkeys(level for category in offered.values() for level in category.levels)
        self.category.choices = [(category.id, category.title) for category in offered.values()]
        self.level.choices = [(NO_LEVEL, _("不分等级"))] + [(level, level_title(level)) for level in levels]

    def entry(self, day: date) -> Entry:
        """What the form says of `day`."""
        return Entry(
            category=self.category.data or "",
            title=self.title.data or "",
            level=self.level.data or "",
            occurred_on=day,
            document_ref=self.document_ref.data or "",
        )


class SheetForm(FlaskForm):
    """A sheet of results to be previewed."""

    file = FileField(_l("成果表（.xlsx 或 .csv）"), [FileRequired(_l("请选择填好的成果表。"))])


class ApplySheetForm(FlaskForm):
    """The counselor has seen the preview of this digest, and means it."""

    digest = HiddenField()
