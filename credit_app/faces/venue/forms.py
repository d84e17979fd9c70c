"""The forms of venue staff: an activity's outline, its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from credit_app import clock
from credit_app.activities.actions import LARGEST_CAPACITY, ROOM_LENGTH, SUMMARY_LENGTH, TITLE_LENGTH, Outline
from credit_app.activities.models import Activity
from credit_app.faces.fields import LocalMoment, WholeNumber, clean_text
from credit_app.organisations.models import Venue

HERE, AT_SCHOOL = "venue", "school"
GRADES = range(1, 10)


def _grade_field(label: Any) -> SelectField:
    not_a_grade = _l("年级范围是 1 到 9。")
    return SelectField(label, coerce=int, invalid_value_message=not_a_grade, invalid_choice_message=not_a_grade)


class OutlineForm(FlaskForm):
    """What an activity says of itself. `offer` comes before anything else is asked of the form."""

    venue = SelectField(_l("场馆"), invalid_choice_message=_l("请选择您所在的场馆。"))
    title = StringField(
        _l("活动名称"),
        [DataRequired(_l("请填写活动名称。")), Length(max=TITLE_LENGTH, message=_l("活动名称最多 80 个字。"))],
        filters=[clean_text],
    )
    category = RadioField(
        _l("类别"),
        [InputRequired(_l("请选择一个类别。"))],
        invalid_choice_message=_l("现行规则里没有这个类别，请重新选择。"),
    )
    place = RadioField(
        _l("在哪里进行"),
        [InputRequired(_l("请选择在哪里进行。"))],
        default=HERE,
        invalid_choice_message=_l("请选择在哪里进行。"),
    )
    grade_from = _grade_field(_l("从几年级"))
    grade_to = _grade_field(_l("到几年级"))
    summary = TextAreaField(
        _l("活动简介"),
        [Length(max=SUMMARY_LENGTH, message=_l("活动简介最多 2000 个字。"))],
        filters=[clean_text],
        description=_l("学生和家长会看到：做什么、带什么、注意什么。"),
    )

    def offer(self, *, venues: Sequence[Venue], categories: Mapping[str, str]) -> None:
        """The form offers `categories` by id, and `venues` unless there is only one."""
        self.category.choices = list(categories.items())
        self.place.choices = [(HERE, _("在场馆")), (AT_SCHOOL, _("送课到校"))]
        for field in (self.grade_from, self.grade_to):
            field.choices = [(grade, _("%(grade)s 年级", grade=grade)) for grade in GRADES]
        if len(venues) > 1:
            self.venue.choices = [(venue.public_id, venue.name) for venue in venues]
        else:
            del self.venue

    def chosen_venue(self, venues: Sequence[Venue]) -> Venue:
        """The one of `venues` that was picked; the first while none was."""
        picked = self.venue.data if self.venue is not None else None
        return next((venue for venue in venues if venue.public_id == picked), venues[0])

    def validate_grade_to(self, field: Field) -> None:
        """The last grade is not below the first."""
        if field.data is not None and self.grade_from.data is not None and field.data < self.grade_from.data:
            raise ValidationError(_("起始年级不能高于结束年级。"))

    def outline(self) -> Outline:
        """What was filled in."""
        return Outline(
            title=self.title.data,
            summary=self.summary.data,
            category=self.category.data,
            grade_from=self.grade_from.data,
            grade_to=self.grade_to.data,
            at_venue=self.place.data == HERE,
        )

    @staticmethod
    def values_of(activity: Activity) -> dict[str, Any]:
        """What the form shows of an activity that is changed."""
        return {
            "title": activity.title,
            "category": activity.category,
            "place": HERE if activity.at_venue else AT_SCHOOL,
            "grade_from": activity.grade_from,
            "grade_to": activity.grade_to,
            "summary": activity.summary,
        }


class RunForm(FlaskForm):
    """One dated run."""

    starts_at = LocalMoment(_l("开始"), [InputRequired(_l("请填写开始时间。"))])
    ends_at = LocalMoment(_l("结束"), [InputRequired(_l("请填写结束时间。"))])
    capacity = WholeNumber(
        _l("名额"),
        [
            Optional(),
            NumberRange(min=1, message=_l("名额至少为 1；不限名额请留空。")),
            NumberRange(max=LARGEST_CAPACITY, message=_l("名额最多为 50000；不限名额请留空。")),
        ],
        description=_l("不限名额请留空。"),
    )
    room = StringField(
        _l("具体地点"),
        [Length(max=ROOM_LENGTH, message=_l("地点最多 60 个字。"))],
        filters=[clean_text],
        description=_l("例如：二楼实验室、北门集合。"),
    )

    def validate_starts_at(self, field: Field) -> None:
        """A run is announced before it begins."""
        if field.data is not None and field.data <= clock.now():
            raise ValidationError(_("开始时间已经过去，请填写将来的时间。"))

    def validate_ends_at(self, field: Field) -> None:
        """A run ends after it starts."""
        if field.data is not None and self.starts_at.data is not None and field.data <= self.starts_at.data:
            raise ValidationError(_("结束时间要晚于开始时间。"))

    def run(self) -> dict[str, Any]:
        """What was filled in, as `activities.actions` takes it."""
        return {
            "starts_at": self.starts_at.data,
            "ends_at": self.ends_at.data,
            "capacity": self.capacity.data,
            "room": self.room.data,
        }


class NewActivityForm(OutlineForm, RunForm):
    """An activity with its first run."""
