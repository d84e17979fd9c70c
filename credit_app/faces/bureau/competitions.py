"""The list of competitions that count: an officer keeps the district's own; the city's is shown beside it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, Optional

from credit_app import clock
from credit_app.errors import DomainError, NotFound
from credit_app.extensions import db, queue
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import requires, this_user
from credit_app.faces.refusals import only_reads, show_at_field
from credit_app.recognition.results.competitions import (
    add_competition,
    change_competition,
    competition_for_bureau,
    competitions_of,
    is_on_list,
)
from credit_app.recognition.results.models import ListedCompetition


class CompetitionForm(FlaskForm):
    """A competition on the list. Which district's, is asked only of who looks after several."""

    district = SelectField(_l("区"), validate_choice=False)
    name = StringField(_l("赛事名称"), [DataRequired(_l("请填写赛事名称。"))], filters=[clean_text])
    starts_on = DateField(_l("起"), [DataRequired(_l("请填写从哪一天起计分，例如 2026-09-01。"))])
    ends_on = DateField(_l("止"), [Optional()])
    source = StringField(_l("依据"), [DataRequired(_l("请写明列入名单的依据。"))], filters=[clean_text])


@blueprint.get("/competitions")
@requires("bureau_officer")
def competitions() -> str:
    """The district's list and the city's, and a form to add one."""
    return _list_page(CompetitionForm(formdata=None))


@blueprint.post("/competitions")
@requires("bureau_officer")
def competition_add() -> Any:
    """The competition is on the district's list."""
    form = CompetitionForm()
    if not form.validate():
        only_reads()
        return _list_page(form), 422
    districts = {district.public_id: district for district in own_districts()}
    district = districts.get(form.district.data or "", own_districts()[0])
    try:
        added = add_competition(
            db.session,
            district=district,
            name=form.name.data or "",
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            source=form.source.data or "",
            added_by=this_user(),
            now=clock.now(),
        )
    except DomainError as refusal:
        only_reads()
        show_at_field(form, refusal)
        return _list_page(form), refusal.status
    name = added.name
    db.session.commit()
    queue.wake("credit_waiting_results")
    flash(_("“%(name)s”已列入名单。此前作为名单外赛事通过的成果，几分钟内会按名单重新认定。", name=name), "success")
    return redirect(url_for("bureau.competitions"), 303)


@blueprint.get("/competitions/<public_id>")
@requires("bureau_officer")
def competition(public_id: str) -> str:
    """One competition of the district's list, to be renamed, extended or ended."""
    found = _own(public_id)
    data = {"name": found.name, "starts_on": found.starts_on, "ends_on": found.ends_on, "source": found.source}
    return _page(public_id, CompetitionForm(formdata=None, data=data))


@blueprint.post("/competitions/<public_id>")
@requires("bureau_officer")
def competition_change(public_id: str) -> Any:
    """The competition is called so and counts from then to then."""
    form, found = CompetitionForm(), _own(public_id)
    if not form.validate():
        only_reads()
        return _page(public_id, form), 422
    try:
        change_competition(
            db.session,
            competition=found,
            name=form.name.data or "",
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            source=form.source.data or "",
        )
    except DomainError as refusal:
        only_reads()
        show_at_field(form, refusal)
        return _page(public_id, form), refusal.status
    db.session.commit()
    queue.wake("credit_waiting_results")
    flash(_("已保存。按名单认定过的学分不变；新列入的成果几分钟内会重新认定。"), "success")
    return redirect(url_for("bureau.competitions"), 303)


def _own(public_id: str) -> ListedCompetition:
    """Raises: NotFound, also for one of the city's list, which no single district changes."""
    return competition_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())


def _list_page(form: CompetitionForm) -> str:
    if not own_districts():
        raise NotFound
    form.district.choices = [(district.public_id, district.name) for district in own_districts()]
    today = clock.today()
    listed = competitions_of(db.session, district_ids=own_district_ids())
    return render_template(
        "bureau/competitions.html",
        form=form,
        now_listed=[each for each in listed if is_on_list(each, today)],
        others=[each for each in listed if not is_on_list(each, today)],
        today=today,
    )


def _page(public_id: str, form: CompetitionForm) -> str:
    return render_template("bureau/competition.html", form=form, competition=_own(public_id))
