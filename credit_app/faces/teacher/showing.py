"""What the teacher's pages have in common: how far they see, and the note that they have been looked at."""

from __future__ import annotations

from credit_app import clock
from credit_app.attendance.reach import Reach
from credit_app.faces.guards import entered_as, this_user
from credit_app.people.actions import record_access

STAFF = ("teacher", "science_counselor")


def note_access(scope: str, public_id: str, fields: str) -> None:
    """The access log says that the page has shown `fields` of minors; before it is shown, or it is not shown."""
    record_access(user_id=this_user().id, scope=f"{scope}:{public_id}", fields=fields, now=clock.now())


def reach() -> Reach:
    """The pupils of the classes that the user teaches, and of the schools whose science counselor they are."""
    schools = [role.school_id for role in entered_as("science_counselor") if role.school_id is not None]
    return Reach(day=clock.today(), school_ids=schools, teacher_id=this_user().id)
