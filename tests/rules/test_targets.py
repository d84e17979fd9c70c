"""Targets, breadth and where a pupil stands: worked by hand from the scheme's table."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_app.rules.book import Book, load_book
from credit_app.rules.facts import Fact
from credit_app.rules.single import judge_history
from credit_app.rules.targets import NoTarget, Standing, Target, quota_counts, standing, target_bounds, target_for
from tests.rules.making import OTHER_BOOKS, a_book, credits, fact, sample

YEAR = "2026-2027"


@pytest.mark.parametrize(
    ("grade", "centicredits"),
    [(1, 400), (2, 400), (3, 600), (4, 600), (5, 800), (6, 800), (7, 1000), (8, 1000), (9, 1000)],
)
def test_the_target_grows_with_the_grade(grade: int, centicredits: int) -> None:
    assert target_for(sample(), grade, None, YEAR) == Target(centicredits, 3, 2)


@pytest.mark.parametrize(
    ("joined_on", "target"),
    [
        (date(2025, 3, 1), Target(800, 3, 2)),  # in the second semester of an earlier year
        (date(2026, 9, 1), Target(800, 3, 2)),
        (date(2027, 1, 31), Target(800, 3, 2)),
        (date(2027, 2, 1), Target(400, 2, 1)),
        (date(2027, 8, 31), Target(400, 2, 1)),
        (date(2027, 9, 1), Target(0, 0, 0)),
    ],
)
def test_who_joins_in_the_second_semester_has_half(joined_on: date, target: Target) -> None:
    assert target_for(sample(), 5, joined_on, YEAR) == target


def test_half_of_an_odd_target_is_rounded_up() -> None:
    odd = {"id": "odd", "grades": {"first": 1, "last": 9}, "credits": credits(401), "text": "目标", "source": "测试"}
    late = {"credits_percent": 50, "categories": 0, "venue_attendances": 0, "text": "减半", "source": "测试"}
    pay = {"id": "pay", "kind": "fixed", "credits": 1}
    book = Book.model_validate(a_book([pay], targets=(odd,), second_semester=late))
    assert target_for(book, 5, date(2027, 2, 1), YEAR).centicredits == 201


def test_less_than_half_a_hundredth_is_not_rounded_up() -> None:
    """1 % of 1.49 credits is 0.0149."""
    small = {
        "id": "small",
        "grades": {"first": 1, "last": 9},
        "credits": credits(149),
        "text": "目标",
        "source": "测试",
    }
    late = {"credits_percent": 1, "categories": 0, "venue_attendances": 0, "text": "减少", "source": "测试"}
    pay = {"id": "pay", "kind": "fixed", "credits": 1}
    book = Book.model_validate(a_book([pay], targets=(small,), second_semester=late))
    assert target_for(book, 5, date(2027, 2, 1), YEAR).centicredits == 1


def test_a_grade_without_a_target_is_an_error_that_names_it() -> None:
    with pytest.raises(NoTarget, match="grade 10") as error:
        target_for(sample(), 10, None, YEAR)
    assert (error.value.book, error.value.grade) == ("sample-2026", 10)


def stands(today: date, by_category: dict[str, int], venue_attendances: int = 2, **stated: Any) -> Standing:
    """Where a fifth-grader (target 8.0) stands, who has been there since before the year."""
    pupil: dict[str, Any] = {"grade": 5, "joined_on": None, "year": YEAR} | stated
    return standing(sample(), today=today, by_category=by_category, venue_attendances=venue_attendances, **pupil)


def test_on_target_are_credits_categories_and_venues_together() -> None:
    june = date(2027, 6, 1)
    full = {"lecture": 150, "venue_visit": 300, "inquiry_course": 350}
    reached = stands(june, full)
    assert (reached.state, reached.earned) == ("on_target", 800)
    assert (reached.missing_centicredits, reached.missing_categories, reached.missing_venue_attendances) == (0, 0, 0)

    short = stands(june, full | {"lecture": 149})
    assert (short.state, short.missing_centicredits) == ("near_target", 1)
    narrow = stands(june, {"venue_visit": 300, "inquiry_course": 500, "lecture": 0})
    assert (narrow.state, narrow.missing_categories) == ("near_target", 1)
    at_school = stands(june, full, venue_attendances=1)
    assert (at_school.state, at_school.missing_venue_attendances) == ("near_target", 1)


def test_more_than_enough_is_missing_nothing() -> None:
    rich = stands(date(2027, 6, 1), {"a": 500, "b": 500, "c": 500, "d": 100}, venue_attendances=7)
    assert (rich.missing_centicredits, rich.missing_categories, rich.missing_venue_attendances) == (0, 0, 0)


def test_at_risk_is_below_sixty_percent_of_what_the_elapsed_time_asks() -> None:
    # The year has 365 days; on 1 March 181 of them are over: 800 × 181/365 × 60 % = 238.03 centicredits.
    march = date(2027, 3, 1)
    assert stands(march, {"lecture": 238}).state == "at_risk"
    assert stands(march, {"lecture": 239}).state == "near_target"


def test_nobody_is_at_risk_in_the_first_sixty_days() -> None:
    assert stands(date(2026, 10, 30), {}).state == "near_target"
    assert stands(date(2026, 10, 31), {}).state == "at_risk"


def test_after_the_year_the_whole_of_it_has_elapsed() -> None:
    # 800 × 60 % = 480
    for today in (date(2027, 9, 1), date(2029, 1, 1)):
        assert stands(today, {"lecture": 479}).state == "at_risk"
        assert stands(today, {"lecture": 480}).state == "near_target"


def test_before_the_year_nobody_is_at_risk() -> None:
    assert stands(date(2026, 8, 1), {}).state == "near_target"


def test_the_time_of_a_late_joiner_begins_on_the_day_of_joining() -> None:
    joined = date(2027, 3, 1)
    assert stands(date(2027, 4, 29), {}, joined_on=joined).state == "near_target"
    assert stands(date(2027, 4, 30), {}, joined_on=joined).state == "at_risk"
    # 60 of 184 days: 400 × 60/184 × 60 % = 78.26
    assert stands(date(2027, 4, 30), {"lecture": 79}, joined_on=joined).state == "near_target"
    assert stands(date(2027, 4, 30), {"lecture": 78}, joined_on=joined).state == "at_risk"


def test_a_book_without_an_outlook_calls_nobody_at_risk() -> None:
    target = {"id": "all", "grades": {"first": 1, "last": 9}, "credits": 4, "text": "目标", "source": "测试"}
    book = Book.model_validate(a_book([{"id": "pay", "kind": "fixed", "credits": 1}], targets=(target,)))
    stood = standing(
        book, grade=5, joined_on=None, year=YEAR, today=date(2027, 8, 31), by_category={}, venue_attendances=0
    )
    assert (stood.state, stood.missing_centicredits) == ("near_target", 400)
    assert stood.target == Target(400, 0, 0)


def test_a_category_counts_from_its_first_hundredth_on() -> None:
    assert stands(date(2026, 12, 1), {"lecture": 1, "venue_visit": 0}).missing_categories == 2


def three_years() -> Book:
    """Thirty points in three years, six activities of the city and four of the district."""
    return load_book((OTHER_BOOKS / "three-years.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("grade", "year", "bounds"),
    [
        (7, "2026-2027", (date(2026, 9, 1), date(2029, 8, 31))),
        (8, "2026-2027", (date(2025, 9, 1), date(2028, 8, 31))),
        (9, "2026-2027", (date(2024, 9, 1), date(2027, 8, 31))),
    ],
)
def test_a_target_over_three_years_has_their_bounds(grade: int, year: str, bounds: tuple[date, date]) -> None:
    assert target_bounds(three_years(), grade, year) == bounds
    assert target_bounds(sample(), grade, year) == (date(2026, 9, 1), date(2027, 8, 31))


def test_quotas_by_tier_are_counted_and_missed() -> None:
    book = three_years()
    facts = [fact("practice", f"2026-10-{day:02d}", tier="lead", grade=7) for day in range(1, 6)]
    facts += [fact("practice", f"2027-10-{day:02d}", tier="backbone", grade=8) for day in range(1, 6)]
    facts += [fact("practice", "2026-08-31", tier="lead", grade=6)]
    ordered = sorted(facts, key=lambda each: each.order_key)
    judged = list(zip(ordered, judge_history(facts, lambda _: book), strict=True))
    counts = quota_counts(book, judged, grade=8, year="2027-2028")
    assert counts == {"municipal": 5, "district": 5}
    stood = standing(
        book,
        grade=8,
        joined_on=None,
        year="2027-2028",
        today=date(2028, 1, 1),
        by_category={"practice": 3000},
        venue_attendances=10,
        by_quota=counts,
    )
    assert (stood.state, stood.missing_quotas) == ("near_target", {"municipal": 1})


@pytest.mark.parametrize(("municipal", "state"), [(5, "near_target"), (6, "on_target"), (7, "on_target")])
def test_a_quota_is_met_exactly(municipal: int, state: str) -> None:
    stood = standing(
        three_years(),
        grade=8,
        joined_on=None,
        year="2027-2028",
        today=date(2028, 1, 1),
        by_category={"practice": 3000},
        venue_attendances=10,
        by_quota={"municipal": municipal, "district": 4},
    )
    assert stood.state == state


def test_a_quota_that_nothing_was_done_for_is_missing_whole() -> None:
    everything: dict[str, Any] = {"grade": 8, "joined_on": None, "year": "2027-2028", "today": date(2028, 1, 1)}
    nothing: dict[str, int] = {}
    for reached in (None, nothing):
        stood = standing(
            three_years(), by_category={"practice": 3000}, venue_attendances=10, by_quota=reached, **everything
        )
        assert stood.missing_quotas == {"municipal": 6, "district": 4}


def quota_of(**scope: Any) -> Book:
    """A book that pays 1 each time and asks for one participation in `scope`; for half from late joiners."""
    quota = {"id": "some", "for": scope, "participations": 1, "text": "数量", "source": "测试"}
    target = {"id": "all", "grades": {"first": 1, "last": 9}, "credits": 1, "text": "目标", "source": "测试"}
    late = {"credits_percent": 50, "categories": 0, "venue_attendances": 0, "text": "减半", "source": "测试"}
    return Book.model_validate(
        a_book(
            [{"id": "pay", "kind": "fixed", "credits": 1}],
            breadth={"text": "广度", "source": "测试", "quotas": (quota,)},
            targets=(target,),
            second_semester=late,
        )
    )


def counted(book: Book, *facts: Fact) -> int:
    judged = list(zip(facts, judge_history(facts, lambda _: book), strict=True))
    return quota_counts(book, judged, grade=7, year=YEAR)["some"]


@pytest.mark.parametrize(("on", "counts"), [("2026-08-31", 0), ("2026-09-01", 1), ("2027-08-31", 1), ("2027-09-01", 0)])
def test_a_quota_counts_from_the_first_day_of_the_year_to_the_last(on: str, counts: int) -> None:
    assert counted(quota_of(category="a"), fact("a", on)) == counts


def test_a_quota_may_ask_for_a_role() -> None:
    book = quota_of(role="guide")
    assert counted(book, fact("a", "2026-10-01", role="guide")) == 1
    assert counted(book, fact("a", "2026-10-01", role="participant")) == 0


def test_a_late_joiner_is_asked_for_the_quotas_too() -> None:
    assert target_for(quota_of(category="a"), 7, date(2027, 3, 1), YEAR) == Target(50, 0, 0, {"some": 1})


def test_a_book_without_breadth_has_no_quotas() -> None:
    book = Book.model_validate(a_book([{"id": "pay", "kind": "fixed", "credits": 1}]))
    assert quota_counts(book, [], grade=7, year=YEAR) == {}


def test_what_a_count_limit_refused_fills_no_quota_but_what_a_cap_cut_does() -> None:
    quota = {"id": "some", "for": {"category": "a"}, "participations": 3, "text": "数量", "source": "测试"}
    breadth = {"text": "广度", "source": "测试", "quotas": (quota,)}
    clauses: list[dict[str, Any]] = [
        {"id": "pay", "kind": "fixed", "credits": 1},
        {"id": "once", "kind": "no_repeat", "window": "whole"},
        {"id": "cap", "kind": "cap", "window": "academic_year", "credits": 1},
    ]
    book = Book.model_validate(a_book(clauses, breadth=breadth))
    facts = [fact("a", "2026-10-01", activity="x"), fact("a", "2026-10-02", activity="x"), fact("a", "2026-10-03")]
    judged = list(zip(facts, judge_history(facts, lambda _: book), strict=True))
    assert [each.centicredits for _, each in judged] == [100, 0, 0]
    assert quota_counts(book, judged, grade=7, year=YEAR) == {"some": 2}
