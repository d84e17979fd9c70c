"""All steps of an import together, for a face or a command: preview, then apply what was previewed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from credit_app.errors import Conflict
from credit_app.rules.calendar import academic_year, local_date
from credit_app.schools.models import RosterImport
from credit_app.schools.roster.applying import apply_plan
from credit_app.schools.roster.choices import Choices
from credit_app.schools.roster.comparing import compare
from credit_app.schools.roster.plan import Plan
from credit_app.schools.roster.present import PresentSchool, present_school
from credit_app.schools.roster.reading import read_roster
from credit_app.schools.roster.selecting import select_school
from credit_app.schools.roster.source import RosterFiles
from credit_app.schools.roster.which_school import KnownSchool
from credit_app.storage import reading_apart


class RemovalsNotConfirmed(Conflict):
    """More than one in five would be removed, and nobody has said that this is meant."""

    code = "roster_removals"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do, and the state of the school it was found from."""

    plan: Plan
    present: PresentSchool
    file_name: str


def preview(session: Session, *, school_id: int, files: RosterFiles, choices: Choices, now: datetime) -> Preview:
    """What the roster in `files` would change in the school. Nothing is written, and no lock is held.

    The school is read in a transaction of its own; the caller should be in none, since reading the files takes time.
    Raises: RosterRefused when the roster cannot be read; WhichSchool when it holds several schools.
    """
    roster = read_roster(files)
    today = local_date(now)
    with reading_apart(session) as apart:
        present = present_school(apart, school_id=school_id, academic_year=academic_year(today))
    known = KnownSchool(
        code=present.code, name=present.name, source_id=present.source_id, class_course=present.class_course or ""
    )
    wanted = select_school(roster, school=known, choices=choices, today=today)
    return Preview(compare(present, wanted, today=today), present, files.name)


def apply_preview(
    session: Session, *, preview: Preview, applied_by_id: int | None, removals_confirmed: bool, now: datetime
) -> RosterImport | None:
    """The school is as the preview said; None when it was so already, and nothing has been written.

    Raises: RemovalsNotConfirmed when it would remove more than one in five and that is not confirmed; Conflict when
    the school has changed since the preview.
    """
    if preview.plan.to_confirm and not removals_confirmed:
        raise RemovalsNotConfirmed(_("这次导入会移除超过五分之一的人，请先确认。"))
    return apply_plan(
        session,
        plan=preview.plan,
        present=preview.present,
        applied_by_id=applied_by_id,
        file_name=preview.file_name,
        now=now,
    )
