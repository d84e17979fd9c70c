"""The forms of the pages on which a rule set is drafted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectChoice, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from credit_app.faces.fields import clean_text
from credit_app.faces.titles import book_title
from credit_app.organisations.models import District
from credit_app.rule_books.drafting import REMARK_LENGTH, clean_lines
from credit_app.rules.book import Book


class NewDraftForm(FlaskForm):
    """What a draft begins with. `offer` comes before the form is shown or read."""

    source = RadioField(
        _l("从哪里开始"),
        choices=[
            SelectChoice("copy", _l("复制一本已发布的规则集")),
            SelectChoice("upload", _l("上传 YAML 文件")),
            SelectChoice("skeleton", _l("空白骨架")),
        ],
        default="copy",
    )
    rule_set = SelectField(_l("复制哪一本"), validate_choice=False)
    file = FileField(_l("YAML 文件"))
    district = SelectField(_l("适用的区"), validate_choice=False)

    def offer(self, books: Sequence[Book], districts: Sequence[District], *, chosen: str = "") -> None:
        """The form offers these books to copy, and these districts to draft for."""
        self.rule_set.choices = [
            (book.id, _("%(title)s（%(id)s）", title=book_title(book), id=book.id)) for book in books
        ]
        self.district.choices = [(district.code, district.name) for district in districts]
        if not self.is_submitted():
            self.source.data = "copy" if books else "skeleton"
            self.rule_set.data = chosen or (books[0].id if books else "")


class TextForm(FlaskForm):
    """The text of a draft, over the version that was read; `step` names the button."""

    text = TextAreaField(_l("规则集文本"), filters=[lambda text: clean_lines(text or "")])
    version = IntegerField(validators=[InputRequired()])


class ReturnForm(FlaskForm):
    """What the second officer says to the first."""

    remark = TextAreaField(
        _l("退回意见"),
        [Length(max=REMARK_LENGTH, message=_l("意见最多 500 个字。"))],
        filters=[clean_text],
        description=_l("写明要改什么，提交人会看到。"),
    )


class PublishForm(FlaskForm):
    """What the second officer has seen and confirms: the version, and the rule sets that lose days, by id."""

    version = IntegerField(validators=[InputRequired()])
    replaces = HiddenField()
    seen = BooleanField(_l("我已核对改动，以及它接替的规则集和日期"))


def address(endpoint: str, public_id: str, **values: Any) -> str:
    """The address of a page of the draft; `endpoint` without what all of them begin with."""
    return url_for(f"bureau.rule_draft{endpoint}", public_id=public_id, **values)
