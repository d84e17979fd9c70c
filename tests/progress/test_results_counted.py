"""Results that a document proves are participations: in the figures of a class and a school as on a pupil's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.progress.queries import class_progress, school_overview
from tests.cast import TODAY, YEAR, Cast, today_at
from tests.progress.year import newcomer
from tests.recognition.entering import decide, enter, entry, listed
from tests.scenes import stay
from tests.statements import count_statements


def tallies(session: Session, cast: Cast) -> list[tuple[int, int, int, str]]:
    """(participations, at venues, pending, newest) of each pupil of the class."""
    session.expire_all()
    rows = class_progress(session, school_class=cast.school_class, day=TODAY).rows
    return [
        (row.tally.participations, row.tally.venue_attendances, row.tally.pending, row.tally.last_title) for row in rows
    ]


def test_a_result_counts_from_the_day_it_is_entered(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    result = enter(db_session, cast, entry(on=TODAY - timedelta(days=1)))
    assert tallies(db_session, cast) == [(1, 0, 1, "青少年科技创新大赛"), (0, 0, 0, "")]
    decide(db_session, cast, result)
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    assert tallies(db_session, cast) == [(2, 1, 0, "周末参观"), (0, 0, 0, "")]
    overview = school_overview(db_session, school=cast.school, day=TODAY)
    assert overview.counts.never_took_part == 1


@pytest.mark.parametrize("decision", ["returned", "refused"])
def test_one_that_was_not_recognised_is_no_participation(db_session: Session, cast: Cast, decision: str) -> None:
    listed(db_session, cast)
    decide(db_session, cast, enter(db_session, cast, entry()), decision)
    assert tallies(db_session, cast)[0] == (0, 0, 0, "")


def test_a_result_of_today_stands_behind_what_was_attended_today(db_session: Session, cast: Cast) -> None:
    """A document tells no hour; of another year's results nothing is counted."""
    listed(db_session, cast, starts_on=TODAY - timedelta(days=400))
    enter(db_session, cast, entry())
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    assert tallies(db_session, cast)[0] == (2, 1, 1, "周末参观")
    progress = class_progress(db_session, school_class=cast.school_class, day=TODAY)
    assert progress.year == YEAR


def test_figures_of_a_school_cost_the_same_with_results_of_many(db_session: Session, cast: Cast) -> None:
    listed(db_session, cast)
    counts = []
    for number in (1, 6):
        for at in range(number):
            enter(db_session, cast, entry(), student=newcomer(db_session, cast.school_class, f"学生{number}{at}"))
        db_session.commit()
        with count_statements(db.engine) as statements:
            school_overview(db_session, school=cast.school, day=TODAY)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert school_overview(db_session, school=cast.school, day=TODAY).counts.never_took_part == 2
