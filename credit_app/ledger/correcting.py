"""Corrections by two people: one proposes, another decides; approving posts. Written here, read in `corrections`.

A correction of an amount stands beside what the rules give (`rejudging.CORRECTED`) and is left alone by every later
judging. A late fact that is approved is posted by the rules.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput, NotFound
from credit_app.ledger import actions
from credit_app.ledger.models import LedgerCorrection
from credit_app.ledger.rejudging import CORRECTED, Past, past_of
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.people.models import User
from credit_app.rule_books.queries import book_named
from credit_app.rules.facts import Fact

PROPOSERS = ("science_counselor", "bureau_officer")
DECIDERS = ("bureau_officer",)
REASON_LENGTH = 500
REFERENCE_LENGTH = 200
MOST_CENTICREDITS = 100_00


def propose_correction(
    session: Session,
    *,
    account_ref: str,
    participation: str,
    centicredits: int,
    reason: str,
    document_ref: str,
    proposed_by: User,
    proposed_as: str,
    now: datetime,
) -> LedgerCorrection:
    """So many centicredits more or less for the participation are proposed; nothing is posted before another decides.

    Raises: InvalidInput for no amount, no reason, no document, or an amount that would leave less than nothing;
    NotFound for a participation without an award; Conflict while another proposal for it is open.
    """
    _check_role(proposed_as, PROPOSERS)
    if centicredits == 0 or abs(centicredits) > MOST_CENTICREDITS:
        raise InvalidInput(_("请填写不为 0 的学分，最多增减 100。"), field="credits")
    reason, document_ref = _checked_words(reason, document_ref)
    account = locked_account(session, account_ref, now)
    _correctable(session, account, participation, centicredits)
    correction = LedgerCorrection(
        account_id=account_ref,
        participation=participation,
        centicredits=centicredits,
        reason=reason,
        document_ref=document_ref,
        recorded_at=now,
        proposed_by_id=proposed_by.id,
        proposed_as=proposed_as,
        proposed_at=now,
    )
    try:
        with session.begin_nested():
            session.add(correction)
    except IntegrityError as taken:
        raise Conflict(_("这次参与已有一项更正在等待决定。")) from taken
    return correction


def take_up_correction(
    session: Session,
    *,
    correction: LedgerCorrection,
    reason: str,
    document_ref: str,
    proposed_by: User,
    proposed_as: str,
    now: datetime,
) -> None:
    """What arrived late is proposed by a person; another one decides.

    Raises: InvalidInput without reason or document; Conflict when somebody has taken it up, or it is so no more.
    """
    _check_role(proposed_as, PROPOSERS)
    reason, document_ref = _checked_words(reason, document_ref)
    _lock(session, correction, now)
    if correction.state != "recorded":
        raise Conflict(_("这项记录已经有人提出，或者情况又有变化，请刷新页面。"))
    correction.proposed_by_id, correction.proposed_as, correction.proposed_at = proposed_by.id, proposed_as, now
    correction.state, correction.reason, correction.document_ref = "proposed", reason, document_ref
    session.flush()


def withdraw_correction(session: Session, *, correction: LedgerCorrection, withdrawn_by: User, now: datetime) -> None:
    """Who proposed it takes it back; a late fact waits again for somebody to take it up.

    Raises: NotFound for anybody else; Conflict when it has been decided.
    """
    _lock(session, correction, now)
    if correction.proposed_by_id != withdrawn_by.id:
        raise NotFound
    _check_proposed(correction)
    if correction.kind == "amount":
        correction.state = "withdrawn"
    else:
        correction.state, correction.reason, correction.document_ref = "recorded", "", ""
        correction.proposed_by_id, correction.proposed_as, correction.proposed_at = None, "", None
    session.flush()


def approve_correction(
    session: Session, *, correction: LedgerCorrection, decided_by: User, decided_as: str, remark: str, now: datetime
) -> int:
    """The correction is posted, with its public id as the cause of all that it moves.

    Returns: the centicredits by which the participation moved.
    Raises: Conflict when it is not open, is the decider's own proposal, or has nothing to move any more; InvalidInput
    when less than nothing would be left.
    """
    account = _decidable(session, correction, decided_by, decided_as, now)
    post = {"amount": _post_amount, "late_fact": _post_fact, "late_reversal": _post_reversal}[correction.kind]
    moved = post(session, account, correction, decided_by, now)
    if locked_account(session, account.id, now).entry_count == account.entry_count:
        raise Conflict(_("情况又有变化，已经没有需要补记的内容，请刷新页面。"))
    correction.centicredits = moved
    _decide(session, correction, "approved", decided_by, decided_as, _checked_remark(remark), now)
    return moved


def refuse_correction(
    session: Session, *, correction: LedgerCorrection, decided_by: User, decided_as: str, remark: str, now: datetime
) -> None:
    """Nothing is posted, and the remark says why.

    Raises: InvalidInput without a remark; Conflict when it is not open or is the decider's own proposal.
    """
    _decidable(session, correction, decided_by, decided_as, now)
    remark = _checked_remark(remark)
    if not remark:
        raise InvalidInput(_("请写明不批准的原因。"), field="remark")
    _decide(session, correction, "refused", decided_by, decided_as, remark, now)


def _post_amount(session: Session, account: Any, correction: LedgerCorrection, decided_by: User, now: datetime) -> int:
    item = _correctable(session, account, correction.participation, correction.centicredits)
    writer = Writer(session, account, now, decided_by.public_id)
    writer.append(
        "adjustment",
        item.fact,
        clause=item.clause,
        rule_set=item.rule_set,
        trace=item.trace,
        centicredits=correction.centicredits,
        points_to=item.award_seq,
        reason=CORRECTED,
        cause=correction.public_id,
    )
    # It counts in no window of the rules, so their counters stay as they are.
    writer.close(account.totals, account.totals_rule_set, account.last_order)
    return correction.centicredits


def _post_fact(session: Session, account: Any, correction: LedgerCorrection, decided_by: User, now: datetime) -> int:
    posting = actions.award_late(
        session,
        account_ref=account.id,
        fact=Fact.from_json(correction.facts),
        book=book_named(session, correction.rule_set),
        now=now,
        recorded_by=decided_by.public_id,
        cause=correction.public_id,
    )
    return posting.gained_centicredits


def _post_reversal(
    session: Session, account: Any, correction: LedgerCorrection, decided_by: User, now: datetime
) -> int:
    return -actions.reverse_late(
        session,
        account_ref=account.id,
        participation=correction.participation,
        reason=correction.facts["reversal"],
        now=now,
        recorded_by=decided_by.public_id,
        cause=correction.public_id,
    )


def _correctable(session: Session, account: Any, participation: str, centicredits: int) -> Past:
    """The participation, if it can be moved by so much. Raises: NotFound, InvalidInput."""
    item = past_of(entries_of(session, account.id)).get(participation)
    if item is None or item.reversed:
        raise NotFound(_("这次参与还没有认定或已经撤销，不能更正学分。"))
    if item.standing + centicredits < 0 or account.balance_centicredits + centicredits < 0:
        raise InvalidInput(_("更正后的学分不能小于 0。"), field="credits")
    return item


def _decidable(session: Session, correction: LedgerCorrection, decided_by: User, decided_as: str, now: datetime) -> Any:
    _check_role(decided_as, DECIDERS)
    account = _lock(session, correction, now)
    _check_proposed(correction)
    if correction.proposed_by_id == decided_by.id:
        raise Conflict(_("不能批准自己提出的更正，需要另一位工作人员决定。"))
    return account


def _lock(session: Session, correction: LedgerCorrection, now: datetime) -> Any:
    """The account first, as every posting does, then the correction as it stands now."""
    account = locked_account(session, correction.account_id, now)
    session.execute(
        select(LedgerCorrection)
        .where(LedgerCorrection.id == correction.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return account


def _check_proposed(correction: LedgerCorrection) -> None:
    if correction.state != "proposed":
        raise Conflict(_("这项更正已经处理过，或者情况又有变化，请刷新页面。"))


def _decide(
    session: Session,
    correction: LedgerCorrection,
    state: str,
    decided_by: User,
    decided_as: str,
    remark: str,
    now: datetime,
) -> None:
    correction.decided_by_id, correction.decided_as, correction.decided_at = decided_by.id, decided_as, now
    correction.state, correction.remark = state, remark
    session.flush()


def _check_role(role: str, allowed: tuple[str, ...]) -> None:
    if role not in allowed:
        raise ValueError(f"a {role} has no say in corrections")


def _checked_words(reason: str, document_ref: str) -> tuple[str, str]:
    reason, document_ref = reason.strip(), " ".join(document_ref.split())
    if not reason:
        raise InvalidInput(_("请写明更正的原因，学生和老师会看到。"), field="reason")
    if len(reason) > REASON_LENGTH:
        raise InvalidInput(_("原因最多 %(most)s 个字。", most=REASON_LENGTH), field="reason")
    if not document_ref:
        raise InvalidInput(_("请写明依据的文件或材料编号。"), field="document_ref")
    if len(document_ref) > REFERENCE_LENGTH:
        raise InvalidInput(_("依据最多 %(most)s 个字。", most=REFERENCE_LENGTH), field="document_ref")
    return reason, document_ref


def _checked_remark(remark: str) -> str:
    remark = remark.strip()
    if len(remark) > REASON_LENGTH:
        raise InvalidInput(_("意见最多 %(most)s 个字。", most=REASON_LENGTH), field="remark")
    return remark
