"""The forms of the page on which a rule set is tried: participations written into fields, and examples as a text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    Form,
    FormField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from credit_app.faces.fields import WholeNumber, clean_text
from credit_app.rule_books.drafting import clean_lines
from credit_app.rules.book import Book
from credit_app.rules.clauses.by_level import ByLevel
from credit_app.rules.clauses.role import Role
from credit_app.rules.clauses.shapes import FIRST_DAY, LAST_DAY
from credit_app.rules.examples import Expected
from credit_app.rules.facts import PROOFS, TIERS
from credit_app.rules.wording import TERMS

MAX_ROWS = 8
MAX_REPEAT = 40
NAME_LENGTH = 60

_EVIDENCES = {"none": _l("未提交"), "submitted": _l("正在审核"), "approved": _l("已通过"), "refused": _l("未通过")}
_WORKSHEETS = {**_EVIDENCES, "returned": _l("已退回修改")}
_TIERS = {"lead": _l("龙头场馆"), "backbone": _l("骨干场馆"), "grassroots": _l("基层场馆")}
_ROLES = {"participant": _l("参加者"), "guide": _l("讲解员")}
_WHOLE = _l("请填写范围内的整数。")


def _choices(words: Mapping[str, LazyString]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in words.items()]


class Day(DateField):
    """A day that a book may speak about."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The day that was written. Raises: ValueError with what the person is told."""
        self.data = None
        try:
            self.data = date.fromisoformat(str(valuelist[0]).strip()) if valuelist else None
        except ValueError:
            raise ValueError(_("请填写日期，例如 2026-10-17。")) from None


class ParticipationForm(Form):
    """One participation of the pupil (or several alike, on days that follow each other)."""

    category = SelectField(_l("类别"))
    on = Day(_l("日期"), [InputRequired(_l("请填写日期。"))])
    grade = WholeNumber(_l("年级"), [InputRequired(_l("请填写年级。")), NumberRange(1, 12, _WHOLE)])
    planned_minutes = WholeNumber(_l("计划时长（分钟）"), [Optional(), NumberRange(0, 10_000, _WHOLE)])
    dwell_minutes = WholeNumber(_l("停留时长（分钟）"), [Optional(), NumberRange(0, 10_000, _WHOLE)])
    checked_out = BooleanField(_l("自己签退了"))
    proof = SelectField(_l("签到方式"))
    worksheet = SelectField(_l("学习单"), choices=_choices(_WORKSHEETS))
    evidence = SelectField(_l("证明材料"), choices=_choices(_EVIDENCES))
    level = SelectField(_l("等级"))
    competition = StringField(_l("名单内的赛事"), [Length(max=NAME_LENGTH)], filters=[clean_text])
    activity = StringField(_l("活动名称"), [Length(max=NAME_LENGTH)], filters=[clean_text])
    venue = StringField(_l("场馆名称"), [Length(max=NAME_LENGTH)], filters=[clean_text])
    tier = SelectField(_l("场馆层级"))
    at_venue = BooleanField(_l("在场馆现场参加"))
    role = SelectField(_l("参与身份"))
    repeat = WholeNumber(_l("连续几天都这样"), [Optional(), NumberRange(1, MAX_REPEAT, _WHOLE)])

    def validate_on(self, field: Day) -> None:
        """Beyond the bounds of the rules there is no day."""
        if field.data is not None and not FIRST_DAY <= field.data <= LAST_DAY - timedelta(days=MAX_REPEAT):
            raise ValidationError(_("请检查年份。"))

    def offer(self, book: Book, locale: str) -> None:
        """The row offers the categories, levels and roles of `book`."""
        self.category.choices = [(each.id, book.category_title(each.id, locale)) for each in book.categories]
        proofs, words = TERMS["proof"], TERMS["level"]
        self.proof.choices = [(proof, _(proofs[proof])) for proof in PROOFS]
        levels = [level for clause in book.clauses if isinstance(clause, ByLevel) for level in clause.levels]
        self.level.choices = [
            ("", _("没有")),
            *((level, _(words[level]) if level in words else level) for level in dict.fromkeys(levels)),
        ]
        self.tier.choices = [("", _("不在场馆")), *((tier, str(_TIERS[tier])) for tier in TIERS)]
        named = [role for clause in book.clauses for role in clause.scope.role or ()]
        named += [role for clause in book.clauses for role in (clause.accepts if isinstance(clause, Role) else ())]
        self.role.choices = [
            (role, str(_ROLES.get(role, role))) for role in dict.fromkeys(("participant", "guide", *named))
        ]

    def stated(self) -> Expected:
        """What the row says, for the rules' own examples."""
        return Expected(
            on=self.on.data,
            category=self.category.data,
            grade=self.grade.data,
            planned_minutes=self.planned_minutes.data,
            dwell_minutes=self.dwell_minutes.data,
            checked_out=self.checked_out.data,
            proof=self.proof.data,
            worksheet=self.worksheet.data,
            evidence=self.evidence.data,
            level=self.level.data or None,
            competition=self.competition.data or None,
            activity=self.activity.data or None,
            venue=self.venue.data or None,
            tier=self.tier.data or None,
            at_venue=self.at_venue.data,
            role=self.role.data,
            repeat=self.repeat.data or 1,
            earns=0,
        )


class TryForm(FlaskForm):
    """Participations of one pupil, one after the other."""

    participations = FieldList(FormField(ParticipationForm), min_entries=1, max_entries=MAX_ROWS)

    def offer(self, book: Book, locale: str) -> None:
        """Every row offers what `book` knows."""
        for row in self.participations:
            row.form.offer(book, locale)


class CasesForm(FlaskForm):
    """Examples to be run: pasted, or as a file."""

    cases = TextAreaField(_l("算例（YAML）"), filters=[lambda text: clean_lines(text or "")])
    cases_file = FileField(_l("或者上传算例文件"))


def first_row(book: Book, today: date) -> dict[str, Any]:
    """What an untouched row says: today if the book covers it, else its first day; everything in order."""
    return {
        "category": book.category_ids[0],
        "on": today if book.covers(today) else book.effective_on,
        "grade": 5,
        "planned_minutes": 120,
        "dwell_minutes": 120,
        "checked_out": True,
        "proof": "staff_scan",
        "worksheet": "approved",
        "evidence": "approved",
        "at_venue": True,
        "role": "participant",
        "repeat": 1,
    }


def next_row(row: dict[str, Any]) -> dict[str, Any]:
    """The same once more, on the day after: that is how a limit is met."""
    day = row.get("on")
    days = timedelta(days=row.get("repeat") or 1)
    return row | {"on": day + days if day is not None and day <= LAST_DAY - days else day, "repeat": 1}
