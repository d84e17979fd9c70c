"""What happens to a draft of a rule set: begun, saved, submitted, returned, put aside, published by a second officer.

Every action locks the draft's row and looks again at its state: of two officers who press at the same moment the
second is told what the first has done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from credit_app.errors import Conflict, InvalidInput
from credit_app.organisations.models import District
from credit_app.rule_books.actions import publish_book, take_turns
from credit_app.rule_books.models import RuleBook, RuleBookDraft
from credit_app.rule_books.queries import holders, id_is_taken
from credit_app.rules.book import Book, load_book
from credit_app.rules.yaml_text import MAX_BYTES

REMARK_LENGTH = 500


class NewerText(Conflict):
    """Somebody else saved the draft since this text was read; `version` is the number of the newer one."""

    def __init__(self, version: int) -> None:
        super().__init__(_("这份草稿刚被别人保存过。您的文字没有保存，也没有丢失：请对照后再保存。"))
        self.version = version


def text_of_bytes(content: bytes) -> str:
    """The text of an uploaded file. Raises: InvalidInput when it is too large or not UTF-8; nothing is guessed."""
    if len(content) > MAX_BYTES:
        raise InvalidInput(_("文件超过 %(limit)s KB，不像是一本规则集。", limit=MAX_BYTES // 1024), field="file")
    try:
        return clean_lines(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = _(
            "文件第 %(line)s 行起不是 UTF-8 编码（可能是 GBK）。请用记事本打开，另存为时编码选 UTF-8，再上传。",
            line=line,
        )
        raise InvalidInput(told, field="file") from error


def clean_lines(text: str) -> str:
    """`text` with ends of lines of one kind; nothing else is touched, since columns are told to the reader."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def start_draft(session: Session, *, district: District, text: str, user_id: int, now: datetime) -> RuleBookDraft:
    """A draft of the district with this text. Raises: InvalidInput when the text is too long to be stored."""
    _check_length(text)
    draft = RuleBookDraft(
        district=district,
        text=text,
        created_by_id=user_id,
        created_at=now,
        edited_by_id=user_id,
        edited_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


def save_draft(session: Session, *, draft: RuleBookDraft, text: str, version: int, user_id: int, now: datetime) -> None:
    """The draft holds `text`, which was written over version `version`.

    Raises: NewerText when that is no longer the newest version; Conflict when the draft is not being worked on;
    InvalidInput when the text is too long to be stored. The text may be anything else: it need not be a book yet.
    """
    _check_length(text)
    _lock(session, draft)
    _expect(draft, "draft")
    if draft.version != version:
        raise NewerText(draft.version)
    if draft.text == text:
        return
    draft.text, draft.version = text, version + 1
    draft.edited_by_id, draft.edited_at = user_id, now
    session.flush()


def submit_draft(session: Session, *, draft: RuleBookDraft, version: int, user_id: int, now: datetime) -> Book:
    """The draft waits for a second officer. The book it holds is returned.

    Raises: BookError when its text is no valid book; Conflict when its id was used before, or its state has changed.
    """
    _lock(session, draft)
    _expect(draft, "draft")
    _expect_version(draft, version)
    book = load_book(draft.text)
    if id_is_taken(session, book.id):
        raise Conflict(_("规则集编号 %(id)s 已经用过，请换一个编号。", id=book.id))
    draft.state, draft.remark = "submitted", ""
    draft.submitted_by_id, draft.submitted_at = user_id, now
    draft.decided_by_id = draft.decided_at = None
    session.flush()
    return book


def withdraw_draft(session: Session, *, draft: RuleBookDraft, user_id: int) -> None:
    """The submission is taken back by who made it; the draft can be edited again. Raises: Conflict."""
    _lock(session, draft)
    _expect(draft, "submitted")
    if draft.submitted_by_id != user_id:
        raise Conflict(_("只有提交人可以撤回；您可以写明意见后退回。"))
    _back_to_work(draft)
    session.flush()


def return_draft(session: Session, *, draft: RuleBookDraft, remark: str, user_id: int, now: datetime) -> None:
    """The draft goes back to work with the remark of a second officer.

    Raises: InvalidInput without a remark; Conflict when it is not submitted, or was submitted by `user_id`.
    """
    if not remark:
        raise InvalidInput(_("请写明退回的原因，提交人会看到。"), field="remark")
    _lock(session, draft)
    _expect(draft, "submitted")
    if draft.submitted_by_id == user_id:
        raise Conflict(_("这是您自己提交的，请用“撤回提交”。"))
    _back_to_work(draft)
    draft.remark, draft.decided_by_id, draft.decided_at = remark, user_id, now
    session.flush()


def publish_draft(
    session: Session, *, draft: RuleBookDraft, version: int, replaces: Collection[str], user_id: int, now: datetime
) -> RuleBook:
    """The draft's book is published for its district, taking days from exactly the rule sets in `replaces`.

    Raises: Conflict when `user_id` submitted it or edited it last, when it is not submitted, when the rule sets that it
    takes days from are no longer those that the officer was shown, or when its id was used meanwhile; BookError when
    the text is no valid book.
    """
    # Before the draft: who publishes by the command holds this one first, too.
    take_turns(session)
    _lock(session, draft)
    _expect(draft, "submitted")
    _expect_version(draft, version)
    if not may_publish(draft, user_id=user_id):
        raise Conflict(_("规则须由另一位工作人员发布：提交人和最后修改人都不能自己发布。"))
    book = load_book(draft.text)
    taken_from = holders(session, district_id=draft.district_id, first_on=book.effective_on, last_on=book.until)
    if set(taken_from) != set(replaces):
        raise Conflict(_("它接替的规则集刚有变化，请看过下面新的名单再发布。"))
    published = publish_book(
        session, text=draft.text, now=now, district=draft.district, published_by_id=user_id, replaces=replaces
    )
    draft.state, draft.published_id = "published", published.id
    draft.decided_by_id, draft.decided_at = user_id, now
    session.flush()
    return published


def discard_draft(session: Session, *, draft: RuleBookDraft) -> None:
    """The draft is put aside; `restore_draft` brings it back. Raises: Conflict when it is not being worked on."""
    _lock(session, draft)
    _expect(draft, "draft")
    draft.state = "discarded"
    session.flush()


def restore_draft(session: Session, *, draft: RuleBookDraft) -> None:
    """A discarded draft is worked on again, as it was. Raises: Conflict."""
    _lock(session, draft)
    _expect(draft, "discarded")
    draft.state = "draft"
    session.flush()


def may_publish(draft: RuleBookDraft, *, user_id: int) -> bool:
    """Whether this officer is a second one: neither who submitted the draft nor who edited it last."""
    return user_id not in (draft.submitted_by_id, draft.edited_by_id)


def _back_to_work(draft: RuleBookDraft) -> None:
    draft.state = "draft"
    draft.submitted_by_id = draft.submitted_at = None


def _lock(session: Session, draft: RuleBookDraft) -> None:
    """`draft` is as it stands now, and nobody else changes it before this transaction ends."""
    session.refresh(draft, with_for_update={"key_share": True})


def _expect(draft: RuleBookDraft, state: str) -> None:
    if draft.state != state:
        raise Conflict(_("这份草稿的状态已经变化，请看看最新的情况再操作。"))


def _expect_version(draft: RuleBookDraft, version: int) -> None:
    if draft.version != version:
        raise Conflict(_("这份草稿的文字刚有改动，请看过最新的文字再操作。"))


def _check_length(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise InvalidInput(_("文字超过 %(limit)s KB，不像是一本规则集。", limit=MAX_BYTES // 1024), field="text")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput(_("文字里有无法保存的字符，请检查后再保存。"), field="text")
