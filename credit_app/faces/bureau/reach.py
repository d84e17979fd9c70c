"""Whose bureau is asking: the districts of the roles that opened the view."""

from __future__ import annotations

from credit_app.activities.models import Activity
from credit_app.activities.queries import activity_for_bureau
from credit_app.extensions import db
from credit_app.faces.guards import entered_as
from credit_app.organisations.models import District
from credit_app.rule_books.models import RuleBookDraft
from credit_app.rule_books.queries import draft_for_bureau


def own_districts() -> list[District]:
    """The districts whose officer the visitor is today, each once."""
    districts = {role.district.id: role.district for role in entered_as("bureau_officer") if role.district is not None}
    return list(districts.values())


def own_district_ids() -> list[int]:
    """Their ids, as queries ask for them."""
    return [district.id for district in own_districts()]


def own_activity(public_id: str) -> Activity:
    """The activity, if one of the visitor's districts reviews it. Raises: NotFound."""
    return activity_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())


def own_draft(public_id: str) -> RuleBookDraft:
    """The draft of a rule set, if it is one of the visitor's districts'. Raises: NotFound."""
    return draft_for_bureau(db.session, public_id=public_id, district_ids=own_district_ids())
