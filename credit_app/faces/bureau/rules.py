"""The rule sets as an officer reads them: every clause with its text and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import get_locale
from flask_babel import gettext as _

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces.bureau import blueprint
from credit_app.faces.bureau.reach import own_district_ids, own_districts
from credit_app.faces.guards import requires
from credit_app.people.queries import display_names
from credit_app.rule_books.models import RuleBook
from credit_app.rule_books.queries import (
    book_for_bureau,
    book_named,
    books_for_bureau,
    books_in_order,
    books_named,
)
from credit_app.rule_books.standing import Standing, drafts_for_bureau, standing
from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Amount, Clause, Condition

_TITLE = re.compile(r"^title:[ \t]*([^#\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """The clauses about one category, or (`category` None) about several or all: what gives, what asks, what stops."""

    category: str | None
    title: str
    gives: list[Clause]
    asks: list[Clause]
    stops: list[Clause]


@blueprint.get("/rules")
@requires("bureau_officer")
def rule_sets() -> Any:
    """What the district works on, then the city's rule sets and the district's own, newest first."""
    rows = books_for_bureau(db.session, district_ids=own_district_ids())
    books = books_named(db.session, rule_sets=[row.rule_set for row in rows])
    shelves = _shelves()
    drafts = drafts_for_bureau(db.session, district_ids=own_district_ids())
    return render_template(
        "bureau/rule_sets.html",
        books=[
            (row, books[row.rule_set], _scope(row), _standings(row, books[row.rule_set], shelves)[0][1]) for row in rows
        ],
        drafts=[(draft, title_of(draft.text)) for draft in drafts if draft.state != "discarded"],
        discarded=[(draft, title_of(draft.text)) for draft in drafts if draft.state == "discarded"],
        names=display_names(db.session, user_ids=[draft.edited_by_id for draft in drafts]),
        several_districts=len(own_districts()) > 1,
    )


@blueprint.get("/rules/<rule_set>")
@requires("bureau_officer")
def rule_set(rule_set: str) -> Any:
    """One rule set, whole. Raises: NotFound for another district's."""
    row = book_for_bureau(db.session, rule_set=rule_set, district_ids=own_district_ids())
    book = book_named(db.session, row.rule_set)
    return render_template(
        "bureau/rule_set.html",
        row=row,
        book=book,
        scope=_scope(row),
        sections=sections_of(book),
        locale=str(get_locale() or "zh"),
        standings=_standings(row, book, _shelves()),
    )


def _shelves() -> dict[int, list[Book]]:
    """The books that may hold for each of the visitor's districts, those that go first first."""
    return {each.id: books_in_order(db.session, district_id=each.id) for each in own_districts()}


def _standings(row: RuleBook, book: Book, shelves: Mapping[int, Sequence[Book]]) -> list[tuple[str, Standing]]:
    """How the book stands for its own district; the city's, for each district of the visitor, by name."""
    concerned = [district for district in own_districts() if row.district_id in (None, district.id)]
    return [(each.name, standing(book=book, shelf=shelves[each.id], today=clock.today())) for each in concerned]


def title_of(text: str) -> str:
    """What a draft calls itself, read without judging the rest; empty while it has no title.

    A page of drafts must not wait for the strict reading of each of them.
    """
    written = _TITLE.search(text)
    return written.group(1).strip().strip("\"'").strip()[:60] if written else ""


def sections_of(book: Book) -> list[Section]:
    """The book's clauses by category in its order; those that speak about several or all stand last."""
    locale = str(get_locale() or "zh")
    named: list[tuple[str | None, str]] = [(each.id, book.category_title(each.id, locale)) for each in book.categories]
    sections = []
    for category, title in [*named, (None, _("多个或全部类别"))]:
        clauses = [clause for clause in book.clauses if _only_category(clause) == category]
        if clauses:
            sections.append(
                Section(
                    category,
                    title,
                    gives=[clause for clause in clauses if isinstance(clause, Amount)],
                    asks=[clause for clause in clauses if isinstance(clause, Condition)],
                    stops=[clause for clause in clauses if not isinstance(clause, Amount | Condition)],
                )
            )
    return sections


def _only_category(clause: Clause) -> str | None:
    categories = clause.scope.category
    return categories[0] if categories is not None and len(categories) == 1 else None


def _scope(row: RuleBook) -> str:
    """For whom the book is: the whole city, or the district by name."""
    return next((district.name for district in own_districts() if district.id == row.district_id), _("全市"))
