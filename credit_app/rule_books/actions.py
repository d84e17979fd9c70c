"""Publishing a rule set."""

from __future__ import annotations

import hashlib
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.organisations.models import District
from credit_app.rule_books.models import RuleBook
from credit_app.rules.book import load_book


def publish_book(
    session: Session, *, text: str, now: datetime, district: District | None = None, published_by_id: int | None = None
) -> RuleBook:
    """The book in `text` holds from its `effective_on` to its `until`, for `district` or the whole city.

    Raises: BookError when the text is no valid book (nothing is stored); Conflict when its id is taken or its term
    overlaps another book's of the same district: two books for one day would leave the amount to chance.
    """
    book = load_book(text)
    district_id = district.id if district else None
    same_scope = RuleBook.district_id.is_(None) if district_id is None else RuleBook.district_id == district_id
    if session.scalar(select(RuleBook.id).where(RuleBook.rule_set == book.id)) is not None:
        raise Conflict(_("规则集编号 %(id)s 已经用过，请换一个编号。", id=book.id))
    overlapping = session.scalar(
        select(RuleBook.rule_set).where(
            same_scope, RuleBook.effective_on <= book.until, RuleBook.until_on >= book.effective_on
        )
    )
    if overlapping is not None:
        raise Conflict(_("有效期与规则集 %(id)s 重叠，请改生效日或截止日。", id=overlapping))
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
