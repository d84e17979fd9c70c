"""Deciding on results: the second person's write door. Nobody decides on what they have entered themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.people.models import User
from credit_app.recognition.results.actions import locked, note
from credit_app.recognition.results.crediting import credit_result, put_on_list
from credit_app.recognition.results.models import ReviewedResult

BATCH = 50  # results a transaction, so that a long list never holds the door
REMARK_LENGTH = 200
DECISIONS = ("approved", "returned", "refused")


class OwnResult(Conflict):
    """Whoever entered a result, or asked to take it back, does not decide on it."""

    code = "own_result"
    message = _l("您登记的成果须由另一位审核：同校的其他科技辅导员，或区教育局。")


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding did. `waiting` are approved, but no book covers their day yet; `skipped` had been decided before.

    Units: `centicredits` is what the pupils gained (less than 0: lost).
    """

    changed: int = 0
    centicredits: int = 0
    waiting: int = 0
    skipped: int = 0

    def __add__(self, other: Decided) -> Decided:
        return Decided(
            self.changed + other.changed,
            self.centicredits + other.centicredits,
            self.waiting + other.waiting,
            self.skipped + other.skipped,
        )


def decide_results(
    session: Session,
    *,
    results: Sequence[ReviewedResult],
    decision: str,
    remark: str,
    decided_by: User,
    now: datetime,
) -> Decided:
    """Of these results those that wait are `decision`, and their pupils' credits follow; at most `BATCH` in one call.

    Results are locked in order of their id, then accounts in order of theirs, so that two who decide never wait for
    each other in a circle; the second finds decided what the first has decided, and changes nothing.
    Raises: OwnResult when `decided_by` has entered one; InvalidInput when one is returned or refused without a word.
    """
    if decision not in DECISIONS:
        raise ValueError(f"unknown decision {decision!r}")
    if len(results) > BATCH:
        raise ValueError(f"at most {BATCH} results in one transaction")
    remark = _checked_remark(remark, needed=decision != "approved")
    found = locked(session, ids=[result.id for result in results])
    waiting = [result for result in found if result.state == "submitted"]
    if any(result.entered_by_id == decided_by.id for result in waiting):
        raise OwnResult
    for result in waiting:
        if decision == "approved":
            _look_at_list_again(session, result)
        _set(result, decision, remark, decided_by, now)
    decided = Decided(changed=len(waiting), skipped=len(found) - len(waiting))
    if not waiting:
        return decided
    note(session, results=waiting, step=decision, remark=remark, taken_by=decided_by, now=now)
    if decision == "returned":
        return decided
    for result in sorted(waiting, key=lambda each: each.student.account_ref or ""):
        posting = credit_result(session, result=result, now=now, recorded_by=decided_by.public_id)
        decided += Decided(0, posting.gained_centicredits) if posting else Decided(waiting=1)
    return decided


def ask_revocation(session: Session, *, result: ReviewedResult, reason: str, asked_by: User, now: datetime) -> None:
    """Somebody has asked to take the approval back, with a reason; a second person decides on that.

    Raises: Conflict unless the result is approved and nobody has asked yet; InvalidInput without a reason.
    """
    reason = _checked_remark(reason, needed=True)
    (result,) = locked(session, ids=[result.id])
    if result.state != "approved" or result.revocation_asked_by_id is not None:
        raise Conflict
    result.revocation_asked_by_id, result.revocation_asked_at = asked_by.id, now
    result.revocation_reason = reason
    note(session, results=[result], step="revocation_asked", remark=reason, taken_by=asked_by, now=now)


def confirm_revocation(session: Session, *, result: ReviewedResult, decided_by: User, now: datetime) -> Decided:
    """The approval is taken back for the reason given, and what it brought is adjusted away.

    Raises: OwnResult for who has asked for it or entered the result; Conflict when nobody asks any more.
    """
    (result,) = locked(session, ids=[result.id])
    if result.state != "approved" or result.revocation_asked_by_id is None:
        raise Conflict
    if decided_by.id in (result.revocation_asked_by_id, result.entered_by_id):
        raise OwnResult(_("撤销认定须由另一位确认：不能是登记人，也不能是申请人。"))
    _set(result, "refused", result.revocation_reason, decided_by, now)
    note(session, results=[result], step="revoked", remark=result.revocation_reason, taken_by=decided_by, now=now)
    posting = credit_result(session, result=result, now=now, recorded_by=decided_by.public_id)
    return Decided(1, posting.gained_centicredits if posting else 0)


def decline_revocation(
    session: Session, *, result: ReviewedResult, remark: str, decided_by: User, now: datetime
) -> None:
    """The approval stands and nobody asks to take it back any more; who asked may say so too. Raises: Conflict."""
    remark = _checked_remark(remark, needed=False)
    (result,) = locked(session, ids=[result.id])
    if result.state != "approved" or result.revocation_asked_by_id is None:
        raise Conflict
    result.revocation_asked_by_id = result.revocation_asked_at = None
    result.revocation_reason = ""
    note(session, results=[result], step="revocation_declined", remark=remark, taken_by=decided_by, now=now)


def _set(result: ReviewedResult, decision: str, remark: str, decided_by: User, now: datetime) -> None:
    result.state, result.remark = decision, remark
    result.decided_by_id, result.decided_at = decided_by.id, now


def _look_at_list_again(session: Session, result: ReviewedResult) -> None:
    """A competition that came onto the list after the result was entered counts all the same.

    Raises: Conflict when the pupil has the very result under the listed name already.
    """
    try:
        put_on_list(session, result=result)
    except IntegrityError as taken:
        raise Conflict(
            _("“%(title)s”现在已列入名单，而这名学生的同一项成果已登记过，请退回。", title=result.title)
        ) from taken


def _checked_remark(remark: str, *, needed: bool) -> str:
    remark = " ".join(remark.split())
    if len(remark) > REMARK_LENGTH:
        raise InvalidInput(_("意见最多 %(most)s 个字。", most=REMARK_LENGTH), field="remark")
    if needed and not remark:
        raise InvalidInput(_("请写明原因，登记的老师才知道怎么改。"), field="remark")
    return remark
