"""The pupil who is signed in: the only one that a pupil's pages ever show."""

from __future__ import annotations

from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.faces.guards import this_user
from credit_app.schools.models import Student
from credit_app.schools.queries import student_of_user


def own_student() -> Student:
    """The pupil of this account. Raises: NotFound when the role is there and the school has no such pupil yet."""
    student = student_of_user(db.session, user=this_user())
    if student is None:
        raise NotFound
    return student
