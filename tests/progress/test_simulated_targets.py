"""Who reaches the target under a draft: what a simulation says is what the class page says once it is carried out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from credit_app.extensions import db
from credit_app.ledger.figures import Figures
from credit_app.progress.queries import class_progress
from credit_app.progress.queries.figures import venue_attendances_by_account
from tests.cast import TODAY, YEAR, Cast, today_at
from tests.ledger.changing import drafted, new_rules, published, replayed, simulated
from tests.progress.year import earns
from tests.scenes import scan, stay
from tests.statements import count_statements


def test_what_a_simulation_says_of_targets_is_what_the_class_page_shows(db_session: Session, cast: Cast) -> None:
    """Both stand at 7.5, and the draft's visit is worth 0.5 more. Only the pupil has also been at venues twice: the
    course is not decided, since the pupil is still inside, and counts all the same."""
    for student in (cast.pupil, cast.classmate):
        earns(db_session, student, "research_project", level="excellent")
        earns(db_session, student, "competition", level="nation", competition="robots")
        for _ in range(2):
            earns(db_session, student, "club_festival")
        stay(db_session, student, cast.visit, today_at(13), today_at(14))
    scan(db_session, cast.pupil, cast.course, "in", today_at(10))
    assert class_progress(db_session, school_class=cast.school_class, day=TODAY).counts.on_target == 0

    draft = drafted(db_session, cast, new_rules(visit="1.0"))
    reach = Figures.from_json(simulated(db_session, cast, draft).result).reach
    assert (reach.pupils, reach.before, reach.after) == (2, 0, 1)

    replayed(db_session, cast, published(db_session, draft), cast.district)
    assert class_progress(db_session, school_class=cast.school_class, day=TODAY).counts.on_target == reach.after


def test_attendances_at_venues_are_counted_for_many_accounts_at_once(db_session: Session, cast: Cast) -> None:
    stay(db_session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(db_session, cast.classmate, cast.visit, today_at(13), today_at(14))
    scan(db_session, cast.classmate, cast.lecture, "in", today_at(9))
    refs = [ref for ref in (cast.pupil.account_ref, cast.classmate.account_ref, cast.other_pupil.account_ref) if ref]
    with count_statements(db.engine) as statements:
        counted = venue_attendances_by_account(db_session, refs, YEAR)
    assert counted == {refs[0]: 1, refs[1]: 2}
    assert len(statements) == 1
    assert venue_attendances_by_account(db_session, refs, "2025-2026") == {}
