"""Reading progress. The caller has already fetched the pupil, class or school, and so has the right to see it.

Each function asks a constant number of statements, however many pupils there are.
"""

from credit_app.progress.queries.classes import ClassProgress, PupilRow, class_progress, grade_progress
from credit_app.progress.queries.figures import Counts, Tally
from credit_app.progress.queries.occurrences import OccurrenceRow, occurrence_rows
from credit_app.progress.queries.participations import (
    Participation,
    participation_of,
    participations_of,
    student_of_participation,
    years_of,
)
from credit_app.progress.queries.pupils import PupilProgress, pupil_progress
from credit_app.progress.queries.schools import ClassLine, GradeLine, SchoolOverview, class_counts, school_overview

__all__ = [
    "ClassLine",
    "ClassProgress",
    "Counts",
    "GradeLine",
    "OccurrenceRow",
    "Participation",
    "PupilProgress",
    "PupilRow",
    "SchoolOverview",
    "Tally",
    "class_counts",
    "class_progress",
    "grade_progress",
    "occurrence_rows",
    "participation_of",
    "participations_of",
    "pupil_progress",
    "school_overview",
    "student_of_participation",
    "years_of",
]
