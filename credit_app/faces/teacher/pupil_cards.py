"""One pupil's card: issued, reported lost and replaced, put out of use, printed again."""

from __future__ import annotations

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from credit_app import clock
from credit_app.errors import Conflict
from credit_app.extensions import db
from credit_app.faces import downloads
from credit_app.faces.card_sheets import card_sheets
from credit_app.faces.guards import requires, this_user
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.cards import FIELDS, font_of_cards, printed_card
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.schools.cards.actions import issue_cards, reissue_card, revoke_card
from credit_app.schools.cards.queries import open_card_of
from credit_app.schools.models import Student
from credit_app.schools.queries import enrolment_on, led_student_for

REASONS = ("lost", "damaged", "other")


@blueprint.post("/pupils/<public_id>/card")
@requires(*STAFF)
def issue_pupil_card(public_id: str) -> AnyResponse:
    """The pupil who had none has a card. Raises: Conflict (409) when they have one already, or have left."""
    student = _led_student(public_id)
    if issue_cards(db.session, students=[student], issued_by=this_user(), now=clock.now()) == 0:
        raise Conflict(_("%(name)s 已经有卡，或者已不在校。", name=student.name))
    db.session.commit()
    flash(_("已发新卡，请打印后交给学生。"), "success")
    return _back_to(student)


@blueprint.post("/pupils/<public_id>/card/reissue")
@requires(*STAFF)
def reissue_pupil_card(public_id: str) -> AnyResponse:
    """The old card opens no door any more, and the pupil has a new one."""
    student = _led_student(public_id)
    reissue_card(db.session, student=student, reason=_reason(), issued_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("旧卡已停用，新卡已发，请打印后交给学生。"), "success")
    return _back_to(student)


@blueprint.post("/pupils/<public_id>/card/revoke")
@requires(*STAFF)
def revoke_pupil_card(public_id: str) -> AnyResponse:
    """The card opens no door any more; a new one can be issued at any time."""
    student = _led_student(public_id)
    revoke_card(db.session, student=student, reason=_reason(), revoked_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("卡已停用。需要时可以再发新卡。"), "success")
    return _back_to(student)


@blueprint.get("/pupils/<public_id>/card.pdf")
@requires(*STAFF)
def pupil_card_file(public_id: str) -> Response:
    """The one card, to be printed and cut out."""
    student, day = _led_student(public_id), clock.today()
    card = open_card_of(db.session, student=student)
    if card is None:
        raise Conflict(_("%(name)s 还没有卡，请先发卡。", name=student.name))
    font = font_of_cards()
    place = enrolment_on(db.session, student=student, day=day)
    class_name = place.school_class.name if place and place.school_class else ""
    note_access("student", public_id, FIELDS)
    printed = printed_card(student, card, school=student.school.name, class_name=class_name)
    title = _("%(school)s-%(name)s-学生卡", school=student.school.name, name=student.name)
    return downloads.attachment(
        card_sheets([printed], font=font, title=title, now=clock.now()), name=title, suffix="pdf"
    )


def _led_student(public_id: str) -> Student:
    return led_student_for(db.session, user=this_user(), public_id=public_id, day=clock.today())


def _reason() -> str:
    reason = request.form.get("reason", "lost")
    return reason if reason in REASONS else "other"


def _back_to(student: Student) -> AnyResponse:
    """The pupil's page, or the list that the button stood in."""
    pupil = url_for("teacher.pupil", public_id=student.public_id) + "#card"
    if request.form.get("back") != "group":
        return redirect(pupil, 303)
    place = enrolment_on(db.session, student=student, day=clock.today())
    if place is None:
        return redirect(pupil, 303)
    if place.school_class is None:
        return redirect(url_for("teacher.card_group", kind="grade", group_id=place.grade), 303)
    return redirect(url_for("teacher.card_group", kind="class", group_id=place.school_class.public_id), 303)
