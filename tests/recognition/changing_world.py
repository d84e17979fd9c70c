"""The world in which facts change: the cast, a duplicate of the pupil, and a school in another district."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from unittest.mock import patch

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities import actions as activities
from credit_app.activities.models import Occurrence
from credit_app.attendance.lists import OccurrenceList, occurrence_list
from credit_app.attendance.reach import Reach
from credit_app.jobs import rule_changes
from credit_app.ledger import replay as replays
from credit_app.ledger.changes import Replay
from credit_app.ledger.correcting import approve_correction, propose_correction
from credit_app.ledger.models import LedgerEntry
from credit_app.organisations import actions as organisations
from credit_app.organisations.models import School
from credit_app.people import actions as people
from credit_app.people.models import User
from credit_app.rule_books import actions as rule_books
from credit_app.rule_books.queries import book_for, book_named, holders, published_book
from credit_app.rules.book import Book
from credit_app.schools import actions as schools
from credit_app.schools.models import Student
from tests.cast import MADE_AT, SAMPLE_BOOK, TERM_BEGAN_ON, TODAY, YEAR, Cast, today_at
from tests.ledger.changing import new_rules
from tests.recognition.changing import Model

MOVED_ON = TODAY + timedelta(days=7)
YEAR_ENDS_ON = date(2027, 8, 31)
EVENING = today_at(20) + timedelta(days=30)
# Two lectures, three visits to one venue (two of them on one day, one after the transfer) and a course.
RUNS = (
    ("lecture", today_at(8), 60),
    ("venue_visit", today_at(9), 180),
    ("venue_visit", today_at(13), 180),
    ("inquiry_course", today_at(16), 120),
    ("lecture", today_at(9) + timedelta(days=8), 60),
    ("venue_visit", today_at(13) + timedelta(days=8), 180),
)


class World:
    """The cast, a duplicate of the pupil, and a school in another district with a book of its own. Never committed."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.cast, self.published = session, cast, 0
        # A rollback gives ids of books free again, which a committed book's never are: the shelf must not trust them.
        current_app.extensions.pop("rule_book_shelf", None)
        self.away = organisations.create_school(session, district=cast.other_district, code="fuhua", name="福华学校")
        text = SAMPLE_BOOK.read_text(encoding="utf-8").replace("id: sample-2026", "id: futian-2026")
        text = text.replace("credits: 0.5\n    text: 每次参观计 0.5", "credits: 0.7\n    text: 每次参观计 0.7")
        rule_books.publish_book(session, text=text, now=MADE_AT, district=cast.other_district)
        self.receiver = self._user("qian", "钱老师", self.away, "science_counselor")
        self.runs = [self._run(*each) for each in RUNS]
        self.students = {"pupil": cast.pupil, "other": cast.other_pupil, "duplicate": self._duplicate()}
        session.flush()

    def _user(self, login_name: str, name: str, school: School, kind: str) -> User:
        user = people.create_user(self.session, login_name=login_name, display_name=name, school=school, now=MADE_AT)
        people.grant_role(self.session, user=user, kind=kind, school=school, starts_on=TERM_BEGAN_ON)
        return user

    def _duplicate(self) -> Student:
        user = self._user("linxiaoyu-2", "林晓雨", self.cast.school, "pupil")
        student = schools.create_student(
            self.session, school=self.cast.school, name="林晓雨", student_no="", user=user, now=MADE_AT
        )
        schools.enrol(
            self.session,
            student=student,
            grade=5,
            academic_year=YEAR,
            school_class=self.cast.school_class,
            starts_on=TERM_BEGAN_ON,
        )
        return student

    def _run(self, category: str, starts_at: datetime, length: int) -> Occurrence:
        activity = activities.create_activity(
            self.session,
            outline=activities.Outline(title=category, category=category),
            venue=self.cast.venue,
            created_by=self.cast.venue_staff,
            now=MADE_AT,
        )
        run = activities.add_occurrence(
            self.session, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=length)
        )
        activities.submit_activity(self.session, activity=activity, now=MADE_AT)
        activities.decide_on_activity(
            self.session, activity=activity, decision="approved", remark="", decided_by=self.cast.officer, now=MADE_AT
        )
        return run

    def model(self) -> Model:
        home, away = (
            book_for(self.session, district_id=each.id, day=TODAY)
            for each in (self.cast.district, self.cast.other_district)
        )
        happenings = {number: self.listed(number).happening for number in range(len(self.runs))}
        return Model(home, away, happenings)

    def change_rules(self, *, visit: str, first_on: date) -> Book:
        """A new book of the home district takes the days from `first_on` on; nothing is replayed yet."""
        self.published += 1
        taken = holders(self.session, district_id=self.cast.district.id, first_on=first_on, last_on=YEAR_ENDS_ON)
        text = new_rules(f"changed-{self.published}", visit=visit, lecture="0.4", first_on=first_on.isoformat())
        row = rule_books.publish_book(self.session, text=text, now=EVENING, district=self.cast.district, replaces=taken)
        return book_named(self.session, row.rule_set)

    def replay(self, rule_set: str) -> Replay:
        """The published book is replayed to its end, as the job does it, but for the commits."""
        self.session.expire_all()
        replay = replays.start_replay(
            self.session,
            rule_book=published_book(self.session, rule_set=rule_set),
            district_id=self.cast.district.id,
            asked_by=None,
            now=EVENING,
        )
        with patch.object(self.session, "commit", self.session.flush):
            while rule_changes.advance_replay(replay.id, now=EVENING):
                pass
        assert replay.state == "done"
        return replay

    def posted(self, name: str) -> dict[str, int]:
        """participation → what stands of it in the pupil's account."""
        nets: dict[str, int] = {}
        own = LedgerEntry.account_id == self.students[name].account_ref
        for participation, centicredits in self.session.execute(
            select(LedgerEntry.participation, LedgerEntry.centicredits).where(own)
        ):
            nets[participation] = nets.get(participation, 0) + centicredits
        return nets

    def correct(self, name: str, participation: str, centicredits: int) -> None:
        """The counselor proposes so much more or less for the participation, and an officer approves it."""
        student = self.students[name]
        assert student.account_ref is not None
        correction = propose_correction(
            self.session,
            account_ref=student.account_ref,
            participation=participation,
            centicredits=centicredits,
            reason="讲解员记错了",
            document_ref="情况说明 1 号",
            proposed_by=self.cast.counselor,
            proposed_as="science_counselor",
            now=EVENING,
        )
        approve_correction(
            self.session,
            correction=correction,
            decided_by=self.cast.officer,
            decided_as="bureau_officer",
            remark="",
            now=EVENING,
        )

    def listed(self, number: int) -> OccurrenceList:
        self.session.flush()
        self.session.expire_all()
        reach = Reach(day=MOVED_ON + timedelta(days=30), venue_ids=[self.cast.venue.id])
        return occurrence_list(self.session, public_id=self.runs[number].public_id, reach=reach)
