"""A class that has been somewhere, as the teacher's pages show it."""

from __future__ import annotations

import re
from html import unescape

from sqlalchemy.orm import Session

from tests.cast import Cast, today_at
from tests.scenes import scan, stay


def have_been_there(session: Session, cast: Cast) -> None:
    """The pupil heard the lecture (0.3), visited (0.5) and stayed 100 minutes in the course, whose worksheet waits;
    the classmate stayed 60 minutes of the course's 96, and forgot to leave the visit."""
    scan(session, cast.pupil, cast.lecture, "in", today_at(9))
    stay(session, cast.pupil, cast.course, today_at(10), today_at(11, 40))
    stay(session, cast.pupil, cast.visit, today_at(13), today_at(14))
    stay(session, cast.classmate, cast.course, today_at(10), today_at(11))
    scan(session, cast.classmate, cast.visit, "in", today_at(13))


def words(page: str) -> str:
    """What a page says, without its markup, each run of white space as one space."""
    body = page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))
