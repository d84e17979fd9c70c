"""Every example beside a book comes out as it says, in both forms; and an example that errs is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from credit_app.rules.book import Book, BookError, load_book
from credit_app.rules.examples import Case, facts_of, load_cases, try_case
from tests.rules.making import BOOKS, OTHER_BOOKS, sample
from tests.rules.test_agreement import assert_agree, frame_of


def books_with_examples() -> Iterator[tuple[Path, Path]]:
    """The default book and those of the other schemes."""
    for folder in (BOOKS, OTHER_BOOKS):
        for path in sorted(folder.glob("*.cases.yaml")):
            yield path.with_name(path.name.replace(".cases", "")), path


def examples() -> Iterator[tuple[Book, Case]]:
    """Each example with its book."""
    for book_path, cases_path in books_with_examples():
        book = load_book(book_path.read_text(encoding="utf-8"))
        cases = load_cases(cases_path.read_text(encoding="utf-8"))
        assert cases.book == book.id
        yield from ((book, case) for case in cases.cases)


EXAMPLES = list(examples())
NAMES = [f"{book.id}: {case.name}" for book, case in EXAMPLES]


@pytest.mark.parametrize(("book", "case"), EXAMPLES, ids=NAMES)
def test_the_example_comes_out_as_it_says(book: Book, case: Case) -> None:
    told = [(str(tried.fact.occurred_on), tried.differences, tried.award) for tried in try_case(case, book)]
    assert [difference for difference in told if difference[1]] == []


@pytest.mark.parametrize("book_id", sorted({book.id for book, _ in EXAMPLES}))
def test_the_examples_come_out_alike_in_the_batch_form(book_id: str) -> None:
    cases = [(book, case) for book, case in EXAMPLES if book.id == book_id]
    book = cases[0][0]
    pupils = {case.name: [fact for fact, _ in facts_of(case) if book.covers(fact.occurred_on)] for _, case in cases}
    assert_agree(pupils, book, frame_of(pupils))


def one_example(participation: str) -> str:
    """The text of a single example with a single participation."""
    return f"book: sample-2026\ncases: [{{name: 例子, participations: [{{{participation}}}]}}]"


def test_every_scheme_of_the_list_is_a_book_here() -> None:
    schemes = {"open-practice", "three-years", "passport", "crest", "fours", "sub-types"}
    assert {book.id for book, _ in EXAMPLES} == schemes | {"sample-2026"}


@pytest.mark.parametrize(
    ("said", "departure"),
    [
        ("earns: 0.4", "earns"),
        ("earns: 0.5, state: pending", "state"),
        ("earns: 0.5, reason: year_cap", "reason"),
        ("earns: 0.5, missing: {stay_longer: 1}", "missing"),
        ("error: no_rule_set", "error"),
    ],
)
def test_an_example_that_errs_is_told(said: str, departure: str) -> None:
    text = one_example(f"on: 2026-05-01, category: venue_visit, grade: 7, dwell_minutes: 45, {said}")
    (case,) = load_cases(text).cases
    (tried,) = try_case(case, sample())
    assert tried.differences == (departure,)


def test_an_uncovered_day_is_told_when_credits_were_expected() -> None:
    text = one_example("on: 2030-05-01, category: lecture, grade: 7, earns: 0")
    (tried,) = try_case(load_cases(text).cases[0], sample())
    assert (tried.award, tried.differences) == (None, ("error",))


def test_an_example_must_say_day_category_grade_and_amount() -> None:
    text = "book: sample-2026\ncases:\n  - name: 例子\n    participations:\n      - {venue: museum}\n"
    with pytest.raises(BookError) as error:
        load_cases(text)
    assert [(problem.line, problem.params["key"]) for problem in error.value.problems] == [
        (5, "on"),
        (5, "category"),
        (5, "grade"),
        (5, "earns"),
    ]


def test_an_unknown_key_in_an_example_is_refused_with_its_line() -> None:
    text = "book: sample-2026\ncases:\n  - name: 例子\n    participations:\n      - {dwel_minutes: 3}\n"
    with pytest.raises(BookError) as error:
        load_cases(text)
    (problem,) = error.value.problems
    assert (problem.line, problem.code, problem.params["like"]) == (5, "unknown_key_like", "dwell_minutes")
