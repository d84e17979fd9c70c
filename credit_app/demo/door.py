"""What waits for a person in the demonstration city: one question of each kind, through the program's own doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.actions import record_scan
from credit_app.attendance.answers import Answer
from credit_app.attendance.headcounts import count_heads
from credit_app.attendance.holding import raise_hold
from credit_app.attendance.late_entries import propose_late_entry
from credit_app.attendance.models import Attendance, Device, ScanEvent
from credit_app.attendance.queries import scan_context
from credit_app.attendance.roll_calls import Mark, call_roll
from credit_app.attendance.scans import Scan, store_scan
from credit_app.attendance.signals import raise_signals
from credit_app.demo import names
from credit_app.demo.places import City
from credit_app.people.models import User
from credit_app.schools.models import SchoolClass, Student, Teaching
from credit_app.schools.queries import students_of_class

CALLED = 8
RAISED_BEFORE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class _Trip:
    """A class of the demonstration's school at the venue's latest visit, and who led it."""

    run: Occurrence
    school_class: SchoolClass
    teacher: User
    pupils: list[Student]  # who were not at that visit by themselves


def build_door(session: Session, city: City) -> None:
    """The demonstration's class went on a trip: called at arrival and departure, one head fewer counted, one pupil
    absent, two late entries proposed, a scan of a device in doubt, two pupils checked in by one phone."""
    trip = _trip(session, city)
    if trip is None or len(trip.pupils) < CALLED + 5:
        return
    _call_and_count(session, city, trip)
    later = trip.pupils[CALLED:]
    for student, proposer, reason, words in (
        (later[0], trip.teacher, "no_device", "忘带学生卡，全程和班级在一起。"),
        (later[1], city.counselors[names.DEMO_SCHOOL], "door_failed", "入口断网时到的，讲解员可以作证。"),
    ):
        propose_late_entry(
            session,
            occurrence=trip.run,
            student=student,
            in_at=trip.run.starts_at + timedelta(minutes=5),
            out_at=trip.run.starts_at + timedelta(minutes=80),
            reason=reason,
            words=words,
            proposed_by=proposer,
            now=city.now - RAISED_BEFORE,
        )
    _hold_a_scan(session, city, trip, later[2])
    _share_a_phone(session, city, trip, later[3:5])
    session.flush()


def _trip(session: Session, city: City) -> _Trip | None:
    run = session.scalars(
        select(Occurrence)
        .join(Occurrence.activity)
        .where(
            Activity.venue_id == city.venues[names.DEMO_VENUE].id,
            Activity.category == "venue_visit",
            Occurrence.status == "closed",
        )
        .order_by(Occurrence.starts_at.desc())
        .limit(1)
    ).one_or_none()
    teacher = session.scalars(select(User).filter_by(login_name="demo-teacher")).one()
    school_class = session.scalars(
        select(SchoolClass).join(Teaching).where(Teaching.user_id == teacher.id, SchoolClass.academic_year == city.year)
    ).first()
    if run is None or school_class is None:
        return None
    out = session.execute(select(Attendance.student_id, Attendance.occurrence_id).filter_by(attended_on=run.occurs_on))
    went = {row.student_id: row.occurrence_id for row in out}
    pupils = students_of_class(session, school_class=school_class, day=run.occurs_on)
    free = [each for each in pupils[1:] if went.get(each.id) != run.id]
    # Who was elsewhere on that day comes last: nobody is to be called at two places.
    return _Trip(run, school_class, teacher, sorted(free, key=lambda each: each.id in went))


def _call_and_count(session: Session, city: City, trip: _Trip) -> None:
    called, run = trip.pupils[:CALLED], trip.run
    for moment, minutes in (("arrival", 4), ("departure", 95)):
        at = run.starts_at + timedelta(minutes=minutes)
        # The last one never came; the one before came late, and told so at the call.
        marks = [Mark(each, "absent" if each is called[-1] else "present") for each in called]
        call_roll(
            session,
            occurrence=run,
            school_class=trip.school_class,
            moment=moment,
            marks=marks,
            called_by=trip.teacher,
            called_at=at,
            client_uid=f"demo-{moment}",
            now=at + timedelta(minutes=1),
        )
    count_heads(
        session,
        occurrence=run,
        school=city.schools[names.DEMO_SCHOOL],
        moment="arrival",
        heads=CALLED - 2,
        counted_by=city.staff[names.DEMO_VENUE],
        client_uid="demo-count",
        now=run.starts_at + timedelta(minutes=10),
    )


def _hold_a_scan(session: Session, city: City, trip: _Trip, student: Student) -> None:
    """A door without network whose clock had been set by hand: the time may lie after the closing."""
    venue, staff = city.venues[names.DEMO_VENUE], city.staff[names.DEMO_VENUE]
    device = Device(
        venue_id=venue.id,
        name="东门手机",
        public_key=b"\x04" + city.random.randbytes(64),
        enrolled_by_id=staff.id,
        enrolled_at=city.made_at,
        last_seen_at=trip.run.ends_at,
        reported_seq=1,
    )
    session.add(device)
    session.flush()
    at = trip.run.starts_at + timedelta(minutes=30)
    bounds = {"earliest": (at - timedelta(hours=2)).isoformat(), "latest": (at + timedelta(hours=3)).isoformat()}
    scan = Scan(
        f"device:{device.public_id}",
        f"demo-held-{student.public_id}",
        "in",
        "staff_scan",
        at,
        device_id=device.id,
        device_seq=1,
        evidence=bounds | {"bundle_age_hours": 30},
    )
    received_at = city.now - RAISED_BEFORE
    store_scan(
        session,
        scan=scan,
        client_uid=scan.client_uid,
        occurrence_id=trip.run.id,
        student_id=student.id,
        answer=Answer("held", {"reason": "clock_doubtful"}),
        now=received_at,
    )
    scan_id = session.scalars(select(ScanEvent.id).filter_by(client_uid=scan.client_uid)).one()
    raise_hold(
        session,
        kind="scan",
        key=f"scan.{scan_id}",
        reason="clock_doubtful",
        occurrence_id=trip.run.id,
        student_id=student.id,
        scan_event_id=scan_id,
        evidence=bounds | {"bundle_age_hours": 30},
        now=received_at,
    )


def _share_a_phone(session: Session, city: City, trip: _Trip, pupils: list[Student]) -> None:
    through = session.scalar(select(ScanEvent.id).order_by(ScanEvent.id.desc()).limit(1)) or 0
    for number, student in enumerate(pupils):
        at = trip.run.starts_at + timedelta(minutes=20, seconds=40 * number)
        nonce = f"demo-shared-{student.public_id}"
        assert student.user_id is not None
        context = scan_context(
            session, user_id=student.user_id, handle=trip.run.handle, origin="claim", client_uid=nonce
        )
        assert context is not None
        scan = Scan("claim", nonce, "in", "self_scan", at, evidence={"browser": "demonstration"})
        record_scan(session, context=context, scan=scan, now=at + timedelta(seconds=4))
    raise_signals(session, after_id=through, now=city.now - RAISED_BEFORE)
