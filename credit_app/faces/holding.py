"""The held queue (待核实), for every face that has one: the list, one answer to several alike, ends that are confirmed.

A face gives its reach and the addresses; who may answer what is decided by ``attendance.questions``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.validators import Length

from credit_app import clock
from credit_app.attendance.actions import ScanRaced
from credit_app.attendance.deciding import accept, confirm_ends, reject
from credit_app.attendance.holding import REASONS
from credit_app.attendance.lists import Listed, OccurrenceList
from credit_app.attendance.models import Hold
from credit_app.attendance.questions import Question, assumed_ends, open_questions, question, questions
from credit_app.attendance.reach import Reach
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces.fields import LocalMoment
from credit_app.faces.formatting import local_moment, local_time
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import show_at_field
from credit_app.rules.calendar import academic_year, academic_year_bounds
from credit_app.storage import expect_writes

PAGE = 40
BUTTONS = {"accept": accept, "reject": reject}
KINDS = {
    "scan": _l("扫码待核实"),
    "late_entry": _l("补签"),
    "headcount": _l("人数核对"),
    "signal": _l("请看一下"),
}


class AnswerForm(FlaskForm):
    """Ticked questions by their ids, a word to the pupil; the button pressed is `button`."""

    questions = SelectMultipleField(_l("待核实"), validate_choice=False)
    words = StringField(_l("说明"), validators=[Length(max=200, message=_l("说明最多 200 个字。"))])
    button = StringField()


class EndsForm(FlaskForm):
    """Ticked pupils by their participations, and when they left."""

    pupils = SelectMultipleField(_l("学生"), validate_choice=False)
    at = LocalMoment(_l("离场时间"))


@dataclass(slots=True)
class Alike:
    """Questions of one occurrence, kind and reason: they may be answered together."""

    hold: Hold
    title: str
    place: str
    questions: list[Question] = field(default_factory=list)

    @property
    def overdue(self) -> bool:
        return any(each.overdue for each in self.questions)


def queue_context(reach: Reach) -> dict[str, Any]:
    """What ``partials/held_queue.html`` needs: a page of open questions, alike ones together, and the assumed ends."""
    page = max(1, request.args.get("page", 1, type=int))
    found = questions(db.session, reach=reach, limit=PAGE + 1, offset=(page - 1) * PAGE)
    waiting, overdue = open_questions(db.session, reach=reach)
    since, _last = academic_year_bounds(academic_year(reach.day))
    return {
        "groups": alike(found[:PAGE]),
        "page_no": page,
        "has_more": len(found) > PAGE,
        "waiting": waiting,
        "overdue": overdue,
        "ends": assumed_ends(db.session, reach=reach, since=since) if page == 1 else [],
        "kinds": KINDS,
        "reasons": REASONS,
        "evidence": evidence,
        "user": this_user(),
    }


def alike(found: Sequence[Question]) -> list[Alike]:
    """The questions in groups, in the order of the first of each."""
    groups: dict[tuple[int, str, str], Alike] = {}
    for each in found:
        hold = each.hold
        key = (hold.occurrence_id, hold.kind, hold.reason)
        groups.setdefault(key, Alike(hold, each.title, each.place)).questions.append(each)
    return list(groups.values())


def answer_several(reach: Reach, form: AnswerForm) -> bool:
    """True when the ticked questions have been answered, committed and flashed; else `form` holds the errors.

    Each is a savepoint: one that somebody else has just answered is told, and the others are answered all the same.
    """
    decide = BUTTONS.get(form.button.data or "")
    if decide is None or not form.validate_on_submit():
        return _refuse(form, None if form.errors else _("请按“通过”或“不通过”按钮提交。"))
    if not form.questions.data:
        return _refuse(form, _("请先勾选要处理的内容。"))
    done, problems = 0, []
    for public_id in sorted(set(form.questions.data)):
        try:
            found = question(db.session, public_id=public_id, reach=reach)
            with db.session.begin_nested():
                decide(
                    db.session(),
                    hold=found.hold,
                    words=form.words.data or "",
                    decided_by=this_user(),
                    now=clock.now(),
                )
            done += 1
        except NotFound:
            raise
        except ScanRaced:
            problems.append(_("刚才有别的操作同时进行，请再试一次。"))
        except DomainError as refusal:
            if refusal.field:
                show_at_field(form, refusal)
                return _refuse(form, None)
            problems.append(str(refusal.message))
    if not done:
        return _refuse(form, problems[0])
    db.session.commit()
    flash(ngettext("已处理 %(num)s 条。", "已处理 %(num)s 条。", done), "success")
    for problem in dict.fromkeys(problems):
        flash(_("有 %(count)s 条没有处理：%(why)s", count=problems.count(problem), why=problem), "warning")
    return True


def awaiting_end(listed: OccurrenceList) -> list[Listed]:
    """Those of the list whose end was assumed at closing."""
    return [pupil for pupil in listed.pupils if pupil.present.end_assumed]


def confirm_ticked(listed: OccurrenceList, form: EndsForm, *, closed_at: datetime | None) -> bool:
    """True when the ends of the ticked pupils are confirmed, committed and flashed; else `form` holds the errors."""
    ticked = set(form.pupils.data or ())
    chosen = [pupil for pupil in awaiting_end(listed) if pupil.participation in ticked]
    if not form.validate_on_submit():
        return _refuse(form, None)
    if not chosen or form.at.data is None:
        return _refuse(form, _("请勾选学生，并填写离场时间。"))
    try:
        confirmed = confirm_ends(
            db.session(),
            happening=listed.happening,
            closed_at=closed_at,
            pupils=chosen,
            at=form.at.data,
            now=clock.now(),
        )
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refuse(form, None)
    if not confirmed:
        return _refuse(form, _("所选学生在这个时间之后才签到，请检查离场时间。"))
    db.session.commit()
    flash(ngettext("已确认 %(num)s 人的离场时间。", "已确认 %(num)s 人的离场时间。", confirmed), "success")
    if confirmed < len(chosen):
        flash(_("另有 %(count)s 人在这个时间之后才签到，没有改动。", count=len(chosen) - confirmed), "warning")
    return True


def evidence(found: Question) -> list[tuple[str, str]]:
    """What is known, as (label, words): of the hold itself, and of the scan it is about."""
    said, scan = found.hold.evidence, found.hold.scan
    lines: list[tuple[str, str]] = []
    if "in_at" in said:
        times = (local_time(datetime.fromisoformat(said[key])) for key in ("in_at", "out_at"))
        lines += [(_("到场至离场"), "–".join(times)), (_("说明"), str(said.get("words", "")))]
    if found.hold.raised_by is not None:
        lines.append((_("提出人"), found.hold.raised_by.display_name))
    if scan is not None:
        lines.append((_("扫码"), _("签到") if scan.direction == "in" else _("签退")))
        lines.append((_("时间"), local_moment(scan.scanned_at)))
        lines.append((_("收到"), local_moment(scan.received_at)))
        if scan.device is not None:
            lines.append((_("设备"), scan.device.name))
    lines += _bounds({**(scan.evidence or {} if scan is not None else {}), **said})
    if "pupils" in said:
        lines.append((_("涉及"), _("%(count)s 名学生", count=said["pupils"])))
    if "called" in said:
        lines.append((_("点名"), _("%(count)s 人", count=said["called"])))
        lines.append((_("清点"), _("%(count)s 人", count=said["counted"])))
    if "at" in said:
        lines.append((_("时间"), local_moment(datetime.fromisoformat(said["at"]))))
    if "other_place" in said:
        lines.append((_("另一处"), str(said["other_place"])))
    return [(label, words) for label, words in lines if words]


def _bounds(said: dict[str, Any]) -> list[tuple[str, str]]:
    lines = []
    if "earliest" in said and "latest" in said:
        first, last = (datetime.fromisoformat(str(said[key])) for key in ("earliest", "latest"))
        lines.append((_("最早至最晚"), f"{local_moment(first)} – {local_moment(last)}"))
    if said.get("bundle_age_hours") is not None:
        lines.append((_("设备数据"), _("%(hours)s 小时前更新", hours=said["bundle_age_hours"])))
    return lines


def _refuse(form: FlaskForm, message: str | None) -> bool:
    if message is not None:
        form.form_errors.append(message)
    db.session.rollback()
    expect_writes(False)
    return False
