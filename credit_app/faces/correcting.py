"""What the pages of corrections have in common: the forms and what they do, and what a correction is called."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired

from credit_app import clock
from credit_app.errors import DomainError, InvalidInput, NotFound
from credit_app.extensions import db
from credit_app.faces.fields import clean_text
from credit_app.faces.guards import this_user
from credit_app.faces.refusals import only_reads, show_at_field
from credit_app.faces.titles import role_title
from credit_app.ledger import correcting as actions
from credit_app.ledger.corrections import Correcting
from credit_app.ledger.models import LedgerCorrection
from credit_app.progress.queries import Participation, participation_of

KINDS = {"amount": _l("更正学分"), "late_fact": _l("结算后补记"), "late_reversal": _l("结算后撤销")}
STATES = {
    "recorded": (_l("待提出"), "wait"),
    "proposed": (_l("待批准"), "info"),
    "approved": (_l("已批准"), "good"),
    "refused": (_l("未批准"), "bad"),
    "withdrawn": (_l("已撤回"), "quiet"),
}
_SIGNS = str.maketrans("−－＋", "--+")  # not translated: marks
FIELDS = "name,credits,correction"  # for the access log


class ReasonForm(FlaskForm):
    """Why, and by which paper; enough to take up what arrived late."""

    reason = TextAreaField(
        _l("原因"),
        [DataRequired(_l("请写明更正的原因，学生和老师会看到。"))],
        filters=[clean_text],
        description=_l("学生和老师会看到，请写清楚哪里不对。"),
    )
    document_ref = StringField(
        _l("依据"),
        [DataRequired(_l("请写明依据的文件或材料编号。"))],
        filters=[clean_text],
        description=_l("文件、证书或情况说明的编号。"),
    )


class AmountForm(ReasonForm):
    """So many credits more or less."""

    credits = StringField(
        _l("增减学分"),
        [DataRequired(_l("请填写学分，例如 0.5 或 -0.3。"))],
        filters=[clean_text],
        description=_l("增加写正数，减少写负数，例如 0.5 或 -0.3。"),
    )

    def centicredits(self) -> int:
        """The amount that was written. Raises: InvalidInput at the field."""
        written = (self.credits.data or "").translate(_SIGNS)
        try:
            amount = Decimal(written) * 100
        except InvalidOperation as error:
            raise InvalidInput(_("请填写学分，例如 0.5 或 -0.3。"), field="credits") from error
        if not amount.is_finite() or amount != int(amount):
            raise InvalidInput(_("请填写学分，最多两位小数。"), field="credits")
        return int(amount)


class DecisionForm(FlaskForm):
    """What the second person says; the button pressed is `decision`."""

    remark = TextAreaField(_l("意见"), filters=[clean_text], description=_l("不批准时必填，提出人会看到。"))


def is_filled_in(form: FlaskForm) -> bool:
    """Whether nothing is left blank; else each blank field says so, and from here on this request only reads."""
    if form.validate():
        return True
    only_reads()
    return False


def propose(form: AmountForm, *, account_ref: str, participation: str, role: str) -> LedgerCorrection:
    """What the form says of the participation is proposed by this user. Raises: as `propose_correction`."""
    return actions.propose_correction(
        db.session,
        account_ref=account_ref,
        participation=participation,
        centicredits=form.centicredits(),
        reason=form.reason.data or "",
        document_ref=form.document_ref.data or "",
        proposed_by=this_user(),
        proposed_as=role,
        now=clock.now(),
    )


def take_up(form: ReasonForm, *, correction: LedgerCorrection, role: str) -> None:
    """What arrived after a settlement is proposed by this user. Raises: as `take_up_correction`."""
    actions.take_up_correction(
        db.session,
        correction=correction,
        reason=form.reason.data or "",
        document_ref=form.document_ref.data or "",
        proposed_by=this_user(),
        proposed_as=role,
        now=clock.now(),
    )


def withdraw(found: Correcting) -> None:
    """The own proposal is taken back and this is committed. Raises: NotFound for another's."""
    actions.withdraw_correction(db.session, correction=found.correction, withdrawn_by=this_user(), now=clock.now())
    db.session.commit()
    flash(_("已撤回。"), "success")


def refuse(form: FlaskForm, refusal: DomainError) -> None:
    """Nothing is written, and the form says why not."""
    show_at_field(form, refusal)
    only_reads()


def about(found: Correcting) -> Participation | None:
    """What the correction is about; None where the attendance itself was voided, or came from outside."""
    try:
        return participation_of(db.session, student=found.student, public_id=found.correction.participation)
    except NotFound:
        return None


def correction_kind(kind: str) -> str:
    """What kind of correction it is, in a few words."""
    return str(KINDS[kind])


def correction_state(state: str) -> tuple[str, str]:
    """What a state is called, and the tone of its badge."""
    text, tone = STATES[state]
    return str(text), tone


def correction_sentence(correction: LedgerCorrection) -> str:
    """Why an entry was posted, for the pupil: the reason in words and the two roles, no names."""
    words: dict[str, Any] = {
        "kind": correction_kind(correction.kind),
        "reason": correction.reason,
        "proposer": role_title(correction.proposed_as),
        "decider": role_title(correction.decided_as),
    }
    return _("%(kind)s：%(reason)s（%(proposer)s提出，%(decider)s批准）", **words)


def register(app: Flask) -> None:
    """The templates of `app` know these as filters."""
    for name in (correction_kind, correction_state, correction_sentence):
        app.add_template_filter(name)
