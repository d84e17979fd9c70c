"""The programme of the demonstration city: activities, reviewed by the bureau, and their occurrences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from credit_app.activities.actions import (
    Outline,
    add_occurrence,
    create_activity,
    decide_on_activity,
    submit_activity,
)
from credit_app.activities.models import Activity, Occurrence
from credit_app.demo import names
from credit_app.demo.places import City
from credit_app.organisations.models import School, Venue
from credit_app.people.models import User
from credit_app.rules.calendar import LOCAL

WEEKS_AHEAD = 3
CAPACITY = 40


@dataclass(frozen=True)
class Offer:
    """A published activity with its plan and its organiser's district."""

    plan: names.ActivityPlan
    activity: Activity
    district: str
    school: str | None


def build_programme(session: Session, city: City, today: date) -> list[Offer]:
    """About forty published activities with occurrences from the history's first week to three weeks ahead, one
    waiting for review and one returned to its venue."""
    offers = []
    for number, venue_plan in enumerate(names.VENUES):
        venue, staff = city.venues[venue_plan.name], city.staff[venue_plan.name]
        visit = names.ActivityPlan(names.VISIT.format(venue=venue_plan.name), "venue_visit", names.VISIT_SUMMARY, 420)
        plans = [visit, names.COURSES[number % len(names.COURSES)], names.LECTURES[number % len(names.LECTURES)]]
        for plan in plans:
            activity = _offer(session, city, plan, staff, venue_plan.district, venue=venue)
            offers.append(Offer(plan, activity, venue_plan.district, None))
    for school_plan in names.SCHOOLS[:4]:
        school, counselor = city.schools[school_plan.code], city.counselors[school_plan.code]
        activity = _offer(session, city, names.CLUB, counselor, school_plan.district, school=school)
        offers.append(Offer(names.CLUB, activity, school_plan.district, school_plan.code))
    for number, offer in enumerate(offers):
        _schedule(session, offer, number, city, today)
    for offer in offers:
        _publish(session, offer.activity, city.officers[offer.district], city.made_at)
    _leave_in_review(session, city, today)
    return offers


def open_day(session: Session, *, venue: Venue, staff: User, officer: User, now: datetime) -> Occurrence:
    """An occurrence at the demonstration's venue that is open at `now` and for hours yet, so that the kiosk can be
    tried at once whatever the time of day."""
    outline = Outline(title=names.OPEN_DAY_TITLE, summary=names.OPEN_DAY_SUMMARY, category="venue_visit")
    activity = create_activity(session, outline=outline, created_by=staff, now=now, venue=venue)
    starts_at = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    occurrence = add_occurrence(
        session, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=13)
    )
    _publish(session, activity, officer, now)
    return occurrence


def _offer(
    session: Session,
    city: City,
    plan: names.ActivityPlan,
    created_by: User,
    district: str,
    *,
    venue: Venue | None = None,
    school: School | None = None,
) -> Activity:
    outline = Outline(
        title=plan.title,
        summary=plan.summary,
        category=plan.category,
        grade_from=plan.grades[0],
        grade_to=plan.grades[1],
        at_venue=venue is not None,
    )
    return create_activity(
        session, outline=outline, created_by=created_by, now=city.made_at, venue=venue, school=school
    )


def _publish(session: Session, activity: Activity, officer: User, now: datetime) -> None:
    submit_activity(session, activity=activity, now=now)
    decide_on_activity(session, activity=activity, decision="approved", remark="", decided_by=officer, now=now)


def _schedule(session: Session, offer: Offer, number: int, city: City, today: date) -> None:
    """Visits every second weekend, courses and lectures every few weeks, a school's festival twice."""
    every = {"venue_visit": 2, "inquiry_course": 3, "lecture": 4, "club_festival": 9}[offer.plan.category]
    first = city.began_on + timedelta(days=(5 - city.began_on.weekday()) % 7, weeks=number % every)
    day = first + timedelta(days=number % 2)  # Saturday or Sunday
    if offer.school is not None:
        day += timedelta(days=4)  # a school's own festival is on a weekday
    hour = {"venue_visit": 9, "inquiry_course": 9 + 5 * (number % 2), "lecture": 10, "club_festival": 13}
    while day <= today + timedelta(weeks=WEEKS_AHEAD):
        if day != today:
            starts_at = datetime.combine(day, time(hour[offer.plan.category], 30), LOCAL)
            add_occurrence(
                session,
                activity=offer.activity,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=offer.plan.minutes),
                capacity=None if offer.plan.category in {"venue_visit", "club_festival"} else CAPACITY,
                room="" if offer.plan.category == "venue_visit" else f"{number % 3 + 1} 号厅",
            )
        day += timedelta(weeks=every)


def _leave_in_review(session: Session, city: City, today: date) -> None:
    """Work for the officer and the venue: one activity waits for review, one has come back with a remark."""
    starts_at = datetime.combine(today + timedelta(days=10), time(14, 0), LOCAL)
    venue, staff = city.venues[names.DEMO_VENUE], city.staff[names.DEMO_VENUE]
    for title, returned in (("夜观星空", False), ("火箭发射体验", True)):
        plan = names.ActivityPlan(title, "inquiry_course", "天黑以后在楼顶认识秋季星空。", 120, (3, 9))
        activity = _offer(session, city, plan, staff, "jiangwan", venue=venue)
        add_occurrence(
            session, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=120), capacity=30
        )
        submit_activity(session, activity=activity, now=city.now - timedelta(days=2))
        if returned:
            decide_on_activity(
                session,
                activity=activity,
                decision="returned",
                remark="请补充安全预案，并写明发射场地与学生的距离。",
                decided_by=city.officers["jiangwan"],
                now=city.now - timedelta(days=1),
            )
