"""Whose staff is asking: the venues of the roles that opened the view."""

from __future__ import annotations

from credit_app import clock
from credit_app.activities.models import Activity, Occurrence
from credit_app.activities.queries import activity_for_organiser, occurrence_for_organiser
from credit_app.attendance.reach import Reach
from credit_app.extensions import db
from credit_app.faces.guards import entered_as
from credit_app.organisations.models import Venue


def own_venues() -> list[Venue]:
    """The venues whose staff the visitor is today, each once."""
    venues = {role.venue.id: role.venue for role in entered_as("venue_staff") if role.venue is not None}
    return list(venues.values())


def own_venue_ids() -> list[int]:
    """Their ids, as queries ask for them."""
    return [venue.id for venue in own_venues()]


def own_activity(public_id: str) -> Activity:
    """The activity, if it is one of the visitor's venues'. Raises: NotFound."""
    return activity_for_organiser(db.session, public_id=public_id, venue_ids=own_venue_ids())


def own_occurrence(public_id: str) -> Occurrence:
    """The occurrence, if it is one of the visitor's venues'. Raises: NotFound."""
    return occurrence_for_organiser(db.session, public_id=public_id, venue_ids=own_venue_ids())


def own_reach() -> Reach:
    """What the visitor may see of who was there."""
    return Reach(day=clock.today(), venue_ids=own_venue_ids())
