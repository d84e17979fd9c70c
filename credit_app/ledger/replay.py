"""Replays: a published book applied to what other books had awarded on its days, in batches of few accounts.

A batch is one transaction: its accounts are locked in order of their ids, judged again, the differences posted, and
the place up to which all is done is written with them. So a replay that was stopped, or killed, goes on where it was,
and one that runs twice finds nothing to post.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from credit_app.errors import NotFound
from credit_app.ledger.changes import Replay
from credit_app.ledger.rebooking import (
    Change,
    Held,
    accounts_after,
    accounts_in_all,
    districts_of_schools,
    holds_as_published,
)
from credit_app.ledger.rejudging import judge_again, past_of
from credit_app.ledger.writing import Writer, entries_of, locked_account
from credit_app.people.models import User
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import book_finder
from credit_app.rules.book import Book
from credit_app.schools.whereabouts import whereabouts_of

BATCH = 20  # accounts a transaction: a check-in of one of them waits for no more
WORKED_ON = ("queued", "running")
TAKEN_UP = ("stopped", "failed")


@dataclass(slots=True)
class Posted:
    """What a batch did. `settled`: participations that the book would judge, were their year not settled."""

    entries: int = 0
    gained: int = 0
    lost: int = 0
    settled: int = 0


def start_replay(
    session: Session, *, rule_book: RuleBook, district_id: int | None, asked_by: User | None, now: datetime
) -> Replay:
    """The published book is queued to be replayed in the district (None: the whole city); one that has not come to its
    end, also one that failed, is taken up again instead."""
    known = unfinished_replay(session, rule_book=rule_book, district_id=district_id)
    if known is None:
        asked = Replay(
            rule_book_id=rule_book.id,
            district_id=district_id,
            in_all=accounts_in_all(session, district_id=district_id),
            asked_by_id=asked_by.id if asked_by else None,
            asked_at=now,
        )
        try:
            with session.begin_nested():
                session.add(asked)
            return asked
        except IntegrityError:  # somebody else has just started it
            known = unfinished_replay(session, rule_book=rule_book, district_id=district_id)
            if known is None:
                raise
    resume_replay(session, replay=known)
    return known


def stop_replay(session: Session, *, replay: Replay) -> None:
    """No further batch begins until it is resumed; what has been posted stands."""
    replay = _locked(session, replay.id)
    if replay.state in WORKED_ON:
        replay.state = "stopped"
    session.flush()


def resume_replay(session: Session, *, replay: Replay) -> None:
    """A stopped replay goes on where it was; so does a failed one, whose batches so far are committed with its cursor,
    unless another one has been started since, which does the rest."""
    replay = _locked(session, replay.id)
    if replay.state in TAKEN_UP and _newest(session, replay.rule_book_id, replay.district_id) == replay:
        replay.state, replay.finished_at, replay.problem = "queued", None, ""
    session.flush()


def fail_replay(session: Session, *, order_id: int, problem: str, now: datetime) -> None:
    """The replay could not be carried on; what it has posted stands, and once taken up again it does the rest."""
    replay = _locked(session, order_id)
    if replay.state in WORKED_ON:
        replay.state, replay.finished_at, replay.problem = "failed", now, problem[:500]
    session.flush()


def locked_replay(session: Session, *, replay_id: int) -> Replay | None:
    """The replay, locked until the transaction ends so that two workers take turns; None when it is not to go on."""
    replay = _locked(session, replay_id)
    if replay.state not in WORKED_ON:
        return None
    replay.state = "running"
    return replay


def post_batch(session: Session, *, replay: Replay, now: datetime) -> None:
    """The next accounts of a locked replay are judged again and the differences posted; after the last of them the
    participations that waited come next (`attendance.waiting`)."""
    account_ids = accounts_after(session, district_id=replay.district_id, after=replay.cursor, most=BATCH)
    if not account_ids:
        replay.phase, replay.cursor = "waiting", ""
        session.flush()
        return
    # The shelf is asked once: a participation that keeps its book must cost no statement.
    named = book_finder(session)
    book = named(replay.rule_book.rule_set)
    change = Change(book, holds_as_published(session, book=book, district_id=replay.district_id))
    posted = Posted()
    where = whereabouts_of(session, account_refs=account_ids)
    districts = districts_of_schools(session)
    for account_id in account_ids:
        account = locked_account(session, account_id, now)
        past = past_of(entries_of(session, account_id))
        held = Held(account_id, past, where.get(account_id), account.settled_through, districts)
        writer = Writer(session, account, now, replay.recorded_by)
        _judge_again(held, change, writer, named, cause=replay.public_id, posted=posted)
    replay.cursor = account_ids[-1]
    replay.done = min(replay.done + len(account_ids), replay.in_all)
    replay.entries += posted.entries
    replay.gained_centicredits += posted.gained
    replay.lost_centicredits += posted.lost
    replay.settled += posted.settled
    session.flush()


def note_waiting(
    session: Session, *, replay: Replay, cursor: str | None, credited: int, gained: int, settled: int, now: datetime
) -> None:
    """So many of the participations that waited are credited; `cursor` None: there are no more, the replay is done."""
    replay.credited += credited
    replay.gained_centicredits += gained
    replay.settled += settled
    if cursor is None:
        replay.state, replay.finished_at, replay.done = "done", now, replay.in_all
    else:
        replay.cursor = cursor
    session.flush()


def unfinished_replay(session: Session, *, rule_book: RuleBook, district_id: int | None) -> Replay | None:
    """The book's newest replay in the district (None: of the whole city), unless it has come to its end."""
    newest = _newest(session, rule_book.id, district_id)
    return newest if newest is not None and newest.state != "done" else None


def open_replays(session: Session) -> list[int]:
    """Those that a worker should carry on, in the order in which they were asked for."""
    return list(session.scalars(select(Replay.id).where(Replay.state.in_(WORKED_ON)).order_by(Replay.id)))


def replays_for_bureau(session: Session, *, rule_book: RuleBook, district_ids: Collection[int]) -> list[Replay]:
    """The replays of the book in these districts and those of the whole city, newest first."""
    return list(
        session.scalars(
            select(Replay)
            .where(
                Replay.rule_book_id == rule_book.id,
                Replay.district_id.in_(district_ids) | Replay.district_id.is_(None),
            )
            .order_by(Replay.id.desc())
            .limit(50)
            .options(joinedload(Replay.asked_by), joinedload(Replay.district))
        )
    )


def replay_for_bureau(session: Session, *, public_id: str, district_ids: Collection[int]) -> Replay:
    """The replay, if it is one of these districts'. Raises: NotFound, also for one of the whole city: who started it at
    the machine stops it there."""
    found = session.scalar(
        select(Replay)
        .where(Replay.public_id == public_id, Replay.district_id.in_(district_ids))
        .options(joinedload(Replay.rule_book))
    )
    if found is None:
        raise NotFound
    return found


def _judge_again(
    held: Held, change: Change, writer: Writer, named: Callable[[str], Book], *, cause: str, posted: Posted
) -> None:
    posted.settled += sum(
        item.rule_set != change.book.id and held.is_settled(item) and held.falls_under(change, item)
        for item in held.standing
    )
    again = judge_again(held.past, named, rebook=held.rebook(change, named))
    if not again.posts:
        return
    writer.append_posts(again.posts, cause=cause)
    writer.close(again.totals, again.rule_set, again.last_order)
    posted.entries += len(again.posts)
    posted.gained += sum(max(post.difference, 0) for post in again.posts)
    posted.lost += sum(max(-post.difference, 0) for post in again.posts)


def _newest(session: Session, rule_book_id: int, district_id: int | None) -> Replay | None:
    return session.scalar(
        select(Replay)
        .where(Replay.rule_book_id == rule_book_id, _in_district(district_id))
        .order_by(Replay.id.desc())
        .limit(1)
    )


def _locked(session: Session, replay_id: int) -> Replay:
    # The row alone: what was fetched along with it earlier cannot be locked in one statement with it.
    session.execute(select(Replay.id).where(Replay.id == replay_id).with_for_update(key_share=True))
    return session.get_one(Replay, replay_id, populate_existing=True)


def _in_district(district_id: int | None) -> ColumnElement[bool]:
    return Replay.district_id.is_(None) if district_id is None else Replay.district_id == district_id
