"""Devices that scan cards at the door (扫码设备): enrolled, listed and revoked, by a venue's staff, and by a school's
science counselor for the school's own activities."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from credit_app import clock
from credit_app.attendance import devices as door
from credit_app.attendance.gaps import devices_of
from credit_app.attendance.models import Device
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import entered_as, requires, this_user
from credit_app.faces.qr import square
from credit_app.faces.refusals import show_at_field
from credit_app.faces.venue import blueprint
from credit_app.faces.venue.kiosk import ORGANISERS
from credit_app.organisations.models import School, Venue
from credit_app.storage import expect_writes

GROUP = 4  # characters of a code that are read together


class DeviceForm(FlaskForm):
    """A device's name, and whose it is to be when that is not plain."""

    organiser = SelectField(_l("用于"), invalid_choice_message=_l("请选择场馆或学校。"))
    name = StringField(_l("设备名称"), filters=[clean_text])

    def offer(self, organisers: dict[str, Venue | School]) -> None:
        """The form offers these organisers, unless there is only one."""
        self.organiser.choices = [(key, organiser.name) for key, organiser in organisers.items()]
        if len(organisers) == 1:
            del self.organiser


@blueprint.get("/devices")
@requires(*ORGANISERS)
def devices() -> Any:
    """The devices of the visitor's venues and school, and the form for one more."""
    return _page(DeviceForm(formdata=None))


@blueprint.post("/devices")
@requires(*ORGANISERS)
def device_code() -> Any:
    """A one-time code is shown, once: it is kept nowhere."""
    form, organisers = DeviceForm(), _organisers()
    form.offer(organisers)
    chosen = form.organiser.data if "organiser" in form else next(iter(organisers))
    if not form.validate():
        return _refused(form)
    place = organisers[chosen]
    now = clock.now()
    try:
        enrolment, code = door.issue_code(
            db.session,
            name=form.name.data or "",
            issued_by=this_user(),
            now=now,
            venue=place if isinstance(place, Venue) else None,
            school=place if isinstance(place, School) else None,
        )
    except DomainError as refusal:
        show_at_field(form, refusal)
        return _refused(form)
    shown: dict[str, Any] = {"name": enrolment.name, "place": place.name, "expires_at": enrolment.expires_at}
    db.session.commit()
    expect_writes(False)
    return render_template(
        "venue/device_code.html",
        **shown,
        code=" ".join(code[at : at + GROUP] for at in range(0, len(code), GROUP)),
        door=_door(),
        qr=square(f"{_door()}#enrol={code}"),
    )


@blueprint.get("/devices/<public_id>/revoke")
@requires(*ORGANISERS)
def device_revoke(public_id: str) -> Any:
    """What revoking does, before it is done."""
    return render_template("venue/device_revoke.html", device=_own(public_id))


@blueprint.post("/devices/<public_id>/revoke")
@requires(*ORGANISERS)
def submit_device_revoke(public_id: str) -> Any:
    """The device opens nothing any more. Raises: Conflict (409) when it has been revoked."""
    device = _own(public_id)
    door.revoke_device(db.session, device=device, revoked_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("“%(name)s”已停用。", name=device.name), "success")
    return redirect(url_for("venue.devices"), 303)


def _refused(form: DeviceForm) -> Any:
    """The form again with its messages; from here the request only reads."""
    db.session.rollback()
    expect_writes(False)
    return _page(form, offered=True), 422


def _page(form: DeviceForm, *, offered: bool = False) -> str:
    if not offered:
        form.offer(_organisers())
    staff_only = bool(entered_as("venue_staff"))
    return render_template(
        "venue/devices.html",
        form=form,
        devices=devices_of(db.session, venue_ids=_ids(Venue), school_ids=_ids(School)),
        several=len(_organisers()) > 1,
        good_for=int(door.CODE_GOOD_FOR.total_seconds()) // 60,
        longest=door.NAME_LENGTH,
        back=url_for("venue.home" if staff_only else "teacher.occurrences"),
    )


def _organisers() -> dict[str, Venue | School]:
    """Public id → the venues whose staff the visitor is, and the schools whose counselor."""
    found: dict[str, Venue | School] = {}
    for role in entered_as():
        place = role.venue if role.kind == "venue_staff" else role.school
        if place is not None:
            found[place.public_id] = place
    return found


def _ids(kind: type[Venue | School]) -> list[int]:
    return [place.id for place in _organisers().values() if isinstance(place, kind)]


def _own(public_id: str) -> Device:
    return door.device_for_organiser(db.session, public_id=public_id, venue_ids=_ids(Venue), school_ids=_ids(School))


def _door() -> str:
    """The address of the scanner's page, as a device of the hall reaches it."""
    scheme = "https" if current_app.config["SETTINGS"].https else request.scheme
    return url_for("public.door", _external=True, _scheme=scheme)
