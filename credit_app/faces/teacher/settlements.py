"""A school's own lists of settled years: to its science counselor from the freezing on, to its teachers from the
public notice on."""

from __future__ import annotations

from typing import Any

from flask import render_template

from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.faces.guards import entered_as, requires
from credit_app.faces.settling import FIELDS, as_csv, as_workbook, list_context, way_of
from credit_app.faces.teacher import blueprint
from credit_app.faces.teacher.showing import STAFF, note_access
from credit_app.ledger.models import Settlement
from credit_app.ledger.settlements import settlement_of, settlements_of
from credit_app.organisations.models import School
from credit_app.progress.final_lists import FinalList, final_list


@blueprint.get("/settlements")
@requires(*STAFF)
def settlements() -> str:
    """The years of the school's district that are being settled or were."""
    found = settlements_of(db.session, district_ids=list(_own_schools()))
    return render_template(
        "teacher/settlements.html",
        settlements=[each for each in found if _shown(each)],
        schools=list(_own_schools().values()),
    )


@blueprint.get("/settlements/<public_id>")
@requires(*STAFF)
def settlement(public_id: str) -> str:
    """The own school's list: as it stands until the year is settled, then as it was settled."""
    final = _final(public_id)
    return render_template(
        "teacher/settlement.html", way=way_of(final.settlement, names_officers=False), **list_context(final)
    )


@blueprint.get("/settlements/<public_id>.csv")
@requires(*STAFF)
def settlement_csv(public_id: str) -> Any:
    """The own school's list as CSV."""
    return as_csv(_final(public_id))


@blueprint.get("/settlements/<public_id>.xlsx")
@requires(*STAFF)
def settlement_workbook(public_id: str) -> Any:
    """The own school's list as a workbook."""
    return as_workbook(_final(public_id))


def _final(public_id: str) -> FinalList:
    schools = _own_schools()
    found = settlement_of(db.session, public_id=public_id, district_ids=list(schools))
    if not _shown(found):
        raise NotFound
    school = schools[found.district_id]
    note_access("settlement", f"{found.public_id}.{school.public_id}", FIELDS)
    return final_list(db.session, settlement=found, school=school)


def _shown(found: Settlement) -> bool:
    return found.state != "frozen" or bool(entered_as("science_counselor"))


def _own_schools() -> dict[int, School]:
    """district id → the visitor's school there, the one they counsel before one where they only teach."""
    roles = [*entered_as("teacher"), *entered_as("science_counselor")]
    return {role.school.district_id: role.school for role in roles if role.school is not None}
