"""What a replay does to facts that are not plain: transfers, late ones, corrected, settled, undecided ones."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from credit_app.ledger.correcting import approve_correction, propose_correction
from credit_app.ledger.figures import Figures
from credit_app.ledger.models import LedgerAccount
from credit_app.ledger.rejudging import past_of
from credit_app.ledger.writing import entries_of
from credit_app.organisations import actions as organisations
from credit_app.rule_books.actions import publish_book
from credit_app.schools import actions as schools
from credit_app.schools.models import Enrolment
from tests.cast import YEAR, Cast, today_at
from tests.ledger.changing import (
    NOW,
    broken_rows,
    differences_posted,
    differences_simulated,
    drafted,
    entry_count,
    new_rules,
    published,
    replayed,
    simulated,
    took_part,
)
from tests.ledger.facts import visit
from tests.scenes import stay


def test_a_district_changes_only_what_happened_while_the_pupil_was_its_own(db_session: Session, cast: Cast) -> None:
    """The pupil leaves for another district: what is earned there keeps the city's book, and moves only where a limit
    reaches across."""
    elsewhere = organisations.create_school(db_session, district=cast.other_district, code="lotus", name="莲花学校")
    place = db_session.scalars(select(Enrolment).where(Enrolment.student_id == cast.pupil.id)).one()
    place.ends_on = date(2026, 10, 5)
    db_session.flush()
    cast.pupil.school = elsewhere
    moved_on = date(2026, 10, 6)
    schools.enrol(db_session, student=cast.pupil, grade=5, academic_year=YEAR, school_class=None, starts_on=moved_on)
    took_part(db_session, cast.pupil, visit("here", day=0))
    took_part(db_session, cast.pupil, visit("there", day=5))
    took_part(db_session, cast.other_pupil, visit("stays", day=5))

    draft = drafted(db_session, cast, new_rules())
    simulation = simulated(db_session, cast, draft)
    assert differences_simulated(db_session, simulation) == {"here": 30, "stays": 30}
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert differences_posted(db_session, replay) == {"here": 30, "stays": 30}
    assert broken_rows(db_session) == []


def test_the_city_changes_what_no_district_has_rules_of_its_own_for(db_session: Session, cast: Cast) -> None:
    elsewhere = organisations.create_school(db_session, district=cast.other_district, code="lotus", name="莲花学校")
    stranger = schools.create_student(db_session, school=elsewhere, name="别区", student_no="1", now=NOW)
    took_part(db_session, stranger, visit("far"))
    took_part(db_session, cast.pupil, visit("near"))
    own = published(db_session, drafted(db_session, cast, new_rules("own", visit="0.6")))
    assert differences_posted(db_session, replayed(db_session, cast, own, cast.district)) == {"near": 10}

    city = publish_book(db_session, text=new_rules("city", visit="0.9"), now=NOW, replaces=["sample-2026"]).rule_set
    assert differences_posted(db_session, replayed(db_session, cast, city, None)) == {"far": 40}
    assert broken_rows(db_session) == []


def test_a_fact_that_comes_late_ends_the_same_before_and_after_a_replay(db_session: Session, cast: Cast) -> None:
    """Two pupils with the same facts: one has all of them before the replay, the other one after it."""
    early, late = cast.pupil, cast.classmate
    for pupil, name in ((early, "e"), (late, "l")):
        took_part(db_session, pupil, visit(f"{name}2", day=2))
        took_part(db_session, pupil, visit(f"{name}3", day=3))
    took_part(db_session, early, visit("e1", day=1))
    rule_set = published(db_session, drafted(db_session, cast, new_rules()))
    replayed(db_session, cast, rule_set, cast.district)
    took_part(db_session, late, visit("l1", day=1))
    for pupil, name in ((early, "e"), (late, "l")):
        past = past_of(entries_of(db_session, str(pupil.account_ref)))
        assert [past[f"{name}{at}"].net for at in (1, 2, 3)] == [80, 80, 0]
    assert broken_rows(db_session) == []


def test_what_people_corrected_and_what_is_settled_stays(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("corrected"))
    took_part(db_session, cast.classmate, visit("settled"))
    account_ref = str(cast.pupil.account_ref)
    correction = propose_correction(
        db_session,
        account_ref=account_ref,
        participation="corrected",
        centicredits=20,
        reason="漏记",
        document_ref="更正单 1",
        proposed_by=cast.officer,
        proposed_as="bureau_officer",
        now=NOW,
    )
    approve_correction(
        db_session,
        correction=correction,
        decided_by=cast.second_officer,
        decided_as="bureau_officer",
        remark="",
        now=NOW,
    )
    db_session.get_one(LedgerAccount, str(cast.classmate.account_ref)).settled_through = date(2027, 8, 31)
    db_session.commit()

    draft = drafted(db_session, cast, new_rules())
    simulation = simulated(db_session, cast, draft)
    assert differences_simulated(db_session, simulation) == {"corrected": 30}
    assert Figures.from_json(simulation.result).settled == 1
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert (replay.settled, differences_posted(db_session, replay)) == (1, {"corrected": 30})
    assert past_of(entries_of(db_session, account_ref))["corrected"].standing == 100
    assert broken_rows(db_session) == []


def test_what_had_no_rules_is_credited_by_the_replay(db_session: Session, cast: Cast) -> None:
    """The visit takes place when no book holds any more; the pupil was there, and waits."""
    run = cast.visit
    shift = date(2028, 10, 14) - run.occurs_on
    run.starts_at, run.ends_at, run.occurs_on = run.starts_at + shift, run.ends_at + shift, run.occurs_on + shift
    db_session.commit()
    stay(db_session, cast.pupil, run, today_at(13) + shift, today_at(14) + shift)
    assert entry_count(db_session) == 0
    text = new_rules("later").replace("effective_on: 2026-09-01", "effective_on: 2028-09-01")
    rule_set = published(db_session, drafted(db_session, cast, text.replace("until: 2027-08-31", "until: 2029-08-31")))
    replay = replayed(db_session, cast, rule_set, cast.district)
    assert (replay.credited, replay.gained_centicredits, entry_count(db_session)) == (1, 80, 1)
    assert broken_rows(db_session) == []
    assert replayed(db_session, cast, rule_set, cast.district).credited == 0


def test_what_the_old_rules_left_undecided_and_the_new_ones_decide_is_credited(db_session: Session, cast: Cast) -> None:
    """The new book asks for no worksheet: the course that waited for one earns its hour, once."""
    stay(db_session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    assert entry_count(db_session) == 0
    text, _clause, rest = new_rules().partition("  - id: course_worksheet\n")
    rule_set = published(db_session, drafted(db_session, cast, text + rest[rest.index("  - id: inquiry_course") :]))
    replay = replayed(db_session, cast, rule_set, cast.district)
    assert (replay.credited, replay.entries, entry_count(db_session)) == (1, 0, 1)
    assert broken_rows(db_session) == []


def test_a_draft_for_a_coming_year_is_tried_on_this_one_as_if_it_held(db_session: Session, cast: Cast) -> None:
    took_part(db_session, cast.pupil, visit("p"))
    text = new_rules("coming").replace("until: 2027-08-31", "until: 2029-08-31")
    draft = drafted(db_session, cast, text.replace("effective_on: 2026-09-01", "effective_on: 2027-09-01"))
    assert differences_simulated(db_session, simulated(db_session, cast, draft)) == {"p": 30}
    replay = replayed(db_session, cast, published(db_session, draft), cast.district)
    assert differences_posted(db_session, replay) == {}
