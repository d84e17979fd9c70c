"""Twenty weeks of going there: every check-in, check-out, worksheet and closing goes through the program's actions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from credit_app.activities.models import Occurrence
from credit_app.attendance.actions import Scan, close_occurrence, record_scan
from credit_app.attendance.lists import Reach, occurrence_list
from credit_app.attendance.queries import scan_context
from credit_app.demo.names import ActivityPlan
from credit_app.demo.places import City, Pupil
from credit_app.demo.programme import Offer
from credit_app.people.models import User
from credit_app.recognition.actions import decide_worksheets
from credit_app.rules.calendar import academic_year

# How many of those who could come do come, by category.
SHARE = {"venue_visit": 0.045, "inquiry_course": 0.07, "lecture": 0.06, "club_festival": 0.5}
# How keen pupils are: some never come, most do now and then, a few every week (share of pupils, least, most).
KEENNESS = ((0.06, 0.0, 0.0), (0.74, 0.25, 1.2), (0.2, 2.5, 7.0))
FORGET_TO_CHECK_OUT = 0.03
LEAVE_TOO_SOON = 0.06
STAY_IN_THEIR_DISTRICT = 0.8
HANDED_IN, APPROVED = 0.9, 0.8  # of all worksheets: handed in, and approved


@dataclass(frozen=True, slots=True)
class Run:
    """One occurrence of the past as plain values: rows of a session would be read again after each commit."""

    occurrence_id: int
    public_id: str
    handle: str
    starts_at: datetime
    ends_at: datetime
    occurs_on: date
    capacity: int | None
    plan: ActivityPlan
    district: str
    school: str | None
    venue_id: int | None
    leader: User | None

    @property
    def planned_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


def build_history(session: Session, city: City, offers: list[Offer], *, after_each: Callable[[int, int], None]) -> None:
    """Every occurrence before `city.now` has taken place; `after_each` (done, in all) commits and shows progress."""
    runs = sorted(_past_runs(city, offers), key=lambda run: (run.starts_at, run.occurrence_id))
    keenness = {pupil.user_id: _keenness(city.random) for pupil in city.pupils}
    busy: dict[date, set[int]] = defaultdict(set)  # one outing a pupil and day
    for done, run in enumerate(runs, start=1):
        for pupil in _visitors(city, run, keenness, busy[run.occurs_on]):
            _go(session, city, run, pupil)
        _finish(session, city, run)
        after_each(done, len(runs))


def _keenness(random: Random) -> float:
    [(_, least, most)] = random.choices(KEENNESS, weights=[share for share, _, _ in KEENNESS])
    return random.uniform(least, most)


def _past_runs(city: City, offers: list[Offer]) -> Iterator[Run]:
    for offer in offers:
        venue = offer.activity.venue
        for occurrence in offer.activity.occurrences:
            if occurrence.ends_at + timedelta(hours=2) < city.now:
                yield Run(
                    occurrence_id=occurrence.id,
                    public_id=occurrence.public_id,
                    handle=occurrence.handle,
                    starts_at=occurrence.starts_at,
                    ends_at=occurrence.ends_at,
                    occurs_on=occurrence.occurs_on,
                    capacity=occurrence.capacity,
                    plan=offer.plan,
                    district=offer.district,
                    school=offer.school,
                    venue_id=venue.id if venue else None,
                    leader=city.staff[venue.name] if venue else None,
                )


def _visitors(city: City, run: Run, keenness: dict[int, float], busy: set[int]) -> list[Pupil]:
    this_year = academic_year(run.occurs_on) == city.year
    share, chosen = SHARE[run.plan.category], []
    for pupil in city.pupils:
        if run.school not in (None, pupil.school) or pupil.user_id in busy:
            continue
        if pupil.district != run.district and city.random.random() < STAY_IN_THEIR_DISTRICT:
            continue
        grade = pupil.grade if this_year else pupil.grade - 1
        if not (this_year or pupil.here_last_year) or not run.plan.grades[0] <= grade <= run.plan.grades[1]:
            continue
        if city.random.random() < share * keenness[pupil.user_id]:
            chosen.append(pupil)
    if run.capacity is not None and len(chosen) > run.capacity:
        chosen = city.random.sample(chosen, run.capacity)
    busy.update(pupil.user_id for pupil in chosen)
    return chosen


def _go(session: Session, city: City, run: Run, pupil: Pupil) -> None:
    """The pupil scans in a little after the start, stays, and usually scans out."""
    category = run.plan.category
    arrives_at = run.starts_at + timedelta(minutes=city.random.randint(0, 12))
    if category == "venue_visit":
        arrives_at += timedelta(minutes=city.random.randint(0, 240))
        stay = city.random.randint(48, 130)
    else:
        stay = run.planned_minutes - city.random.randint(12, 18)
    if city.random.random() < LEAVE_TOO_SOON:
        stay = stay // 3
    _scan(session, run, pupil, "in", arrives_at)
    if category in {"lecture", "club_festival"} or city.random.random() < FORGET_TO_CHECK_OUT:
        return
    _scan(session, run, pupil, "out", arrives_at + timedelta(minutes=stay))


def _scan(session: Session, run: Run, pupil: Pupil, direction: str, at: datetime) -> None:
    nonce = f"demo-{run.handle}-{pupil.public_id}-{direction}"
    context = scan_context(session, user_id=pupil.user_id, handle=run.handle, origin="claim", client_uid=nonce)
    assert context is not None
    scan = Scan(origin="claim", client_uid=nonce, direction=direction, proof="self_scan", scanned_at=at)
    record_scan(session, context=context, scan=scan, now=at + timedelta(seconds=4))


def _finish(session: Session, city: City, run: Run) -> None:
    """The occurrence is closed; most worksheets of a course are approved two days later, a few come back."""
    occurrence = session.get_one(Occurrence, run.occurrence_id)
    close_occurrence(session, occurrence=occurrence, now=run.ends_at + timedelta(hours=1))
    decided_at = run.ends_at + timedelta(days=2)
    if run.plan.category != "inquiry_course" or decided_at > city.now:
        return
    assert run.venue_id is not None
    assert run.leader is not None
    listed = occurrence_list(session, public_id=run.public_id, reach=Reach(day=run.occurs_on, venue_ids=[run.venue_id]))
    for pupil in listed.pupils:
        luck = city.random.random()
        if luck < HANDED_IN:
            decide_worksheets(
                session,
                happening=listed.happening,
                pupils=[pupil],
                decision="approved" if luck < APPROVED else "returned",
                remark="" if luck < APPROVED else "实验记录还没有填完。",
                decided_by=run.leader,
                now=decided_at,
            )
