"""Publishing a rule set."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.organisations.models import District
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import holders, id_is_taken
from credit_app.rules.book import load_book


def publish_book(
    session: Session,
    *,
    text: str,
    now: datetime,
    district: District | None = None,
    published_by_id: int | None = None,
    replaces: Collection[str] = (),
) -> RuleBook:
    """The book in `text` holds from its `effective_on` to its `until`, for `district` or the whole city.

    `replaces` names the rule sets from which it takes these days: a book is never changed, it is replaced. What they
    have awarded stays as it is until it is replayed.
    Raises: BookError when the text is no valid book (nothing is stored); Conflict when its id is taken, or when it
    takes days from another book than `replaces` says: which of two books holds must not be an accident.
    """
    book = load_book(text)
    district_id = district.id if district else None
    take_turns(session)
    if id_is_taken(session, book.id):
        raise Conflict(_("规则集编号 %(id)s 已经用过，请换一个编号。", id=book.id))
    taken_from = holders(session, district_id=district_id, first_on=book.effective_on, last_on=book.until)
    for rule_set in taken_from:
        if rule_set not in replaces:
            raise Conflict(_("有效期与规则集 %(id)s 重叠，请改生效日或截止日。", id=rule_set))
    for rule_set in replaces:
        if rule_set not in taken_from:
            raise Conflict(_("规则集 %(id)s 在新规则集的有效期内没有生效，不能由它替换。", id=rule_set))
    published = RuleBook(
        rule_set=book.id,
        district_id=district_id,
        effective_on=book.effective_on,
        until_on=book.until,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        published_at=now,
        published_by_id=published_by_id,
    )
    session.add(published)
    session.flush()
    return published


def take_turns(session: Session) -> None:
    """Until this transaction ends nobody else publishes.

    Whose days a book takes is read before it is stored: two publications at once would each not see the other. And the
    largest id tells the workers whether they know every book, so that ids must be committed in their order.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sql("LOCK TABLE rule_book IN SHARE ROW EXCLUSIVE MODE"))
