"""The answer to a scan as a page: one look must be enough, and the reasons stand below."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import gettext as _

from credit_app import clock
from credit_app.attendance.answers import RETRY, Answer
from credit_app.attendance.claim import Claim
from credit_app.attendance.lists import arrival_number
from credit_app.attendance.queries import ScanContext
from credit_app.attendance.receipts import receipt_of_scan
from credit_app.extensions import db
from credit_app.faces.claiming import ORIGIN
from credit_app.faces.explaining import explain, reason_text, rule_sets_of
from credit_app.faces.formatting import credits, local_time
from credit_app.faces.guards import this_user
from credit_app.progress.queries import participation_of, pupil_progress
from credit_app.rule_books.queries import books_named
from credit_app.rules.wording import MISSING, say
from credit_app.schools.queries import student_of_user


@dataclass(frozen=True, slots=True)
class Told:
    """What stands large on the page. `credits` None: no amount is shown."""

    tone: str  # good | wait | warn | bad
    title: str
    text: str
    credits: int | None
    advice: list[str]


def answer_page(answer: Answer, *, context: ScanContext | None = None, claim: Claim | None = None) -> str:
    """The page that tells `answer`; with its context also what it was about, why, and how the pupil's year stands."""
    participation = answer.params.get("participation")
    reasons = _reasons(participation) if participation and answer.status != "ok" else {}
    return render_template(
        "pupil/answer.html",
        answer=answer,
        told=told(answer),
        steps=_way(answer) if answer.params.get("awaits_check_out") else [],
        happening=context.happening if context else None,
        claim=claim,
        scanned_at=datetime.fromisoformat(answer.params["at"]) if "at" in answer.params else None,
        number=arrival_number(participation) if participation else None,
        retry=answer.status in RETRY,
        receipt=_receipt(answer, context, claim),
        **reasons,
    )


def told(answer: Answer) -> Told:
    """The answer in the reader's words: state, amount, next step, and what would still earn something."""
    params = answer.params
    advice = [say(step, _) for step in answer.missing]
    if answer.status in ("ok", "checked_out") and params.get("state") == "awarded":
        gained = params["gained"]
        text = reason_text(params.get("reason")) or answer.next_step
        return Told("good", answer.title, text, gained if gained or params.get("reason") else None, advice)
    if params.get("state") == "refused":
        text = _("已记录到场，但这次不得学分：%(reason)s。", reason=reason_text(params.get("reason")))
        return Told("warn", answer.title, text, None, advice)
    if params.get("reason") == "no_rule_set":
        text = _("已记录到场。当天还没有生效的学分规则，发布后会补认定。")
        return Told("good", answer.title, text, None, [answer.next_step] if params.get("awaits_check_out") else [])
    if params.get("reason") == "year_settled":
        text = _("已记录到场。该学年已经结算，学分需经学校提出、教育局批准后补记。")
        return Told("good", answer.title, text, None, [])
    if answer.good and params.get("could_earn") == 0 and advice:
        # Limits have used up what this could bring: better told now than found out afterwards.
        text = _("已记录到场，但这次不再得学分：%(advice)s。", advice=advice[0])
        return Told("good", answer.title, text, None, advice[1:])
    if answer.good:
        return Told("good", answer.title, advice[0] if advice else answer.next_step, None, advice[1:])
    return Told("wait" if answer.status in RETRY else "warn", answer.title, answer.next_step, None, [])


def _receipt(answer: Answer, context: ScanContext | None, claim: Claim | None) -> str | None:
    """Also of what was refused: that one tried is on record. None of what was not recorded."""
    if context is None or claim is None:
        return None
    another_s = answer.status == "claim_used"
    key = f"{claim.nonce}.{context.student_id}" if another_s else claim.nonce  # as `record_scan` stores them
    return receipt_of_scan(db.session(), origin=ORIGIN, client_uid=key)


def _way(answer: Answer) -> list[dict[str, str]]:
    """What lies between this check-in and its credit, ready for the macro ``way``."""
    missing = {step.code: step for step in answer.missing}
    came_at = local_time(datetime.fromisoformat(answer.params["at"]))
    stay = missing.get("stay_and_check_out")
    staying = _("停留 %(minutes)s 分钟", minutes=stay.params["minutes"]) if stay else _("参加活动")
    way = [
        {"label": _("签到"), "text": came_at, "state": "done"},
        {"label": staying, "text": "", "state": "now"},
        {"label": _("签退"), "text": _("离开前扫出口的签退码"), "state": "todo"},
    ]
    for code in ("hand_in_worksheet", "wait_for_worksheet", "revise_worksheet"):
        if code in missing:
            way.append({"label": _("学习单"), "text": _(MISSING[code]), "state": "todo"})
    worth = answer.params.get("could_earn", 0)
    earned = _("可得 %(amount)s 学分", amount=credits(worth)) if worth else ""
    return [*way, {"label": _("认定"), "text": earned, "state": "todo"}]


def _reasons(participation: str) -> dict[str, object]:
    """Why the participation earned what it earned, and what is missing to the year's target."""
    student = student_of_user(db.session, user=this_user())
    if student is None:
        return {}
    found = participation_of(db.session, student=student, public_id=participation)
    books = books_named(db.session, rule_sets=rule_sets_of([found]))
    return {
        "participation": found,
        "explanation": explain(found, books),
        "progress": pupil_progress(db.session, student=student, day=clock.today()),
    }
