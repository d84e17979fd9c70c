"""A change of rules tried as values: both forms of the rules agree, and what is left alone is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.ledger.figures import Figures
from credit_app.ledger.rebooking import Change, Held
from credit_app.ledger.rejudging import CORRECTED, Past, judge_again, past_of
from credit_app.ledger.simulation import Trial, amounts_in_batch, amounts_singly, judge_pupils
from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import judge_history
from credit_app.schools.whereabouts import Stay, Whereabouts
from tests.ledger.facts import course, lecture, visit
from tests.ledger.test_rejudging import BOOK, GENEROUS, Entry, entry
from tests.rules.drawing import books, histories

HERE, THERE = 1, 2  # districts, and the schools in them
DISTRICTS = {HERE: HERE, THERE: THERE}
YEAR = "2025-2026"
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def past_under(facts: list[Fact], book: Book) -> dict[str, Past]:
    """What the ledger holds once `book` has judged the facts."""
    ordered = sorted(facts, key=lambda fact: fact.order_key)
    entries = [
        Entry(
            seq=seq,
            kind="award",
            participation=fact.participation,
            clause=award.clause,
            rule_set=book.id,
            centicredits=award.centicredits,
            facts=fact.to_json(),
            trace=award.trace_json(),
        )
        for seq, (fact, award) in enumerate(zip(ordered, judge_history(facts, lambda _: book), strict=True), start=1)
        if award.state != "pending"
    ]
    return past_of(entries)


def held(account: str, past: dict[str, Past], *, moved_on: date | None = None, **more: Any) -> Held:
    """A pupil of the school HERE, who went to THERE on the day `moved_on`."""
    first = Stay(HERE, date(2020, 9, 1), None if moved_on is None else moved_on, date(2020, 9, 1))
    later = (
        () if moved_on is None else (Stay(THERE, date(moved_on.year, moved_on.month, moved_on.day), None, moved_on),)
    )
    return Held(account, past, Whereabouts(HERE, (first, *later)), districts=DISTRICTS, **more)


def trial_of(book: Book, year: str = YEAR) -> Trial:
    return Trial(Change(book, lambda district, day: district == HERE and book.covers(day)), HERE, year)


@relaxed
@given(
    before=books(book_id="before"),
    after=books(book_id="after"),
    pupils=st.lists(histories(), min_size=1, max_size=3),
)
def test_both_forms_give_the_same_amounts_and_those_of_a_replay(
    before: Book, after: Book, pupils: list[list[Fact]]
) -> None:
    named = {"before": before, "after": after}.__getitem__
    trial = trial_of(after)
    accounts = [held(f"account{at}", past_under(facts, before)) for at, facts in enumerate(pupils)]
    in_batch = amounts_in_batch(trial, accounts)
    for account in accounts:
        singly = amounts_singly(trial, account, named)
        assert {key: in_batch[key] for key in singly} == singly
        again = judge_again(account.past, named, rebook=account.rebook(trial.change, named))
        posted = {post.fact.participation: post.difference for post in again.posts}
        for (_, participation), amount in singly.items():
            assert amount - account.past[participation].net == posted.get(participation, 0)


@relaxed
@given(
    before=books(book_id="before"),
    after=books(date(2025, 9, 1), "after"),
    facts=histories(),
    moved_on=st.sampled_from([None, date(2025, 9, 2), date(2026, 8, 31)]),
    settled_through=st.sampled_from([None, date(2024, 8, 31), date(2025, 9, 1)]),
)
def test_what_another_book_holds_or_a_settled_year_keeps_its_book(
    before: Book, after: Book, facts: list[Fact], moved_on: date | None, settled_through: date | None
) -> None:
    """Mixed histories go through the single form; settled participations never move, whatever comes before them."""
    named = {"before": before, "after": after}.__getitem__
    account = held("account", past_under(facts, before), moved_on=moved_on, settled_through=settled_through)
    trial = trial_of(after)
    (pupil,) = judge_pupils(trial, [account], named)
    for judged in pupil.judged:
        item = account.past[judged.participation]
        if settled_through is not None and judged.occurred_on <= settled_through:
            assert judged.difference == 0
            assert not account.is_taken_by(trial.change, item)
    again = judge_again(account.past, named, rebook=account.rebook(trial.change, named))
    posted = {post.fact.participation: post.difference for post in again.posts if post.difference}
    assert {judged.participation: judged.difference for judged in pupil.judged if judged.difference} == posted


def test_what_was_reversed_stays_out_and_what_people_corrected_stays_untouched() -> None:
    entries = [
        entry(1, visit("p1"), 50),
        entry(2, visit("p1"), 20, kind="adjustment", reason=CORRECTED),
        entry(3, visit("p2", day=1, venue="v2"), 50),
        entry(4, visit("p2", day=1, venue="v2"), -50, kind="reversal", reason="attendance_voided"),
    ]
    trial = trial_of(GENEROUS, "2026-2027")
    (pupil,) = judge_pupils(trial, [held("a", past_of(entries))], {"sample-2026": BOOK}.__getitem__)
    assert [(judged.participation, judged.before, judged.after) for judged in pupil.judged] == [("p1", 50, 80)]
    figures = Figures()
    figures.add(pupil, trial, {BOOK.id: BOOK}, venue_attendances=1)
    assert (figures.every.before, figures.every.after, figures.every.changed) == (50, 80, 1)


def test_figures_tell_pupils_from_participations_and_come_back_from_json() -> None:
    """Ann gains by a visit; Bo gains and loses nothing; the year before is told as beyond."""
    trial = trial_of(GENEROUS, "2026-2027")
    ann = held("ann", past_under([visit("p1"), lecture("p2", day=1), visit("p0", day=-100)], BOOK))
    bo = held("bo", past_under([lecture("p3")], BOOK))
    figures = Figures()
    for pupil in judge_pupils(trial, [ann, bo], {"sample-2026": BOOK}.__getitem__):
        figures.add(pupil, trial, {BOOK.id: BOOK}, venue_attendances=0)
        figures = Figures.from_json(figures.to_json())
    every = figures.every
    assert (every.pupils_gaining, every.pupils_losing, every.pupils_unchanged) == (1, 0, 1)
    assert (every.participations, every.changed, every.gained, every.lost) == (3, 1, 30, 0)
    assert (figures.beyond.changed, figures.beyond.gained) == (1, 30)
    visits = figures.sides["category"]["venue_visit"]
    assert (visits.pupils, visits.before, visits.after) == (1, 50, 80)
    assert {key: group.pupils for key, group in figures.sides["school"].items()} == {"1": 2}
    assert (figures.reach.pupils, figures.reach.before, figures.reach.after) == (2, 0, 0)


@pytest.mark.parametrize(("venue_attendances", "reached"), [(1, 0), (2, 1)])
def test_the_target_asks_for_breadth_as_well(venue_attendances: int, reached: int) -> None:
    """Credits alone reach no target: the sample asks for three categories and two attendances at venues too."""
    trial = trial_of(GENEROUS, "2026-2027")
    figures = Figures()
    past = past_under([visit("p1"), lecture("p2", day=1), course("p3", day=2)], BOOK)
    past["p3"] = replace(past["p3"], corrected=800 - sum(item.net for item in past.values()))
    for name in ("whole", "narrow"):
        kept = past if name == "whole" else {key: item for key, item in past.items() if key != "p2"}
        (pupil,) = judge_pupils(trial, [held(name, kept)], {"sample-2026": BOOK}.__getitem__)
        figures.add(pupil, trial, {BOOK.id: BOOK}, venue_attendances=venue_attendances)
    assert (figures.reach.pupils, figures.reach.before, figures.reach.after) == (2, reached, reached)
