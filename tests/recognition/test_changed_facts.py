"""Facts that come late and change, against the database: whatever the steps, every entry adds up.

After each step `flask verify` finds nothing, and each participation's net amount is what the pure rules give for the
facts that the model keeps beside the program.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from credit_app.attendance.actions import Scan, close_occurrence, record_scan
from credit_app.attendance.lists import Listed, OccurrenceList
from credit_app.attendance.voiding import restore_attendance, void_attendance
from credit_app.people.models import User
from credit_app.recognition.actions import decide_worksheets
from credit_app.recognition.merging import merge_students
from credit_app.schools.transfers import receive_student, release_student
from credit_app.verification import verify
from tests.attendance.doorway import context_of
from tests.cast import TERM_BEGAN_ON, TODAY, Cast, today_at
from tests.recognition.changing import Row
from tests.recognition.changing_world import EVENING, MOVED_ON, RUNS, World

_keys = count(1)


class ChangedFacts(RuleBasedStateMachine):
    """Steps in any order; `world_of` gives a world whose changes are rolled back when the machine is done."""

    world_of: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self.world = self.world_of()
        self.session = self.world.session
        self.model = self.world.model()
        self.model.rows = {name: Row(name) for name in self.world.students}
        self.last: tuple[str, int, Scan, Any] | None = None

    @initialize()
    def some_have_been_there(self) -> None:
        """So that there is something to change from the first step on: both rows of the child were at one visit."""
        for name, number in (("pupil", 1), ("duplicate", 1), ("duplicate", 0), ("pupil", 3), ("duplicate", 2)):
            self.scan(name, number, "in", 0)
        self.scan("duplicate", 1, "out", 3)
        self.scan("pupil", 1, "out", 2)

    def teardown(self) -> None:
        self.session.rollback()

    def _row(self, name: str) -> Row:
        """The row that signs in for this child today."""
        row = self.model.rows[name]
        return self.model.rows["pupil"] if row.taken_up else row

    def _been(self, name: str, number: int) -> tuple[Row, Any]:
        row = self._row(name)
        return row, row.been.get(number)

    def _some(self, which: int, *, void: bool) -> tuple[int, Any] | None:
        """One of the attendances that are void, or not, as (occurrence, attendance); None when there is none."""
        fitting = [
            (number, been)
            for row in self.model.rows.values()
            for number, been in sorted(row.been.items())
            if been.void == void
        ]
        return fitting[which % len(fitting)] if fitting else None

    def _listed(self, number: int, participation: str, *, voided: bool = False) -> tuple[OccurrenceList, Listed]:
        listed = self.world.listed(number)
        return listed, listed.pupil(participation, voided=voided)

    names = st.sampled_from(("pupil", "other", "duplicate"))
    numbers = st.integers(0, len(RUNS) - 1)

    @rule(name=names, number=numbers, direction=st.sampled_from(("in", "out", "out")), minute=st.integers(0, 4))
    def scan_something(self, name: str, number: int, direction: str, minute: int) -> None:
        self.scan(name, number, direction, minute)

    def scan(self, name: str, number: int, direction: str, minute: int) -> None:
        """On time or late: the scans of a run come in any order, whatever happened since."""
        row, run = self._row(name), self.world.runs[number]
        at = run.starts_at + timedelta(minutes=minute * 25 if direction == "out" else minute * 10)
        scan = Scan("claim", f"key-{next(_keys)}", direction, "staff_scan", at)
        answer = self._send(row.name, number, scan)
        expected = {"ok", "checked_out", "already", "already_out", "not_checked_in", "held"}
        assert answer.status in expected
        been = row.been.get(number)
        assert (answer.status == "held") == (been is not None and been.void)
        self.model.scanned(row, number, direction, at, answer.params.get("participation"))
        self.last = (row.name, number, scan, answer)

    @precondition(lambda self: self.last is not None)
    @rule()
    def repeat_the_last_scan(self) -> None:
        """The same request again gets the same answer, also when its row has been merged since."""
        assert self.last is not None
        name, number, scan, answer = self.last
        assert self._send(self._row(name).name, number, scan) == answer

    def _send(self, name: str, number: int, scan: Scan) -> Any:
        context = context_of(self.session, self.world.students[name], self.world.runs[number], scan.client_uid)
        return record_scan(self.session, context=context, scan=scan, now=EVENING)

    @rule(number=numbers)
    def close(self, number: int) -> None:
        run = self.world.runs[number]
        self.session.refresh(run)
        if run.status == "scheduled":
            close_occurrence(self.session, occurrence=run, now=run.ends_at + timedelta(hours=1))

    @rule(name=names, decision=st.sampled_from(("approved", "returned", "refused")))
    def decide_on_worksheet(self, name: str, decision: str) -> None:
        _row, been = self._been(name, 3)
        if been is None or been.void:
            return
        listed, pupil = self._listed(3, been.participation)
        decide_worksheets(
            self.session,
            happening=listed.happening,
            pupils=[pupil],
            decision=decision,
            remark="请再看一遍",
            decided_by=self.world.cast.homeroom_teacher,
            now=EVENING,
        )
        been.worksheet = decision
        self.model.decide()

    @rule(which=st.integers(0, 11))
    def void(self, which: int) -> None:
        some = self._some(which, void=False)
        if some is None:
            return
        number, been = some
        _list, pupil = self._listed(number, been.participation)
        decider = self.world.cast.venue_staff
        void_attendance(self.session, pupil=pupil, reason="someone_else", words="代签", decided_by=decider, now=EVENING)
        self.model.voided(been)

    @rule(which=st.integers(0, 11), direction=st.sampled_from(("in", "out")), minute=st.integers(0, 4))
    def scan_while_void(self, which: int, direction: str, minute: int) -> None:
        """Whoever is void and scans is held."""
        void = [(row, number) for row in self.model.rows.values() for number, been in row.been.items() if been.void]
        if void:
            row, number = void[which % len(void)]
            self.scan(row.name, number, direction, minute)

    @rule(which=st.integers(0, 11))
    def restore(self, which: int) -> None:
        some = self._some(which, void=True)
        if some is None:
            return
        number, been = some
        listed, pupil = self._listed(number, been.participation, voided=True)
        restore_attendance(
            self.session,
            happening=listed.happening,
            pupil=pupil,
            words="",
            decided_by=self.world.cast.venue_staff,
            now=EVENING,
        )
        self.model.restored(been)

    @precondition(lambda self: len(self.model.changes) < 2)
    @rule(visit=st.sampled_from(("0.3", "0.8")), after=st.sampled_from((0, 1, 5)))
    def change_rules(self, visit: str, after: int) -> None:
        """A new book takes days, of which some are over; it says nothing yet of what has been decided."""
        self.model.published(self.world.change_rules(visit=visit, first_on=TODAY + timedelta(days=after)))

    @precondition(lambda self: bool(self.model.changes))
    @rule(which=st.integers(0, 1))
    def replay(self, which: int) -> None:
        """Also of a book whose days a newer one has taken by now: it judges what is left to it."""
        book = self.model.changes[which % len(self.model.changes)]
        self.world.replay(book.id)
        self.model.replayed(book)
        assert self.world.replay(book.id).entries == 0, "a second run posts nothing"

    @rule(which=st.integers(0, 11), centicredits=st.sampled_from((-30, -10, 20, 70)))
    def correct(self, which: int, centicredits: int) -> None:
        """Two people add or take something, wherever something stands that is enough for it."""
        standing = [
            (name, been)
            for name, row in self.model.rows.items()
            for _number, been in sorted(row.been.items())
            if been.rule_set is not None and not been.void
        ]
        if not standing:
            return
        name, been = standing[which % len(standing)]
        posted = self.world.posted(name)
        if min(posted.get(been.participation, 0), sum(posted.values())) + centicredits >= 0:
            self.world.correct(name, been.participation, centicredits)
            been.corrections.append(centicredits)

    @rule()
    def merge(self) -> None:
        survivor, duplicate = self.model.rows["pupil"], self.model.rows["duplicate"]
        if duplicate.taken_up or survivor.moved_on != duplicate.moved_on or survivor.moved_on is not None:
            return
        if not self.model.clean_pair(duplicate, survivor):
            return
        students = self.world.students
        self.session.expire_all()
        user_id = students["duplicate"].user_id
        merge_students(
            self.session,
            duplicate=students["duplicate"],
            survivor=students["pupil"],
            merged_by=self.world.cast.counselor,
            reason="同一名学生录入两次",
            now=EVENING,
        )
        assert self.session.get_one(User, user_id).is_active is False
        self.model.merged(duplicate, survivor)

    @rule(name=names)
    def transfer(self, name: str) -> None:
        row = self._row(name)
        if row.moved_on is not None:
            return
        self.session.expire_all()
        student = self.world.students[row.name]
        moved_at = today_at(12) + timedelta(days=7)
        transfer, _code = release_student(
            self.session, student=student, released_by=self.world.cast.counselor, now=moved_at
        )
        received = receive_student(
            self.session,
            transfer=transfer,
            school=self.world.away,
            school_class=None,
            student_no="",
            starts_on=MOVED_ON,
            received_by=self.world.receiver,
            now=moved_at,
        )
        assert received.enrolment.joined_on == TERM_BEGAN_ON
        row.moved_on = MOVED_ON

    @invariant()
    def everything_adds_up(self) -> None:
        self.session.flush()
        self.session.expire_all()
        assert [str(finding) for finding in verify(self.session)] == []
        for name, row in self.model.rows.items():
            expected = self.model.expected(row)
            posted = self.world.posted(name)
            assert {key: posted.get(key, 0) for key in posted.keys() | expected.keys()} == {
                key: expected.get(key, 0) for key in posted.keys() | expected.keys()
            }, name


def _machine(session: Session, cast: Cast) -> type[ChangedFacts]:
    return type("Bound", (ChangedFacts,), {"world_of": lambda self: World(session, cast)})


def test_whatever_changes_and_whenever_every_entry_adds_up(
    request: pytest.FixtureRequest, db_session: Session, cast: Cast
) -> None:
    on_sqlite = db_session.get_bind().dialect.name == "sqlite"
    run_state_machine_as_test(
        _machine(db_session, cast),
        settings=settings(
            max_examples=25 if on_sqlite else 6,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
