"""Settling an academic year: freeze, public notice, settle by a second officer, and each school's list.

The lists show pupils, so each look at one is noted in the access log first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import DataRequired

from credit_app import clock
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import show_at_field
from credit_app.faces.settling import FIELDS, as_csv, as_workbook, list_context, way_of
from credit_app.ledger import settling as actions
from credit_app.ledger.models import Settlement
from credit_app.ledger.settlements import figures_by_school, school_of, settlement_of, settlements_of
from credit_app.organisations.models import District
from credit_app.people.actions import record_access
from credit_app.progress.final_lists import FinalList, final_list
from credit_app.progress.queries.unfinished import unfinished_by_school, years_with_pupils
from credit_app.rules.calendar import academic_year_bounds
from credit_app.storage import expect_writes

UNFINISHED_STATES = ("frozen", "public_notice")


@dataclass(frozen=True, slots=True)
class OpenYear:
    """A year of a district that nobody has begun to settle; it can be settled once it `ended`."""

    district: District
    year: str
    ended: bool


class NoticeForm(FlaskForm):
    """The public notice: until when, and whom an objection goes to."""

    until_on = DateField(
        _l("公示到"),
        [DataRequired(_l("请选择公示的最后一天。"))],
        description=_l("从今天起公示，到这一天为止（含当天），至少 7 天。"),
    )
    contact = StringField(
        _l("异议联系方式"),
        [DataRequired(_l("请写明异议向谁提出。"))],
        filters=[clean_text],
        description=_l("科室、姓名和电话，公示页面上会显示。"),
    )


class SettleForm(FlaskForm):
    """The one confirmation that has no way back."""

    sure = BooleanField(_l("我已核对各校名单和未办事项，确认结算"))


@blueprint.get("/settlements")
@requires("bureau_officer")
def settlements() -> Any:
    """The years that are being settled or were, and those that can be."""
    begun = settlements_of(db.session, district_ids=own_district_ids())
    taken = {(each.district_id, each.academic_year) for each in begun}
    years = years_with_pupils(db.session, district_ids=own_district_ids())
    today = clock.today()
    waiting = [
        OpenYear(district, year, academic_year_bounds(year)[1] < today)
        for district in own_districts()
        for year in years.get(district.id, [])
        if (district.id, year) not in taken
    ]
    return render_template("bureau/settlements.html", settlements=begun, waiting=waiting, districts=own_districts())


@blueprint.post("/settlements")
@requires("bureau_officer")
def settlement_freeze() -> Any:
    """The settling of a year begins. Raises: NotFound for another's district."""
    wanted = request.form.get("district", "")
    district = next((each for each in own_districts() if each.public_id == wanted), None)
    if district is None:
        raise NotFound
    frozen = actions.freeze_year(
        db.session,
        district=district,
        academic_year=request.form.get("year", ""),
        frozen_by=this_user(),
        now=clock.now(),
        today=clock.today(),
    )
    db.session.commit()
    flash(_("已冻结 %(year)s 学年。请督促学校办完未办事项，再开始公示。", year=frozen.academic_year), "success")
    return redirect(url_for("bureau.settlement", public_id=frozen.public_id), 303)


@blueprint.get("/settlements/<public_id>")
@requires("bureau_officer")
def settlement(public_id: str) -> Any:
    """Where the settling stands, what is still undecided, and the schools in figures."""
    return _page(_own(public_id), NoticeForm(formdata=None))


@blueprint.post("/settlements/<public_id>/notice")
@requires("bureau_officer")
def settlement_notice(public_id: str) -> Any:
    """The public notice begins; or the page says why not."""
    found, form = _own(public_id), NoticeForm()
    if not form.validate():
        return _refused(public_id, form, 422)
    try:
        actions.give_notice(
            db.session,
            settlement=found,
            notice_by=this_user(),
            until_on=form.until_on.data,
            contact=form.contact.data or "",
            now=clock.now(),
            today=clock.today(),
        )
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(public_id, form, refusal.status)
    db.session.commit()
    flash(_("公示已经开始，各校教师和科技辅导员可以看到本校名单。"), "success")
    return redirect(url_for("bureau.settlement", public_id=public_id), 303)


@blueprint.get("/settlements/<public_id>/settle")
@requires("bureau_officer")
def settlement_confirm(public_id: str) -> Any:
    """What settling will do, before it is done: it has no way back, so it has a page of its own. Who cannot settle, or
    not yet, is led back to the page that says why."""
    found = _own(public_id)
    over = found.notice_until_on is not None and clock.today() > found.notice_until_on
    if found.state != "public_notice" or not over or not _may_settle(found):
        return redirect(url_for("bureau.settlement", public_id=public_id))
    return _confirm_page(found, SettleForm(formdata=None))


@blueprint.post("/settlements/<public_id>/settle")
@requires("bureau_officer")
def settlement_settle(public_id: str) -> Any:
    """The year is settled by a second officer; the lists are made in the background."""
    found, form = _own(public_id), SettleForm()
    status = 422
    if not form.validate() or not form.sure.data:
        form.sure.errors = [_("请先核对并勾选。")]
    else:
        try:
            actions.begin_settling(
                db.session, settlement=found, settled_by=this_user(), now=clock.now(), today=clock.today()
            )
        except DomainError as refusal:
            show_at_field(form, refusal)
            status = refusal.status
        else:
            db.session.commit()
            flash(_("已结算，后台正在生成各校名单。"), "success")
            return redirect(url_for("bureau.settlement", public_id=public_id), 303)
    db.session.rollback()
    expect_writes(False)
    return _confirm_page(_own(public_id), form), status


@blueprint.get("/settlements/<public_id>/schools/<school_id>")
@requires("bureau_officer")
def settlement_school(public_id: str, school_id: str) -> Any:
    """One school's list: as it stands until the year is settled, then as it was settled."""
    final = _final(public_id, school_id)
    return render_template(
        "bureau/settlement_school.html", **list_context(final), notice_until=final.settlement.notice_until_on
    )


@blueprint.get("/settlements/<public_id>/schools/<school_id>.csv")
@requires("bureau_officer")
def settlement_school_csv(public_id: str, school_id: str) -> Any:
    """One school's list as CSV."""
    return as_csv(_final(public_id, school_id))


@blueprint.get("/settlements/<public_id>/schools/<school_id>.xlsx")
@requires("bureau_officer")
def settlement_school_workbook(public_id: str, school_id: str) -> Any:
    """One school's list as a workbook."""
    return as_workbook(_final(public_id, school_id))


def _own(public_id: str) -> Settlement:
    return settlement_of(db.session, public_id=public_id, district_ids=own_district_ids())


def _final(public_id: str, school_id: str) -> FinalList:
    found = _own(public_id)
    school = school_of(db.session, settlement=found, public_id=school_id)
    scope = f"settlement:{found.public_id}.{school.public_id}"
    record_access(user_id=this_user().id, scope=scope, fields=FIELDS, now=clock.now())
    return final_list(db.session, settlement=found, school=school)


def _refused(public_id: str, form: NoticeForm, status: int) -> Any:
    db.session.rollback()
    expect_writes(False)
    return _page(_own(public_id), form), status


def _page(found: Settlement, form: NoticeForm) -> str:
    return render_template(
        "bureau/settlement.html",
        settlement=found,
        form=form,
        way=way_of(found, names_officers=True),
        figures=figures_by_school(db.session, settlement=found),
        unfinished=_unfinished(found),
        today=clock.today(),
        may_settle=_may_settle(found),
    )


def _may_settle(found: Settlement) -> bool:
    """Whether this officer has taken neither step before."""
    return this_user().id not in (found.frozen_by_id, found.notice_by_id)


def _confirm_page(found: Settlement, form: SettleForm) -> str:
    return render_template(
        "bureau/settlement_confirm.html",
        settlement=found,
        form=form,
        unfinished=_unfinished(found),
        last=academic_year_bounds(found.academic_year)[1],
    )


def _unfinished(found: Settlement) -> list[Any]:
    if found.state not in UNFINISHED_STATES:
        return []
    return unfinished_by_school(db.session, district=found.district, year=found.academic_year)
