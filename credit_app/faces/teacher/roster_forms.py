"""The forms of the roster pages."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, SelectField, StringField

from credit_app.schools.roster.choices import Choices, grades_text
from credit_app.schools.roster.plan import Plan
from credit_app.schools.roster.problems import OrgChoice


class UploadForm(FlaskForm):
    """A roster to be previewed."""

    file = FileField(_l("名单压缩包（.zip）"), [FileRequired(_l("请选择教务系统导出的 zip 文件。"))])


class ChoicesForm(FlaskForm):
    """What the counselor decides about a roster. `offer` comes before the form is shown."""

    org = SelectField(_l("名单中的学校"), validate_choice=False)
    class_course = SelectField(_l("代替班级的课程"), validate_choice=False)
    grades = StringField(_l("导入的年级"))

    def offer(self, choices: Choices, plan: Plan | None, orgs: Sequence[OrgChoice]) -> None:
        """The form offers the schools and courses of the roster, and shows what is chosen now."""
        self.org.choices = [("", _("自动识别"))] + [
            (org.source_id, _("%(name)s（%(people)s 人）", name=org.name, people=org.people)) for org in orgs
        ]
        if choices.org and choices.org not in {org.source_id for org in orgs}:
            self.org.choices.append((choices.org, plan.org_name if plan else choices.org))
        kinds = plan.course_kinds if plan else []
        self.class_course.choices = [("", _("不用课程代替班级"))] + [
            (
                kind.source_id,
                _(
                    "%(title)s（%(classes)s 个班，%(pupils)s 人）",
                    title=kind.title,
                    classes=kind.classes,
                    pupils=kind.pupils,
                ),
            )
            for kind in kinds
        ]
        if not self.is_submitted():
            self.org.data = choices.org or ""
            self.class_course.data = (plan.class_course if plan else choices.class_course) or ""
            self.grades.data = grades_text(choices.grades)


class ApplyForm(FlaskForm):
    """The counselor has seen the preview whose plan has this digest, and means it."""

    digest = HiddenField()
    removals_confirmed = BooleanField(_l("我已核对，确实要移除这些人"))
