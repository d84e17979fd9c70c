"""One participation at a time: what it earns, why, what is missing, and which counters it moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from credit_app.rules.book import Book
from credit_app.rules.single import award
from credit_app.rules.terms import NoRuleSet
from credit_app.rules.trace import Step
from tests.rules.making import a_book, course, fact, sample, visit


def codes(steps: tuple[Step, ...]) -> list[str]:
    """The codes of some steps."""
    return [step.code for step in steps]


def test_the_trace_tells_every_step_with_the_amount_before_and_after() -> None:
    judged = award(visit(), {"visit_per_venue|2025-2026|museum": 1, "year_cap|2025-2026": 1980}, sample())
    assert judged.trace == (
        Step("visit_stay", "dwell_met", 0, 0, {"had": 50, "needs": 45}),
        Step("venue_visit", "amount_fixed", 0, 50, {}),
        Step("visit_per_day", "within_count", 50, 50, {"nth": 1, "limit": 1}),
        Step("visit_per_venue", "within_count", 50, 50, {"nth": 2, "limit": 2}),
        Step("year_cap", "year_cap", 50, 20, {"used": 1980, "cap": 2000}),
    )
    assert (judged.centicredits, judged.reason, judged.clause, judged.rule_set) == (
        20,
        "year_cap",
        "venue_visit",
        "sample-2026",
    )


def test_conditions_come_first_then_the_amount_then_counts_then_the_highest_then_caps() -> None:
    judged = award(fact("competition", evidence="approved", level="city", competition="robots"), {}, sample())
    assert [step.clause for step in judged.trace] == [
        "competition_listed",
        "competition_result",
        "competition",
        "competition_highest",
        "competition_cap",
        "year_cap",
    ]
    judged = award(course(), {}, sample())
    assert [step.clause for step in judged.trace][3:] == [
        "inquiry_course",
        "course_once",
        "course_per_venue",
        "year_cap",
    ]


def test_the_counters_that_changed_are_given_as_absolute_values() -> None:
    before = {"visit_per_venue|2025-2026|museum": 1, "year_cap|2025-2026": 500, "lecture_cap|2025-2026": 30}
    judged = award(visit("2026-05-06"), before, sample())
    assert judged.totals == {
        "visit_per_day|2026-05-06|museum": 1,
        "visit_per_venue|2025-2026|museum": 2,
        "year_cap|2025-2026": 550,
    }
    assert before == {"visit_per_venue|2025-2026|museum": 1, "year_cap|2025-2026": 500, "lecture_cap|2025-2026": 30}


@pytest.mark.parametrize(
    "participation",
    [
        visit(dwell_minutes=44),
        visit(dwell_minutes=None),
        course(worksheet="none"),
        course(worksheet="refused"),
        fact("unheard_of"),
    ],
)
def test_what_is_not_awarded_moves_no_counter(participation: Any) -> None:
    judged = award(participation, {}, sample())
    assert (judged.state == "awarded", judged.centicredits, judged.totals) == (False, 0, {})


def test_every_condition_is_told_also_after_one_has_failed() -> None:
    judged = award(course(dwell_minutes=95, proof="declared", worksheet="none"), {}, sample())
    assert codes(judged.trace) == ["dwell_too_short", "proof_too_weak", "worksheet_missing"]
    assert (judged.state, judged.reason) == ("refused", "dwell_too_short")


def test_what_failed_for_good_weighs_more_than_what_is_undecided() -> None:
    judged = award(course(dwell_minutes=None, worksheet="refused"), {}, sample())
    assert (judged.state, judged.reason) == ("refused", "worksheet_refused")
    assert codes(judged.missing) == []


def test_a_refused_stay_says_how_many_minutes_more_and_what_they_would_earn() -> None:
    judged = award(course(dwell_minutes=95), {}, sample())
    assert judged.missing == (Step("course_stay", "stay_longer", 0, 100, {"minutes": 1}),)
    assert award(visit(dwell_minutes=0), {}, sample()).missing[0].params == {"minutes": 45}


def test_after_checking_in_the_pupil_is_told_how_long_to_stay_and_for_what() -> None:
    judged = award(visit(dwell_minutes=None), {}, sample())
    assert (judged.state, judged.reason) == ("pending", "no_check_out")
    assert judged.missing == (Step("visit_stay", "stay_and_check_out", 0, 50, {"minutes": 45}),)


def test_what_is_missing_counts_together() -> None:
    judged = award(course(dwell_minutes=None, proof="self_scan", worksheet="none"), {}, sample())
    assert judged.missing == (
        Step("course_stay", "stay_and_check_out", 0, 100, {"minutes": 96}),
        Step("course_worksheet", "hand_in_worksheet", 0, 100, {}),
    )


def test_nobody_is_told_to_stay_longer_for_nothing() -> None:
    full = {"visit_per_venue|2025-2026|museum": 2}
    judged = award(visit(dwell_minutes=None), full, sample())
    assert (judged.state, codes(judged.missing)) == ("pending", ["other_venue"])


def test_what_would_be_earned_respects_the_caps() -> None:
    judged = award(visit(dwell_minutes=None), {"year_cap|2025-2026": 1990}, sample())
    assert [step.after for step in judged.missing] == [10]


def test_nothing_undecided_is_asked_for_when_something_else_cannot_be_mended() -> None:
    guide = fact("volunteer_guide", grade=4, proof="roll_call", dwell_minutes=None)
    judged = award(guide, {}, sample())
    assert judged.missing == (Step("guide_grade", "wait_for_grade", 0, 0, {"grade": 5}),)


def test_an_assumed_end_meets_no_condition_however_long_it_seems() -> None:
    judged = award(visit(dwell_minutes=500, end_assumed=True), {}, sample())
    assert (judged.state, judged.reason, codes(judged.missing)) == ("pending", "end_assumed", ["confirm_end"])


def test_a_confirmed_end_is_told_with_what_it_would_earn() -> None:
    guide = fact("volunteer_guide", proof="roll_call", dwell_minutes=125, end_assumed=True)
    (advice,) = award(guide, {}, sample()).missing
    assert (advice.code, advice.after) == ("confirm_end", 100)
    hourly = {"id": "hourly", "kind": "per_hour", "for": {"category": "a"}, "counted_by": "stay", "credits": 1}
    book = Book.model_validate(
        a_book([hourly, {"id": "rest", "kind": "fixed", "for": {"category": "b"}, "credits": 1}])
    )
    judged = award(fact("a", dwell_minutes=125, end_assumed=True), {}, book)
    assert judged.missing == (Step("hourly", "confirm_end", 0, 200, {}),)
    assert judged.trace == (Step("hourly", "end_assumed", 0, 0, {"hours": 0, "each": 100}),)
    judged = award(fact("a"), {}, book)
    assert judged.missing == (Step("hourly", "stay_and_check_out", 0, 100, {"minutes": 60}),)
    assert judged.trace == (Step("hourly", "no_check_out", 0, 0, {"hours": 0, "each": 100}),)


def test_who_scans_alone_is_asked_to_check_out_while_the_stay_is_open() -> None:
    lone = course(proof="self_scan", dwell_minutes=None)
    assert award(lone, {}, sample()).reason == "no_check_out"
    closed = replace(lone, dwell_minutes=120)
    assert award(closed, {}, sample()).reason == "proof_too_weak"
    assert award(replace(closed, checked_out=True), {}, sample()).centicredits == 100
    assumed = replace(closed, end_assumed=True)
    assert award(assumed, {}, sample()).reason == "end_assumed"


def test_a_started_hour_counts_nothing_and_its_rest_is_told() -> None:
    assert [
        award(course(planned_minutes=minutes, dwell_minutes=minutes), {}, sample()).centicredits
        for minutes in (119, 120)
    ] == [50, 100]
    hourly = {"id": "hourly", "kind": "per_hour", "for": {"category": "a"}, "counted_by": "stay", "credits": 1}
    rest = {"id": "rest", "kind": "fixed", "for": {"category": "b"}, "credits": 1}
    book = Book.model_validate(a_book([hourly, rest]))
    judged = award(fact("a", dwell_minutes=59), {}, book)
    assert (judged.state, judged.centicredits, judged.reason) == ("awarded", 0, "no_full_hour")
    assert judged.missing == (Step("hourly", "stay_longer", 0, 100, {"minutes": 1}),)
    assert award(fact("a", dwell_minutes=60), {}, book).centicredits == 100
    assert award(fact("a", dwell_minutes=None), {}, book).reason == "no_check_out"
    assert award(fact("a", dwell_minutes=90, end_assumed=True), {}, book).reason == "end_assumed"


def test_a_share_of_the_plan_is_rounded_up() -> None:
    # 80 % of 56 minutes is 44.8: 45 are needed, 44 are not enough.
    assert award(course(planned_minutes=56, dwell_minutes=44), {}, sample()).state == "refused"
    assert award(course(planned_minutes=56, dwell_minutes=45), {}, sample()).state == "awarded"


def test_a_category_that_the_book_does_not_know_earns_nothing_and_says_so() -> None:
    judged = award(fact("unheard_of"), {}, sample())
    assert (judged.state, judged.reason, judged.clause) == ("refused", "category_not_listed", "unheard_of")


@pytest.mark.parametrize("day", ["2025-08-31", "2028-09-01"])
def test_a_day_that_no_rule_set_covers_is_an_error_that_names_it(day: str) -> None:
    with pytest.raises(NoRuleSet, match=day) as error:
        award(visit(day), {}, sample())
    assert error.value.day == date.fromisoformat(day)


def test_what_happened_at_no_venue_counts_at_no_venue() -> None:
    judged = award(course(venue=None), {"course_per_venue|2025-2026|None": 9}, sample())
    assert "course_per_venue" not in {step.clause for step in judged.trace}
    assert not any(key.startswith("course_per_venue") for key in judged.totals)


def test_the_result_of_a_lower_level_adds_nothing_to_a_higher_one() -> None:
    low = fact("competition", evidence="approved", level="entry", competition="robots")
    judged = award(low, {"competition_highest|2025-2026|robots": 150}, sample())
    assert (judged.centicredits, judged.reason, judged.totals) == (0, "highest_only", {})


@pytest.mark.parametrize(
    ("level", "state", "reason"),
    [(None, "pending", "level_missing"), ("world", "refused", "level_not_listed"), ("done", "awarded", None)],
)
def test_the_level_is_the_reviewers_word(level: str | None, state: str, reason: str | None) -> None:
    judged = award(fact("research_project", evidence="approved", level=level), {}, sample())
    assert (judged.state, judged.reason) == (state, reason)


def test_a_cap_is_met_to_the_hundredth() -> None:
    totals = {"year_cap|2025-2026": 1950}
    assert award(visit(), totals, sample()).reason is None
    cut = award(visit(), {"year_cap|2025-2026": 1951}, sample())
    assert (cut.centicredits, cut.reason, cut.totals["year_cap|2025-2026"]) == (49, "year_cap", 2000)


def made(*clauses: dict[str, Any]) -> Book:
    """A book whose categories `a` and `b` pay 1 each, with these clauses."""
    amounts = [{"id": f"pay_{name}", "kind": "fixed", "for": {"category": name}, "credits": 1} for name in ("a", "b")]
    return Book.model_validate(a_book([*amounts, *clauses]))


def test_of_count_limits_that_do_not_nest_the_first_in_the_book_is_asked_first() -> None:
    once = {"id": "once", "kind": "no_repeat", "window": "whole"}
    three = {"id": "three", "kind": "at_most", "window": "academic_year", "per": "venue", "count": 3}
    for clauses, order in (((once, three), ["once", "three"]), ((three, once), ["three", "once"])):
        judged = award(fact("a", venue="museum"), {}, made(*clauses))
        assert [step.clause for step in judged.trace][1:] == order


def test_a_finer_count_limit_is_asked_first_wherever_it_stands() -> None:
    year = {"id": "year", "kind": "at_most", "window": "academic_year", "per": "venue", "count": 3}
    day = {"id": "day", "kind": "at_most", "window": "day", "per": "venue", "count": 1}
    judged = award(fact("a", venue="museum"), {"day|2026-05-06|museum": 1}, made(year, day))
    assert [step.clause for step in judged.trace][1:] == ["day"]
    assert (judged.reason, judged.totals) == ("per_day_limit", {})
    assert judged.trace[-1].params == {"nth": 2, "limit": 1}


def test_two_keys_count_apart_by_both() -> None:
    pair = {"id": "pair", "kind": "no_repeat", "window": "whole", "per": ("venue", "activity")}
    judged = award(fact("a", venue="museum", activity="optics"), {}, made(pair))
    assert judged.totals == {"pair|all|museum|optics": 1}
    assert award(fact("a", venue=None, activity="optics"), {}, made(pair)).totals == {}


@pytest.mark.parametrize(
    ("window", "day", "grade", "label"),
    [
        ("day", "2026-09-01", 7, "2026-09-01"),
        ("academic_year", "2026-08-31", 7, "2025-2026"),
        ("whole", "2026-09-01", 7, "all"),
        ({"years": 3, "starting": "2025-2026"}, "2028-08-31", 7, "2025+3"),
        ({"years": 3, "starting": "2025-2026"}, "2028-09-01", 7, "2028+3"),
        ({"years": 3, "starting": "2025-2026"}, "2025-08-31", 7, "2022+3"),
        ({"years": 3, "starting": "2026-2027"}, "2028-09-01", 7, "2026+3"),
        ({"years": 3, "starting": "2026-2027"}, "2026-08-31", 7, "2023+3"),
        ({"years": 3, "from_grade": 7}, "2027-03-01", 7, "2026+3"),
        ({"years": 3, "from_grade": 7}, "2028-03-01", 9, "2025+3"),
        ({"years": 3, "from_grade": 7}, "2028-03-01", 6, "2025+3"),
        ({"years": 3, "from_grade": 7}, "2028-03-01", 4, "2027+3"),
    ],
)
def test_a_counter_is_named_by_limit_and_window(window: Any, day: str, grade: int, label: str) -> None:
    capped = {"id": "capped", "kind": "cap", "window": window, "credits": 3}
    assert award(fact("a", day, grade=grade), {}, made(capped)).totals == {f"capped|{label}": 100}


@pytest.mark.parametrize(
    ("condition", "meets", "fails", "reason"),
    [
        ({"kind": "role", "accepts": "guide"}, {"role": "guide"}, {"role": "participant"}, "role_not_eligible"),
        ({"kind": "tier", "accepts": ["lead"]}, {"tier": "lead"}, {"tier": "backbone"}, "tier_not_eligible"),
        ({"kind": "tier", "accepts": ("lead",)}, {"tier": "lead"}, {"tier": None}, "tier_not_eligible"),
        ({"kind": "at_venue"}, {"at_venue": True}, {"at_venue": False}, "not_at_venue"),
        ({"kind": "listed"}, {"competition": "robots"}, {"competition": None}, "not_listed"),
        ({"kind": "grade", "first": 5, "last": 6}, {"grade": 6}, {"grade": 7}, "grade_not_eligible"),
        ({"kind": "proof", "accepts": "roll_call"}, {"proof": "roll_call"}, {"proof": "self_scan"}, "proof_too_weak"),
    ],
)
def test_a_condition_on_who_and_where(
    condition: dict[str, Any], meets: dict[str, Any], fails: dict[str, Any], reason: str
) -> None:
    if isinstance(condition.get("accepts"), list):
        condition = condition | {"accepts": tuple(condition["accepts"])}
    book = made({"id": "asked", **condition})
    assert award(fact("a", **meets), {}, book).state == "awarded"
    refused = award(fact("a", **fails), {}, book)
    assert (refused.state, refused.reason) == ("refused", reason)


@pytest.mark.parametrize(
    ("condition", "fails", "advice"),
    [
        ({"kind": "at_venue"}, {"at_venue": False}, "go_to_venue"),
        ({"kind": "listed"}, {"competition": None}, "listed_competition"),
    ],
)
def test_a_refusal_for_the_place_or_the_list_says_what_counts(
    condition: dict[str, Any], fails: dict[str, Any], advice: str
) -> None:
    """Without an amount: that participation is over, and nothing mends it."""
    assert award(fact("a", **fails), {}, made({"id": "asked", **condition})).missing == (
        Step("asked", advice, 0, 0, {}),
    )


def test_an_older_pupil_is_not_told_to_wait_for_a_grade() -> None:
    book = made({"id": "asked", "kind": "grade", "first": 5, "last": 6})
    assert award(fact("a", grade=7), {}, book).missing == ()
