"""A pupil's history: order of events, not of arrival; pending ones count nowhere; books change, counts go on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.rules.book import Book
from credit_app.rules.facts import Fact
from credit_app.rules.single import History, award, carry, judge_history
from credit_app.rules.terms import NoRuleSet, Shelf
from tests.rules.drawing import books, days_before, histories
from tests.rules.making import a_book, course, credits, fact, sample, visit

relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def nonzero(totals: dict[str, int]) -> dict[str, int]:
    """Counters that hold something."""
    return {key: value for key, value in totals.items() if value}


@relaxed
@given(book=books(), facts=histories(), order=st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_awards(book: Book, facts: list[Fact], order: Any) -> None:
    shuffled = list(facts)
    order.shuffle(shuffled)
    assert judge_history(shuffled, lambda _: book) == judge_history(facts, lambda _: book)


@relaxed
@given(book=books())
def test_a_limit_that_lies_within_another_is_applied_before_it(book: Book) -> None:
    ordered = book.limits_in_order
    assert [limit.counts for limit in ordered] == sorted((limit.counts for limit in ordered), reverse=True)
    for at, later in enumerate(ordered):
        for earlier in ordered[:at]:
            outer_first = later.within(earlier, book.category_ids) and not earlier.within(later, book.category_ids)
            assert earlier.counts != later.counts or not outer_first


@relaxed
@given(book=books(), facts=histories())
def test_what_is_not_awarded_might_as_well_not_have_been(book: Book, facts: list[Fact]) -> None:
    judged = judge_history(facts, lambda _: book)
    ordered = sorted(facts, key=lambda each: each.order_key)
    kept = [each for each, its in zip(ordered, judged, strict=True) if its.state == "awarded"]
    assert judge_history(kept, lambda _: book) == [each for each in judged if each.state == "awarded"]


@relaxed
@given(book=books(), facts=histories())
def test_amounts_are_never_negative_and_the_trace_leads_to_the_amount(book: Book, facts: list[Fact]) -> None:
    for judged in judge_history(facts, lambda _: book):
        assert judged.centicredits >= 0
        before = 0
        for step in judged.trace:
            assert (step.before, step.after >= 0) == (before, True)
            before = step.after
        assert judged.centicredits == (before if judged.state == "awarded" else 0)
        assert (judged.reason is None) <= (judged.state == "awarded")


@relaxed
@given(book=books(), facts=histories())
def test_the_counters_carried_from_a_history_are_those_it_ended_with(book: Book, facts: list[Fact]) -> None:
    history = History()
    for each in sorted(facts, key=lambda each: each.order_key):
        history.judge(each, book)
        assert carry(history.judged, book) == nonzero(history.totals)


@relaxed
@given(first=books(), second=books(effective_on=date(2025, 9, 1), book_id="second"), facts=histories())
def test_counters_are_keyed_anew_where_the_book_changes(first: Book, second: Book, facts: list[Fact]) -> None:
    def book_of(each: Fact) -> Book:
        return second if second.covers(each.occurred_on) else first

    judged = judge_history(facts, book_of)
    ordered = sorted(facts, key=lambda each: each.order_key)
    for at, (each, its) in enumerate(zip(ordered, judged, strict=True)):
        known = list(zip(ordered[:at], judged[:at], strict=True))
        assert its == award(each, carry(known, book_of(each)), book_of(each))


def test_a_pending_participation_uses_up_nothing_until_it_is_approved() -> None:
    early, late = course("2026-03-01", activity="optics", worksheet="none"), course("2026-03-02", activity="optics")
    assert [each.centicredits for each in judge_history([early, late], lambda _: sample())] == [0, 100]
    approved = course("2026-03-01", activity="optics")
    judged = judge_history([approved, late], lambda _: sample())
    assert [(each.centicredits, each.reason) for each in judged] == [(100, None), (0, "same_activity")]


def test_a_late_arrival_takes_its_place_in_time() -> None:
    three = [visit("2026-03-01"), visit("2026-03-03"), visit("2026-03-05")]
    assert [each.centicredits for each in judge_history(three, lambda _: sample())] == [50, 50, 0]
    late = visit("2026-02-28")
    assert [each.centicredits for each in judge_history([*three, late], lambda _: sample())] == [50, 50, 0, 0]


def test_participations_are_judged_in_order() -> None:
    history = History()
    history.judge(visit("2026-03-02"), sample())
    with pytest.raises(ValueError, match="order"):
        history.judge(visit("2026-03-01"), sample())


def district(name: str, *clauses: dict[str, Any]) -> Book:
    """A district's book that pays 1 for `a` and for `b`."""
    amounts = [{"id": f"pay_{each}", "kind": "fixed", "for": {"category": each}, "credits": 1} for each in ("a", "b")]
    return Book.model_validate(a_book([*amounts, *clauses], id=name))


def test_after_a_transfer_categories_of_the_same_name_count_in_the_new_book() -> None:
    old = district("old")
    new = district(
        "new",
        {"id": "a_cap", "kind": "cap", "for": {"category": "a"}, "window": "academic_year", "credits": 3},
        {"id": "a_times", "kind": "at_most", "for": {"category": "a"}, "window": "whole", "per": "venue", "count": 4},
    )
    before = [fact("a", "2026-03-01", venue="museum"), fact("b", "2026-03-02"), fact("a", "2026-03-03")]
    after = [fact("a", "2026-05-01", venue="museum"), fact("a", "2026-05-02", venue="museum"), fact("b", "2026-05-03")]
    judged = judge_history(before + after, lambda each: old if each.occurred_on.month == 3 else new)
    assert [each.centicredits for each in judged] == [100, 100, 100, 100, 0, 100]
    assert judged[4].reason == "category_cap"
    known = list(zip(before, judged[:3], strict=True))
    assert carry(known, new) == {"a_cap|2025-2026": 200, "a_times|all|museum": 1}


def test_what_one_book_refused_counts_under_no_other() -> None:
    old = district("old", {"id": "once", "kind": "no_repeat", "window": "whole"})
    new = district("new", {"id": "two", "kind": "at_most", "window": "whole", "per": "activity", "count": 2})
    before = [fact("a", "2026-03-01", activity="optics"), fact("a", "2026-03-02", activity="optics")]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert [its.reason for _, its in known] == [None, "same_activity"]
    assert carry(known, new) == {"two|all|optics": 1}


def test_a_cap_lower_than_what_was_earned_elsewhere_is_simply_full() -> None:
    old = district("old")
    new = district("new", {"id": "low", "kind": "cap", "window": "academic_year", "credits": 1})
    before = [fact("a", "2026-03-01"), fact("a", "2026-03-02")]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert carry(known, new) == {"low|2025-2026": 100}
    judged = award(fact("a", "2026-05-01"), carry(known, new), new)
    assert (judged.centicredits, judged.reason) == (0, "year_cap")


def test_the_highest_result_is_kept_across_books() -> None:
    highest = {"kind": "highest_only", "window": "academic_year", "per": "competition", "for": {"category": "a"}}
    levels = {"id": "pay_a", "kind": "by_level", "for": {"category": "a"}, "levels": {"city": 2, "nation": 3}}
    pay_b = {"id": "pay_b", "kind": "fixed", "for": {"category": "b"}, "credits": 1}
    old = Book.model_validate(a_book([levels, pay_b, highest | {"id": "best"}], id="old"))
    new = Book.model_validate(a_book([levels, pay_b, highest | {"id": "top"}], id="new"))
    before = [fact("a", "2026-03-01", level="city", competition="robots")]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert carry(known, new) == {"top|2025-2026|robots": 200}
    assert (
        award(fact("a", "2026-05-01", level="nation", competition="robots"), carry(known, new), new).centicredits == 100
    )


@pytest.mark.parametrize("levels_won", [("nation", "city"), ("city", "nation"), ("city", "city", "nation", "city")])
def test_the_counter_of_the_highest_result_stays_at_the_highest(levels_won: tuple[str, ...]) -> None:
    """Carried from a history of the book's own, whatever came last."""
    highest = {"id": "best", "kind": "highest_only", "window": "academic_year", "per": "competition"}
    levels = {"id": "pay_a", "kind": "by_level", "for": {"category": "a"}, "levels": {"city": 2, "nation": 3}}
    pay_b = {"id": "pay_b", "kind": "fixed", "for": {"category": "b"}, "credits": 1}
    book = Book.model_validate(a_book([levels, pay_b, highest | {"for": {"category": "a"}}]))
    won = [
        fact("a", f"2026-03-0{day}", level=level, competition="robots") for day, level in enumerate(levels_won, start=1)
    ]
    known = list(zip(won, judge_history(won, lambda _: book), strict=True))
    assert sum(its.centicredits for _, its in known) == 300
    assert carry(known, book) == {"best|2025-2026|robots": 300}


def test_thresholds_go_on_in_the_new_books_own_measure() -> None:
    steps = {"kind": "steps", "for": {"category": "a"}, "window": "academic_year", "every": 4, "credits": 1}
    old, new = district("old", steps | {"id": "fours"}), district("new", steps | {"id": "quads"})
    before = [fact("a", f"2026-03-0{day}") for day in (1, 2, 3)]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert carry(known, new) == {"quads|2025-2026": 300}
    assert award(fact("a", "2026-05-01"), carry(known, new), new).centicredits == 100


def test_caps_behind_thresholds_hold_what_was_earned_in_the_end() -> None:
    steps = {"kind": "steps", "for": {"category": "a"}, "window": "academic_year", "every": 2, "credits": 1}
    cap = {"id": "cap", "kind": "cap", "for": {"category": "a"}, "window": "academic_year", "credits": 9}
    old, new = district("old", steps | {"id": "pairs"}), district("new", steps | {"id": "twos"}, cap)
    before = [fact("a", f"2026-03-0{day}") for day in (1, 2, 3)]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert [its.centicredits for _, its in known] == [0, 100, 0]
    assert carry(known, new) == {"twos|2025-2026": 300, "cap|2025-2026": 100}


def test_what_the_new_book_does_not_know_is_passed_over() -> None:
    """The old book also paid for `c`, which came first."""
    pay = {"id": "pay", "kind": "fixed", "credits": 1}
    titles = tuple({"id": name, "title": name, "title_en": name} for name in ("a", "b", "c"))
    old = Book.model_validate(a_book([pay], id="old", categories=titles))
    new = district("new", {"id": "cap", "kind": "cap", "window": "academic_year", "credits": 9})
    before = [fact("c", "2026-03-01"), fact("a", "2026-03-02")]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert carry(known, new) == {"cap|2025-2026": 100}


def test_a_cap_before_thresholds_gathers_in_the_new_books_own_measure() -> None:
    """The old book paid 0.3 a time; the new one stamps hours, at most 2 from one activity, and pays 1 for every 4."""
    amount: dict[str, Any] = {"id": "pay", "kind": "fixed", "credits": credits(30)}
    hours = {"id": "pay", "kind": "per_hour", "counted_by": "stay", "credits": 1}
    per_activity = {"id": "regular", "kind": "cap", "window": "whole", "per": "activity", "credits": 2}
    awards = {"id": "award", "kind": "steps", "window": "whole", "every": 4, "credits": 1}
    old = Book.model_validate(a_book([amount], id="old"))
    new = Book.model_validate(a_book([hours, per_activity, awards], id="new"))
    before = [
        fact("a", "2026-03-01", activity="club", dwell_minutes=180, checked_out=True),
        fact("a", "2026-03-02", activity="lab", dwell_minutes=60, checked_out=True),
    ]
    known = list(zip(before, judge_history(before, lambda _: old), strict=True))
    assert [its.centicredits for _, its in known] == [30, 30]
    held = carry(known, new)
    assert {key: held[key] for key in ("regular|all|club", "regular|all|lab")} == {
        "regular|all|club": 200,
        "regular|all|lab": 100,
    }
    assert held["award|all"] == 300

    more = [*before, fact("a", "2026-03-03", activity="club", dwell_minutes=120, checked_out=True)]
    known = list(zip(more, judge_history(more, lambda _: old), strict=True))
    assert carry(known, new) == held, "what the cap keeps out, since it is full, is not gathered either"


def test_a_history_over_two_terms_takes_each_days_book() -> None:
    first = Book.model_validate(
        a_book([{"id": "pay", "kind": "fixed", "credits": 1}], id="first", until=date(2026, 8, 31))
    )
    second = Book.model_validate(
        a_book([{"id": "pay", "kind": "fixed", "credits": 2}], id="second", effective_on=date(2026, 9, 1))
    )
    shelf = Shelf([second, first])
    judged = judge_history(
        [fact("a", "2026-09-01"), fact("a", "2026-08-31")], lambda each: shelf.book_on(each.occurred_on)
    )
    assert [(each.rule_set, each.centicredits) for each in judged] == [("first", 100), ("second", 200)]


def test_a_shelf_names_the_day_that_no_book_covers_and_the_gap() -> None:
    first = Book.model_validate(
        a_book([{"id": "pay", "kind": "fixed", "credits": 1}], id="first", until=date(2026, 8, 30))
    )
    second = Book.model_validate(
        a_book([{"id": "pay", "kind": "fixed", "credits": 2}], id="second", effective_on=date(2026, 9, 1))
    )
    shelf = Shelf([first, second])
    with pytest.raises(NoRuleSet, match="2026-08-31"):
        shelf.book_on(date(2026, 8, 31))
    (gap,) = shelf.problems()
    assert (gap.kind, gap.first_on, gap.last_on, gap.earlier, gap.later) == (
        "gap",
        date(2026, 8, 31),
        date(2026, 8, 31),
        "first",
        "second",
    )


def test_a_shelf_refuses_to_choose_between_two_books_of_one_day() -> None:
    pay = {"id": "pay", "kind": "fixed", "credits": 1}
    first = Book.model_validate(a_book([pay], id="first", until=date(2026, 9, 1)))
    second = Book.model_validate(a_book([pay], id="second", effective_on=date(2026, 9, 1)))
    shelf = Shelf([first, second])
    with pytest.raises(ValueError, match="first, second"):
        shelf.book_on(date(2026, 9, 1))
    (overlap,) = shelf.problems()
    assert (overlap.kind, overlap.first_on, overlap.last_on) == ("overlap", date(2026, 9, 1), date(2026, 9, 1))
    assert (overlap.earlier, overlap.later) == ("first", "second")
    assert shelf.book_on(days_before(date(2026, 9, 1))).id == "first"


def test_terms_that_follow_each_other_have_no_problem() -> None:
    pay = {"id": "pay", "kind": "fixed", "credits": 1}
    first = Book.model_validate(a_book([pay], id="first", until=date(2026, 8, 31)))
    second = Book.model_validate(a_book([pay], id="second", effective_on=date(2026, 9, 1)))
    assert Shelf([second, first]).problems() == []
