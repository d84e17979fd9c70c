"""Books whose clauses contradict each other, or can never take effect, are refused by name."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.checks import contradictions
from tests.rules.making import a_book, credits, sample_text

FIXED: list[dict[str, Any]] = [
    {"id": "amount_a", "kind": "fixed", "for": {"category": "a"}, "credits": 1},
    {"id": "amount_b", "kind": "fixed", "for": {"category": "b"}, "credits": 1},
]


def cap(name: str, centicredits: int = 300, window: Any = "academic_year", **stated: Any) -> dict[str, Any]:
    """A cap over everything in a year, but for what is stated."""
    return {"id": name, "kind": "cap", "window": window, "credits": credits(centicredits)} | stated


def at_most(name: str, count: int, window: Any = "academic_year", **stated: Any) -> dict[str, Any]:
    """A count limit over everything in a year, but for what is stated."""
    return {"id": name, "kind": "at_most", "window": window, "count": count} | stated


def found(*clauses: dict[str, Any], **stated: Any) -> list[tuple[str, dict[str, Any]]]:
    """What is wrong with a book of two categories and these further clauses."""
    book = Book.model_validate(a_book([*FIXED, *clauses], **stated))
    return [(code, params) for _, code, params in contradictions(book)]


ONE_AND_OTHER = {"one": "one", "other": "other"}
IN_A: dict[str, Any] = {"for": {"category": "a"}}
IN_B: dict[str, Any] = {"for": {"category": "b"}}
IN_BOTH: dict[str, Any] = {"for": {"category": ("a", "b")}}
OF_GUIDES: dict[str, Any] = {"for": {"role": "guide"}}
OF_PARTICIPANTS: dict[str, Any] = {"for": {"role": "participant"}}

CROSSING = [
    # one per category over days, one per day over categories
    (cap("one", per="category"), cap("other", window="day")),
    (cap("one", **IN_A), cap("other", window="day")),
    (cap("one", per="venue"), cap("other", per="activity")),
    (cap("one", window="whole", **IN_A), cap("other")),
    (cap("one", **OF_GUIDES), cap("other", **IN_A)),
    (cap("one", window={"years": 2, "starting": "2025-2026"}), cap("other", window={"years": 3, "from_grade": 7})),
    # the highest result is taken before any cap: a cap may not count more finely, nor across it
    (
        {"id": "one", "kind": "highest_only", "window": "academic_year", "per": "competition"},
        cap("other", window="day"),
    ),
    (
        {"id": "one", "kind": "highest_only", "window": "academic_year", "per": "competition"},
        cap("other", window="day", per="competition"),
    ),
    ({"id": "one", "kind": "highest_only", "window": "whole", "per": "competition"}, cap("other")),
    # what a yearly cap cut would still be gathered toward a threshold over all years
    ({"id": "one", "kind": "steps", "window": "whole", "every": 4, "credits": 1, **IN_A}, cap("other")),
]


@pytest.mark.parametrize(("one", "other"), CROSSING)
def test_crossing_caps_are_refused_with_both_names(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert found(one, other) == [("caps_cross", ONE_AND_OTHER)]


NESTED = [
    (cap("one", **IN_A), cap("other")),
    (cap("one", per="category"), cap("other")),
    (cap("one", window="day"), cap("other")),
    (cap("one"), cap("other", window="whole")),
    (cap("one"), cap("other", window={"years": 3, "from_grade": 7})),
    (cap("one", window={"years": 3, "from_grade": 7}), cap("other", window="whole")),
    (cap("one", window="day"), cap("other", window={"years": 3, "from_grade": 7})),
    (cap("one", per=("venue", "activity")), cap("other", per="venue")),
    (cap("one", **IN_A), cap("other", window="day", **IN_B)),
    (cap("one", **OF_GUIDES), cap("other", window="day", **OF_PARTICIPANTS)),
    (cap("one", **IN_BOTH), cap("other", window="whole")),
    ({"id": "one", "kind": "highest_only", "window": "academic_year", "per": "competition"}, cap("other")),
    ({"id": "one", "kind": "steps", "window": "academic_year", "every": 4, "credits": 1}, cap("other")),
    # finer than the thresholds: it caps what is gathered, in another measure
    (
        cap("one", 900, per="activity"),
        {"id": "other", "kind": "steps", "window": "academic_year", "every": 4, "credits": 1},
    ),
    # neither count limit lies within the other: they stand in the order of the book
    (at_most("one", 1, per="activity"), at_most("other", 3, per="venue")),
]


@pytest.mark.parametrize(("one", "other"), NESTED)
def test_limits_that_nest_or_never_meet_are_taken(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert found(one, other) == []


def test_a_scope_that_lists_every_category_is_no_narrower_than_none() -> None:
    assert found(cap("one", window="whole", **IN_BOTH), cap("other", 300)) == []
    assert found(cap("one", **IN_BOTH), cap("other")) == [("caps_equal", ONE_AND_OTHER)]


def test_a_cap_above_the_cap_around_it_can_never_be_reached() -> None:
    (problem,) = found(cap("one", 301, **IN_A), cap("other", 300))
    assert problem == ("cap_never_reached", ONE_AND_OTHER | {"own": "3.01", "outer": "3"})
    assert found(cap("one", 300, **IN_A), cap("other", 300)) == []


def test_caps_on_both_sides_of_thresholds_are_of_different_measures() -> None:
    fours = {"id": "fours", "kind": "steps", "window": "academic_year", "every": 4, "credits": 1}
    gathered, earned = cap("one", 900, per="activity", **IN_A), cap("other", 300)
    assert found(gathered, fours | IN_A, earned) == []
    told = found(gathered, fours | IN_B, earned)
    assert told == [("cap_never_reached", ONE_AND_OTHER | {"own": "9", "outer": "3"})]


def test_a_count_above_the_count_around_it_can_never_be_reached() -> None:
    (problem,) = found(at_most("one", 3, window="day", per="venue"), at_most("other", 2, per="venue"))
    assert problem == ("count_never_reached", ONE_AND_OTHER | {"own": 3, "outer": 2})
    assert found(at_most("one", 2, window="day", per="venue"), at_most("other", 2, per="venue")) == []


@pytest.mark.parametrize(
    ("one", "other", "code"),
    [
        (cap("one"), cap("other", 200), "caps_equal"),
        (
            {"id": "one", "kind": "highest_only", "window": "academic_year", "per": "competition"},
            {"id": "other", "kind": "highest_only", "window": "whole", "per": "competition"},
            "caps_equal",
        ),
        (
            {"id": "one", "kind": "steps", "window": "academic_year", "every": 4, "credits": 1},
            {"id": "other", "kind": "steps", "window": "whole", "every": 4, "credits": 1},
            "steps_twice",
        ),
    ],
)
def test_two_limits_of_the_same_are_refused(one: dict[str, Any], other: dict[str, Any], code: str) -> None:
    assert found(one, other) == [(code, ONE_AND_OTHER)]


def test_one_participation_is_paid_by_one_clause_only() -> None:
    extra = {"id": "extra", "kind": "fixed", "for": {"category": "a", "role": "guide"}, "credits": 2}
    assert found(extra) == [("amounts_overlap", {"one": "amount_a", "other": "extra"})]


def test_a_category_that_nothing_pays_for_is_refused() -> None:
    titles = tuple({"id": name, "title": name, "title_en": name} for name in ("a", "b", "c"))
    assert found(categories=titles) == [("category_without_amount", {"category": "c"})]


def test_a_clause_about_participations_that_nothing_pays_for_is_refused() -> None:
    paid = [clause | {"for": {**clause["for"], "role": "participant"}} for clause in FIXED]
    book = Book.model_validate(
        a_book([*paid, cap("one", **OF_GUIDES), {"id": "other", "kind": "at_venue", **OF_GUIDES}])
    )
    assert [(path, code, params) for path, code, params in contradictions(book)] == [
        (("clauses", 2), "clause_without_amount", {"one": "one"}),
        (("clauses", 3), "clause_without_amount", {"one": "other"}),
    ]
    assert found(cap("one", **OF_GUIDES)) == []


def test_an_id_names_one_thing_only() -> None:
    again = {"id": "amount_a", "kind": "at_venue"}
    assert found(again) == [("duplicate_id", {"id": "amount_a"})]
    target = {"id": "amount_a", "grades": {"first": 1, "last": 9}, "credits": 1, "text": "目标", "source": "测试"}
    assert found(targets=(target,)) == [("duplicate_id", {"id": "amount_a"})]


def a_target(name: str, first: int, last: int, of: int = 100) -> dict[str, Any]:
    """A target for some grades."""
    grades = {"first": first, "last": last}
    return {"id": name, "grades": grades, "credits": credits(of), "text": "目标", "source": "测试"}


def test_a_grade_has_one_target() -> None:
    assert found(targets=(a_target("one", 1, 3), a_target("other", 3, 9))) == [
        ("targets_overlap", {"grade": 3} | ONE_AND_OTHER)
    ]
    assert found(targets=(a_target("one", 1, 3), a_target("other", 4, 9))) == []


def test_a_target_that_the_cap_forbids_is_refused() -> None:
    (problem,) = found(cap("other", 300), targets=(a_target("one", 1, 9, of=301),))
    assert problem == ("target_above_cap", ONE_AND_OTHER | {"own": "3.01", "outer": "3"})
    assert found(cap("other", 300), targets=(a_target("one", 1, 9, of=300),)) == []
    assert found(cap("other", 300, **IN_A), targets=(a_target("one", 1, 9, of=301),)) == []


def test_breadth_asks_for_no_more_categories_than_there_are() -> None:
    breadth = {"categories": 3, "venue_attendances": 0, "text": "广度", "source": "测试"}
    assert found(breadth=breadth) == [("too_many_categories", {"own": 3, "outer": 2})]


def test_a_quota_says_of_what() -> None:
    quota = {"id": "some", "for": {}, "participations": 2, "text": "数量", "source": "测试"}
    breadth = {"text": "广度", "source": "测试", "quotas": (quota,)}
    assert found(breadth=breadth) == [("quota_without_scope", {"one": "some"})]


def test_the_refusal_of_crossing_caps_stands_at_the_second_of_them() -> None:
    crossing = """
  - id: day_cap
    kind: cap
    window: day
    credits: 1.0
    text: 每天合计不超过 1 学分。
    source: 测试
"""
    text = sample_text().replace("\ntargets:", f"{crossing}\ntargets:", 1)
    with pytest.raises(BookError) as error:
        load_book(text)
    line = text[: text.index("- id: day_cap")].count("\n") + 1
    told = {
        (problem.line, problem.code, problem.params["one"], problem.params["other"]) for problem in error.value.problems
    }
    assert (line, "caps_cross", "lecture_cap", "day_cap") in told
    assert {each[1] for each in told} == {"caps_cross"}
    assert "lecture_cap" in str(error.value)
    assert "day_cap" in str(error.value)


def test_the_term_of_the_made_book_is_what_these_tests_think() -> None:
    book = Book.model_validate(a_book(FIXED))
    assert (book.effective_on, book.until) == (date(2020, 9, 1), date(2032, 8, 31))
