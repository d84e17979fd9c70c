"""What the program's identifiers are called on a page: roles, kinds of venue, categories of the rule books."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from credit_app.people.models import Role
from credit_app.recognition.results.offer import level_title
from credit_app.rule_books import queries as rule_books
from credit_app.rules.book import Book

ROLE_TITLES = {
    "pupil": _l("学生"),
    "teacher": _l("教师"),
    "science_counselor": _l("科技辅导员"),
    "venue_staff": _l("场馆工作人员"),
    "bureau_officer": _l("教育局工作人员"),
}
VENUE_KIND_TITLES = {
    "science_museum": _l("科技馆"),
    "natural_history": _l("自然博物馆"),
    "planetarium": _l("天文馆"),
    "botanical": _l("植物园"),
    "industry": _l("企业展馆"),
    "laboratory": _l("实验室"),
    "community": _l("社区科普馆"),
}


def role_title(kind: str) -> str:
    """What a role is called."""
    return str(ROLE_TITLES.get(kind, kind))


def role_place(role: Role) -> str:
    """The name of the school, venue or bureau that a role is about."""
    if role.district is not None:
        return _("%(district)s教育局", district=role.district.name)
    place = role.school or role.venue
    return place.name if place is not None else ""


def venue_kind_title(kind: str) -> str:
    """What a kind of venue is called."""
    return str(VENUE_KIND_TITLES.get(kind, kind))


def category_titles(session: Session) -> Mapping[str, str]:
    """The categories of all published books by id, in the reader's language, in the order of the newest book.

    A title is for reading only, so a category of last year's book keeps its name: which book judges is asked elsewhere.
    """
    locale = str(get_locale() or "zh")
    titles: dict[str, str] = {}
    published = rule_books.published_books(session)
    for row in published:
        book = rule_books.book_named(session, row.rule_set, stamp=published[0].id)
        for category in book.categories:
            titles.setdefault(category.id, book.category_title(category.id, locale))
    return titles


def book_title(book: Book) -> str:
    """What a rule set is called, in the reader's language."""
    return book.title_en if str(get_locale() or "zh").startswith("en") else book.title


def register(app: Flask) -> None:
    """The templates of `app` know these as filters."""
    for name in (role_title, role_place, venue_kind_title, book_title, level_title):
        app.add_template_filter(name)
