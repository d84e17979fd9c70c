"""What a change of rules would do to the credits of a year: the year judged again under a draft, and nothing written.

Pure but for `read_chunk`: accounts in, judgements out, figures added up. Accounts whose participations are all judged
by the draft go through the batch form of the rules, the others, whose books change in mid-history, through the single
form; the two agree (tests/ledger/test_simulation.py), and both agree with what a replay posts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from credit_app.ledger.rebooking import Change, Held, accounts_after, held_accounts, holds_once_published
from credit_app.ledger.rejudging import Past, judge_again
from credit_app.rule_books.queries import book_named, every_book
from credit_app.rules.book import Book
from credit_app.rules.calendar import academic_year, academic_year_bounds

BookNamed = Callable[[str], Book]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a change of rules, for the pupils of a district (None: all), shown for one academic year.

    `as_if`: the draft's term does not touch the year, so it is judged as if it had held for all of it.
    """

    change: Change
    district_id: int | None
    year: str
    as_if: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """One participation: what the rules gave, and what they would give. `shown`: it lies in the year and the district
    that were asked about; others move too, where a limit reaches across. Units: centicredits."""

    account_id: str
    participation: str
    school_id: int | None
    grade: int
    category: str
    occurred_on: date
    before: int
    after: int
    shown: bool
    settled: bool

    @property
    def difference(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Pupil:
    """An account and all its participations, judged."""

    held: Held
    judged: list[Judged]


def trial_of(session: Session, *, book: Book, district_id: int | None, year: str) -> Trial:
    """The trial of `book`, a draft or a file, in `year`, as if it were published now.

    It is judged under an id of its own: a draft that still bears the id of the book it was copied from must not be
    taken for that book.
    Raises: ValueError when `year` is no academic year.
    """
    first_on, last_on = academic_year_bounds(year)
    as_if = is_as_if(book, year)
    if as_if:
        book = book.model_copy(update={"effective_on": first_on, "until": last_on})
    if book.id in {published.id for published in every_book(session)}:
        book = book.model_copy(update={"id": f"{book.id} *"})
    holds = holds_once_published(session, book=book, district_id=district_id)
    return Trial(Change(book, holds), district_id, year, as_if)


def is_as_if(book: Book, year: str) -> bool:
    """Whether the book's term touches no day of the year."""
    first_on, last_on = academic_year_bounds(year)
    return book.until < first_on or book.effective_on > last_on


def read_chunk(session: Session, trial: Trial, *, after: str, most: int) -> list[Pupil]:
    """The next accounts after the id `after`, judged; empty when there are no more. A fixed number of statements."""
    account_ids = accounts_after(session, district_id=trial.district_id, after=after, most=most)
    if not account_ids:
        return []
    held = held_accounts(session, account_ids=account_ids)
    books = {book.id: book for book in every_book(session)}
    return list(judge_pupils(trial, held, lambda rule_set: _found(session, books, rule_set)))


def judge_pupils(trial: Trial, accounts: Iterable[Held], named: BookNamed) -> Iterator[Pupil]:
    """Each account judged under the trial, in the form of the rules that fits it; in the order of `accounts`."""
    accounts = list(accounts)
    whole = [held for held in accounts if all(held.is_taken_by(trial.change, item) for item in held.standing)]
    after = amounts_in_batch(trial, whole)
    batched = {held.account_id for held in whole}
    for held in accounts:
        if held.account_id not in batched:
            after |= amounts_singly(trial, held, named)
        amounts = [(item, after[held.account_id, item.fact.participation]) for item in held.standing]
        yield Pupil(held, [_judged(trial, held, item, amount) for item, amount in amounts])


def amounts_singly(trial: Trial, held: Held, named: BookNamed) -> dict[tuple[str, str], int]:
    """(account, participation) → what it would earn, by the single form: books may change in mid-history."""
    again = judge_again(held.past, named, rebook=held.rebook(trial.change, named))
    moved = {post.fact.participation: post.difference for post in again.posts}
    return {
        (held.account_id, item.fact.participation): item.net + moved.get(item.fact.participation, 0)
        for item in held.standing
    }


def amounts_in_batch(trial: Trial, accounts: Iterable[Held]) -> dict[tuple[str, str], int]:
    """(account, participation) → what it would earn, by the batch form: the draft judges all that is in `accounts`."""
    facts = [(held.account_id, item.fact) for held in accounts for item in held.standing]
    if not facts:
        return {}
    # The batch form brings in the library of frames, which takes a second and is of no use to a page.
    from credit_app.rules.batch import award_batch  # noqa: PLC0415
    from credit_app.rules.frame import facts_frame  # noqa: PLC0415

    amounts = award_batch(facts_frame(facts), trial.change.book)["centicredits"].tolist()
    return {(account, fact.participation): int(amount) for (account, fact), amount in zip(facts, amounts, strict=True)}


def _judged(trial: Trial, held: Held, item: Past, after: int) -> Judged:
    fact = item.fact
    district_id = held.district_of(item)
    in_district = trial.district_id in (None, district_id)
    return Judged(
        account_id=held.account_id,
        participation=fact.participation,
        school_id=held.whereabouts.school_on(fact.occurred_on) if held.whereabouts else None,
        grade=fact.grade,
        category=fact.category,
        occurred_on=fact.occurred_on,
        before=item.net,
        after=after,
        shown=in_district and academic_year(fact.occurred_on) == trial.year,
        settled=held.is_settled(item) and held.falls_under(trial.change, item),
    )


def _found(session: Session, books: dict[str, Book], rule_set: str) -> Book:
    return books[rule_set] if rule_set in books else book_named(session, rule_set)
