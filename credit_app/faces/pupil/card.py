"""The pupil's own card on a phone's screen: shown at the door like the printed one, and reported lost from here."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces import qr
from credit_app.faces.guards import requires, this_user
from credit_app.faces.pupil import blueprint
from credit_app.faces.pupil.own import own_student
from credit_app.schools.cards.actions import revoke_card
from credit_app.schools.cards.number import card_number, grouped
from credit_app.schools.cards.queries import latest_cards
from credit_app.schools.cards.token import card_token
from credit_app.schools.queries import enrolment_on


@blueprint.get("/pupil/card")
@requires("pupil")
def card() -> str:
    """The card, large; or who can give one out."""
    student = own_student()
    latest = latest_cards(db.session, students=[student]).get(student.id)
    held = latest if latest is not None and latest.revoked_at is None else None
    place = enrolment_on(db.session, student=student, day=clock.today())
    return render_template(
        "pupil/card.html",
        student=student,
        class_name=place.school_class.name if place and place.school_class else "",
        card=held,
        ended=latest is not None,
        code=qr.square(card_token(held.card_id, held.generation)) if held else None,
        number=grouped(card_number(held.card_id, held.generation)) if held else None,
    )


@blueprint.post("/pupil/card/lost")
@requires("pupil")
def report_card_lost() -> Response:
    """The card opens no door any more. Raises: Conflict (409) when it did not before."""
    revoke_card(db.session, student=own_student(), reason="lost", revoked_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("已挂失，这张卡不能再用了。请找班主任或科技辅导员补发一张。"), "success")
    return redirect(url_for("pupil.card"), 303)
