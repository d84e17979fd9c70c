"""All of the demonstration city, in order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.activities.models import Activity, Occurrence
from credit_app.demo import names
from credit_app.demo.cards import build_cards
from credit_app.demo.door import build_door
from credit_app.demo.history import build_history
from credit_app.demo.places import City, build_places, years_between
from credit_app.demo.programme import build_programme, open_day
from credit_app.demo.results import build_results
from credit_app.organisations.models import District, Venue
from credit_app.people.models import Role, User
from credit_app.rule_books.actions import publish_book
from credit_app.rules.calendar import local_date

WEEKS = 20
SEED = 20260901


def is_empty(session: Session) -> bool:
    """Whether nothing has been set up yet: then the city may be built."""
    return session.scalar(select(District.id).limit(1)) is None


def build_city(
    session: Session, *, now: datetime, seed: int = SEED, progress: Callable[[int, int], None] | None = None
) -> City:
    """The city stands in an empty database, with a history that ends at `now`. Commits as it goes: a scan's
    transaction stays as short as at a real door."""
    today = local_date(now)
    began_on = today - timedelta(weeks=WEEKS)
    city = City(random=Random(seed), now=now, began_on=began_on, years=years_between(began_on, today))
    publish_book(session, text=sample_book(), now=city.made_at)
    build_places(session, city)
    offers = build_programme(session, city, today)
    session.commit()

    def after_each(done: int, in_all: int) -> None:
        session.commit()
        if progress:
            progress(done, in_all)

    build_history(session, city, offers, after_each=after_each)
    build_results(session, city)
    build_door(session, city)
    build_cards(session, city)
    open_today(session, now=now)
    session.commit()
    return city


def open_today(session: Session, *, now: datetime) -> Occurrence | None:
    """The demonstration's venue has an occurrence that can be scanned now; None when it has one already."""
    venue = session.scalars(select(Venue).where(Venue.name == names.DEMO_VENUE)).one_or_none()
    if venue is None:
        return None
    still_open = session.scalar(
        select(Occurrence.id)
        .join(Occurrence.activity)
        .where(
            Activity.venue_id == venue.id,
            Activity.title == names.OPEN_DAY_TITLE,
            Occurrence.ends_at > now + timedelta(hours=2),
            Occurrence.status == "scheduled",
        )
    )
    if still_open is not None:
        return None
    staff = session.scalars(select(User).join(Role).where(Role.venue_id == venue.id).order_by(User.id)).first()
    officer = session.scalars(
        select(User).join(Role).where(Role.district_id == venue.district_id).order_by(User.id)
    ).first()
    assert staff is not None
    assert officer is not None
    return open_day(session, venue=venue, staff=staff, officer=officer, now=now)


def sample_book() -> str:
    """The YAML of the scheme that ships as the default."""
    return files("credit_app.rules").joinpath("books", "sample-2026.yaml").read_text(encoding="utf-8")
