"""A model of two districts in which facts arrive late and change: what it is told, and what should stand then.

The model keeps the facts by itself (who scanned when, what was decided on it, who is who) and asks only the pure rules.
What the program made of the same steps is compared by `tests/recognition/test_changed_facts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from credit_app.attendance.facts import Happening, fact_of
from credit_app.attendance.stays import Presence
from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import Award, award, judge_history

OPEN_WORKSHEET = "none"


@dataclass(slots=True)
class Been:
    """A row's attendance of an occurrence: its scans as (instant, direction), and what was decided on it."""

    participation: str
    scans: list[tuple[datetime, str]]
    held: list[tuple[datetime, str]] = field(default_factory=list)
    worksheet: str = OPEN_WORKSHEET
    void: bool = False
    rule_set: str | None = None  # by which it was first decided, or judged again on purpose since
    corrections: list[int] = field(default_factory=list)  # of two people, beside what the rules give

    def presence(self) -> Presence:
        """The sum of the stays, worked out anew: from each "in" to the next "out", whatever lies between."""
        inside, last_out, seconds = None, None, 0
        for at, direction in sorted(self.scans, key=lambda scan: (scan[0], scan[1] == "out")):
            if direction == "in" and inside is None:
                inside = at
            elif direction == "out" and inside is not None:
                seconds += int((at - inside).total_seconds())
                inside, last_out = None, at
        return Presence(min(at for at, way in self.scans if way == "in"), inside, last_out, seconds, "self_scan")


@dataclass(slots=True)
class Row:
    """A row of a school: attendances by occurrence, checks-out that found nobody, and where it went on which day."""

    name: str
    been: dict[int, Been] = field(default_factory=dict)
    stray: dict[int, list[tuple[datetime, str]]] = field(default_factory=dict)
    moved_on: date | None = None
    taken_up: bool = False


class Model:
    """All rows, and the books of the two districts."""

    def __init__(self, home: Book, away: Book, happenings: dict[int, Happening]) -> None:
        self.books = {home.id: home, away.id: away}
        self.home, self.away, self.happenings = home, away, happenings
        self.rows: dict[str, Row] = {}
        self.changes: list[Book] = []  # published since for the home district, newest first

    def scanned(self, row: Row, occurrence: int, direction: str, at: datetime, participation: str | None) -> None:
        """A scan has been answered; `participation` is the id that the program gave, once there is one."""
        been = row.been.get(occurrence)
        if been is not None:
            (been.held if been.void else been.scans).append((at, direction))
        elif direction == "out":
            row.stray.setdefault(occurrence, []).append((at, direction))
        else:
            assert participation is not None
            row.been[occurrence] = Been(participation, [(at, direction), *row.stray.pop(occurrence, [])])
        self.decide()

    def voided(self, been: Been) -> None:
        """All that stands of it is taken back, what people had added included."""
        been.void, been.corrections = True, []

    def restored(self, been: Been) -> None:
        been.void = False
        been.scans, been.held = been.scans + been.held, []
        self.decide()

    def merged(self, duplicate: Row, survivor: Row) -> None:
        for occurrence, been in duplicate.been.items():
            if occurrence not in survivor.been:
                survivor.been[occurrence] = been
                if not been.corrections and self._judged_alone(survivor, occurrence, been).state == "pending":
                    been.rule_set = None  # nothing of it is posted in the survivor's account yet
        duplicate.been, duplicate.taken_up = {}, True
        self.decide()

    def published(self, book: Book) -> None:
        """The home district's rules change; what has been decided stands until it is replayed."""
        self.books[book.id] = book
        self.changes.insert(0, book)

    def replayed(self, book: Book) -> None:
        """What was decided on the book's days, while the pupil was the district's and no newer book took them, is
        judged by it now."""
        for row in self.rows.values():
            for occurrence, been in row.been.items():
                if been.rule_set is not None and not been.void and self._book_of_day(row, occurrence) is book:
                    been.rule_set = book.id
        self.decide()

    def decide(self) -> None:
        """What is decided for the first time is judged by the book of its day, and by that one ever after."""
        for row in self.rows.values():
            for occurrence, been in row.been.items():
                if been.rule_set is None and not been.void:
                    judged = self._judged_alone(row, occurrence, been)
                    if judged.state != "pending":
                        been.rule_set = judged.rule_set

    def expected(self, row: Row) -> dict[str, int]:
        """participation → what it earns, by the pure rules over all that counts."""
        counting = {been.participation: (o, been) for o, been in row.been.items() if not been.void}
        facts = [self._fact(occurrence, been) for occurrence, been in counting.values()]
        awards = judge_history(facts, lambda fact: self._book(row, *counting[fact.participation]))
        ordered = sorted(facts, key=lambda fact: fact.order_key)
        corrected = {been.participation: sum(been.corrections) for _occurrence, been in counting.values()}
        return {
            fact.participation: judged.centicredits + corrected[fact.participation]
            for fact, judged in zip(ordered, awards, strict=True)
        }

    def clean_pair(self, duplicate: Row, survivor: Row) -> bool:
        """No check-out of the one waits for a check-in that the other made: whose it was nobody could say."""
        return not any(
            occurrence in other.been or occurrence in other.stray
            for one, other in ((duplicate, survivor), (survivor, duplicate))
            for occurrence in one.stray
        )

    def _judged_alone(self, row: Row, occurrence: int, been: Been) -> Award:
        return award(self._fact(occurrence, been), {}, self._book(row, occurrence, been))

    def _fact(self, occurrence: int, been: Been) -> Fact:
        return fact_of(
            self.happenings[occurrence],
            participation=been.participation,
            grade=5,
            presence=been.presence(),
            proof="staff_scan",
            worksheet=been.worksheet,
        )

    def _book(self, row: Row, occurrence: int, been: Been) -> Book:
        if been.rule_set is not None:
            return self.books[been.rule_set]
        return self._book_of_day(row, occurrence)

    def _book_of_day(self, row: Row, occurrence: int) -> Book:
        day = self.happenings[occurrence].occurs_on
        if row.moved_on is not None and day >= row.moved_on:
            return self.away
        return next((book for book in self.changes if book.covers(day)), self.home)
