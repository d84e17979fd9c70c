"""Settling an academic year of a district, step by step: freeze, public notice, settle. Never opened again.

Here stand the steps and what they write; which lines a school's final list has, `progress.final_lists` works out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.ledger.models import GENESIS, LedgerAccount, Settlement, SettlementLine, SettlementSchool
from credit_app.organisations.models import District, School
from credit_app.people.models import User
from credit_app.rules.calendar import academic_year_bounds
from credit_app.storage import insert_into

LEAST_NOTICE_DAYS = 7
CONTACT_LENGTH = 200
_CHUNK = 500  # accounts in a statement


def freeze_year(
    session: Session, *, district: District, academic_year: str, frozen_by: User, now: datetime, today: date
) -> Settlement:
    """The settling of the year has begun: what is still undecided can be finished before the public notice.

    Raises: InvalidInput for what is no year, or one that has not ended; Conflict when it has begun before.
    """
    try:
        _first, last = academic_year_bounds(academic_year)
    except ValueError as error:
        raise InvalidInput(_("没有这个学年。")) from error
    if today <= last:
        ends = last.isoformat()
        raise InvalidInput(_("%(year)s 学年到 %(last)s 才结束，结束后才能结算。", year=academic_year, last=ends))
    settlement = Settlement(
        district_id=district.id, academic_year=academic_year, frozen_by_id=frozen_by.id, frozen_at=now
    )
    try:
        with session.begin_nested():
            session.add(settlement)
    except IntegrityError as taken:
        raise Conflict(_("%(year)s 学年的结算已经开始，可能有同事处理过了。", year=academic_year)) from taken
    return settlement


def give_notice(
    session: Session,
    *,
    settlement: Settlement,
    notice_by: User,
    until_on: date | None,
    contact: str,
    now: datetime,
    today: date,
) -> None:
    """The lists are open to objections from today until `until_on`; `contact` says whom they go to.

    Raises: InvalidInput for too short a notice or no contact; Conflict unless the year is frozen.
    """
    _check_state(session, settlement, "frozen")
    contact = " ".join(contact.split())
    earliest = today + timedelta(days=LEAST_NOTICE_DAYS)
    if until_on is None or until_on < earliest:
        told = _("公示期至少 %(days)s 天，最早到 %(day)s。", days=LEAST_NOTICE_DAYS, day=earliest.isoformat())
        raise InvalidInput(told, field="until_on")
    if not 1 <= len(contact) <= CONTACT_LENGTH:
        raise InvalidInput(_("请写明异议向谁提出，最多 %(most)s 个字。", most=CONTACT_LENGTH), field="contact")
    settlement.state, settlement.notice_by_id, settlement.notice_at = "public_notice", notice_by.id, now
    settlement.notice_from_on, settlement.notice_until_on, settlement.contact = today, until_on, contact
    session.flush()


def begin_settling(session: Session, *, settlement: Settlement, settled_by: User, now: datetime, today: date) -> None:
    """A second officer has settled the year; the lists are now made in the background. There is no way back.

    Raises: Conflict unless the public notice is over, or for who froze the year or gave the notice.
    """
    _check_state(session, settlement, "public_notice")
    assert settlement.notice_until_on is not None
    if today <= settlement.notice_until_on:
        until = settlement.notice_until_on.isoformat()
        raise Conflict(_("公示到 %(day)s 结束，之后才能结算。", day=until))
    if settled_by.id in (settlement.frozen_by_id, settlement.notice_by_id):
        raise Conflict(_("结算需要另一位工作人员：您已经办理过冻结或公示。"))
    settlement.state, settlement.settled_by_id, settlement.settled_at = "settling", settled_by.id, now
    session.flush()


def close_accounts(session: Session, *, account_refs: Collection[str], through: date, now: datetime) -> dict[str, int]:
    """From here on nothing up to `through` is posted to these accounts without two people; each is locked until the
    transaction ends, so that what is read of them now is what stays.

    Returns: the number of each one's entries. An account that nothing was posted to is opened: a late fact must find
    it closed.
    """
    rows = [
        {"id": ref, "entry_count": 0, "head": GENESIS, "balance_centicredits": 0, "totals": {}, "totals_rule_set": ""}
        | {"last_order": "", "opened_at": now}
        for ref in sorted(account_refs)
    ]
    if not rows:
        return {}
    table: Any = LedgerAccount.__table__
    session.execute(insert_into(session.get_bind().dialect.name)(table).on_conflict_do_nothing(), rows)
    counts: dict[str, int] = {}
    refs = [row["id"] for row in rows]
    for chunk in (refs[start : start + _CHUNK] for start in range(0, len(refs), _CHUNK)):
        # In order of the id, as every batch locks accounts: nobody waits for another in a circle.
        locked = session.execute(
            select(table.c.id, table.c.entry_count)
            .where(table.c.id.in_(chunk))
            .order_by(table.c.id)
            .with_for_update(key_share=True)
        )
        counts |= {row.id: row.entry_count for row in locked}
        session.execute(
            update(table)
            .where(table.c.id.in_(chunk), (table.c.settled_through.is_(None)) | (table.c.settled_through < through))
            .values(settled_through=through)
        )
    return counts


def record_list(
    session: Session, *, settlement: Settlement, school: School, lines: Iterable[dict[str, Any]], now: datetime
) -> None:
    """The school's final list stands as `lines` have it (the columns of `SettlementLine`, without its place in the
    list), and is never changed."""
    rows = [
        line | {"settlement_id": settlement.id, "school_id": school.id, "position": position}
        for position, line in enumerate(lines, start=1)
    ]
    if rows:
        session.execute(insert(SettlementLine), rows)
    session.add(SettlementSchool(settlement_id=settlement.id, school_id=school.id, lines=len(rows), made_at=now))
    session.flush()


def finish_settling(session: Session, *, settlement: Settlement, now: datetime) -> None:
    """Every school's list has been made: the year is settled."""
    _check_state(session, settlement, "settling")
    settlement.state, settlement.finished_at = "settled", now
    session.flush()


def _check_state(session: Session, settlement: Settlement, state: str) -> None:
    # Asked for by itself: what came along when it was fetched cannot be locked.
    session.execute(
        select(Settlement)
        .where(Settlement.id == settlement.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if settlement.state != state:
        raise Conflict(_("结算的状态已经变化，可能有同事处理过了，请看最新状态。"))
