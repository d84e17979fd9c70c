"""What no single clause can see: clauses that contradict each other, or that can never take effect.

Why crossing caps are refused: of two caps that lie within each other, the finer is applied first and both the
one-by-one and the cumulative form agree. Where neither lies within the other (one per category over days, one per day
over categories), what one cuts is still counted by the other, and the amount would depend on the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

from credit_app.rules.clauses.at_most import CountLimit
from credit_app.rules.clauses.base import Amount, Clause
from credit_app.rules.clauses.cap import Cap
from credit_app.rules.clauses.highest_only import HighestOnly
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.clauses.scope import Scope
from credit_app.rules.clauses.steps import Steps
from credit_app.rules.clauses.windows import window_within
from credit_app.rules.wording import Value, credits_text
from credit_app.rules.yaml_text import Path

if TYPE_CHECKING:
    from credit_app.rules.book import Book

Kind = TypeVar("Kind", bound=Clause)
Finding = tuple[Path, str, dict[str, Value]]


def contradictions(book: Book) -> list[Finding]:
    """Every contradiction in `book`: the place of the later of the clauses concerned, a code, and its parameters."""
    return [
        *_ids(book),
        *_categories(book),
        *_amounts(book),
        *_limits(book),
        *_targets(book),
        *_breadth(book),
    ]


def _ids(book: Book) -> Iterator[Finding]:
    """An entry of the ledger finds its clause by id."""
    quotas = book.breadth.quotas if book.breadth else ()
    named: list[tuple[Path, str]] = [(("clauses", index, "id"), item.id) for index, item in enumerate(book.clauses)]
    named += [(("targets", index, "id"), target.id) for index, target in enumerate(book.targets)]
    named += [(("breadth", "quotas", index, "id"), quota.id) for index, quota in enumerate(quotas)]
    categories: list[tuple[Path, str]] = [
        (("categories", index, "id"), category.id) for index, category in enumerate(book.categories)
    ]
    for names in (named, categories):
        seen: set[str] = set()
        for path, name in names:
            if name in seen:
                yield path, "duplicate_id", {"id": name}
            seen.add(name)


def _categories(book: Book) -> Iterator[Finding]:
    scopes: list[tuple[Path, Scope]] = [(("clauses", index), item.scope) for index, item in enumerate(book.clauses)]
    if book.breadth:
        scopes += [(("breadth", "quotas", index), quota.scope) for index, quota in enumerate(book.breadth.quotas)]
    allowed = ", ".join(book.category_ids)
    for path, scope in scopes:
        for name in scope.category or ():
            if name not in book.category_ids:
                yield (*path, "for", "category"), "unknown_category", {"category": name, "allowed": allowed}


def _amounts(book: Book) -> Iterator[Finding]:
    amounts = _indexed(book, Amount)
    for index, category in enumerate(book.categories):
        if not any(amount.scope.category is None or category.id in amount.scope.category for _, amount in amounts):
            yield ("categories", index), "category_without_amount", {"category": category.id}
    for (_, one), (at, other) in combinations(amounts, 2):
        if one.scope.overlaps(other.scope):
            yield ("clauses", at), "amounts_overlap", {"one": one.id, "other": other.id}
    for index, clause in enumerate(book.clauses):
        # Where nothing is paid nothing is asked either: the clause could never take effect.
        if not any(clause.scope.overlaps(amount.scope) for _, amount in amounts):
            yield ("clauses", index), "clause_without_amount", {"one": clause.id}


def _limits(book: Book) -> Iterator[Finding]:
    for (first_at, first), (second_at, second) in combinations(_indexed(book, Limit), 2):
        if not first.scope.overlaps(second.scope):
            continue
        path: Path = ("clauses", max(first_at, second_at))
        if isinstance(first, CountLimit) and isinstance(second, CountLimit):
            yield from _count_limits(book, path, first, second)
        elif not first.counts and not second.counts:
            yield from _amount_limits(book, path, first, second)


def _count_limits(book: Book, path: Path, first: CountLimit, second: CountLimit) -> Iterator[Finding]:
    for inner, outer in ((first, second), (second, first)):
        if inner.within(outer, book.category_ids) and inner.allowed > outer.allowed:
            numbers: dict[str, Value] = {"own": inner.allowed, "outer": outer.allowed}
            yield path, "count_never_reached", {"one": inner.id, "other": outer.id, **numbers}


def _amount_limits(book: Book, path: Path, first: Limit, second: Limit) -> Iterator[Finding]:
    names: dict[str, Value] = {"one": first.id, "other": second.id}
    first_inside = first.within(second, book.category_ids)
    second_inside = second.within(first, book.category_ids)
    highest = [limit for limit in (first, second) if isinstance(limit, HighestOnly)]
    if isinstance(first, Steps) and isinstance(second, Steps):
        yield path, "steps_twice", names
    elif len(highest) == 2 or (type(first) is type(second) and first_inside and second_inside):
        yield path, "caps_equal", names
    elif not (first_inside or second_inside):
        yield path, "caps_cross", names
    elif highest and not highest[0].within(second if highest[0] is first else first, book.category_ids):
        # The highest result is taken before any cap, so no cap may count more finely than it does.
        yield path, "caps_cross", names
    elif isinstance(first, Cap) and isinstance(second, Cap):
        inner, outer = (first, second) if first_inside else (second, first)
        if inner.credits > outer.credits and not _steps_between(book, inner, outer):
            numbers: dict[str, Value] = {"own": credits_text(inner.credits), "outer": credits_text(outer.credits)}
            yield path, "cap_never_reached", {"one": inner.id, "other": outer.id, **numbers}


def _steps_between(book: Book, inner: Limit, outer: Limit) -> bool:
    """Whether thresholds turn what `inner` caps into something else before `outer` caps it."""
    return any(
        inner.within(steps, book.category_ids) and steps.within(outer, book.category_ids)
        for _, steps in _indexed(book, Steps)
    )


def _targets(book: Book) -> Iterator[Finding]:
    owner: dict[int, str] = {}
    for index, target in enumerate(book.targets):
        path: Path = ("targets", index)
        for grade in range(target.grades.first, target.grades.last + 1):
            if grade in owner:
                yield path, "targets_overlap", {"grade": grade, "one": owner[grade], "other": target.id}
                break
            owner[grade] = target.id
        for cap in _caps_over_everything(book):
            if target.credits > cap.credits:
                numbers: dict[str, Value] = {"own": credits_text(target.credits), "outer": credits_text(cap.credits)}
                yield path, "target_above_cap", {"one": target.id, "other": cap.id, **numbers}


def _caps_over_everything(book: Book) -> Iterable[Cap]:
    return (
        cap
        for _, cap in _indexed(book, Cap)
        if not cap.per
        and Scope().within(cap.scope, book.category_ids)
        and window_within(book.target_window, cap.window)
        and not any(cap.within(steps, book.category_ids) for _, steps in _indexed(book, Steps))
    )


def _breadth(book: Book) -> Iterator[Finding]:
    known = len(book.categories)
    for key, part in (("breadth", book.breadth), ("second_semester", book.second_semester)):
        if part is not None and part.categories > known:
            yield (key, "categories"), "too_many_categories", {"own": part.categories, "outer": known}
    for index, quota in enumerate(book.breadth.quotas if book.breadth else ()):
        if quota.scope == Scope():
            yield ("breadth", "quotas", index, "for"), "quota_without_scope", {"one": quota.id}


def _indexed(book: Book, kind: type[Kind]) -> list[tuple[int, Kind]]:
    return [(index, clause) for index, clause in enumerate(book.clauses) if isinstance(clause, kind)]
