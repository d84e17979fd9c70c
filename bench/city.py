"""A small city to stand at the door of: pupils who are signed in, and occurrences that go on now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from credit_app.activities.actions import Outline, add_occurrence, create_activity, decide_on_activity, submit_activity
from credit_app.attendance.claim import Claim, new_claim, seal
from credit_app.demo.city import sample_book
from credit_app.organisations.actions import create_district, create_school, create_venue
from credit_app.organisations.models import District
from credit_app.people.actions import create_user, grant_role
from credit_app.people.models import User
from credit_app.people.sign_in import begin_sign_in
from credit_app.rule_books.actions import publish_book
from credit_app.rules.calendar import academic_year, academic_year_bounds, local_date
from credit_app.schools.intake import NewPupil, create_pupils


@dataclass(frozen=True)
class PupilKey:
    """What a pupil's phone holds."""

    user_id: int
    token: str
    account_ref: str


def settle_pupils(session_: Session, *, pupils: int, now: datetime) -> tuple[District, User, list[PupilKey]]:
    """A district with the book that ships, its officer, and one school whose pupils have just signed in."""
    set_up = now - timedelta(days=2)
    publish_book(session_, text=sample_book(), now=set_up)
    district = create_district(session_, code="d", name="区")
    school = create_school(session_, district=district, code="s", name="学校")
    officer = create_user(session_, login_name="officer", display_name="官员", now=set_up)
    grant_role(session_, user=officer, kind="bureau_officer", district=district, starts_on=local_date(set_up))
    year = academic_year(local_date(now))
    students = create_pupils(
        session_,
        school=school,
        pupils=[NewPupil(name="学生", student_no=f"{n:05}", grade=7, login_name=f"s{n}") for n in range(pupils)],
        academic_year=year,
        starts_on=academic_year_bounds(year)[0],
        now=set_up,
    )
    keys = []
    for student in students:
        session_.refresh(student)
        assert student.user is not None
        assert student.account_ref is not None
        token = begin_sign_in(session_, user=student.user, now=now)
        keys.append(PupilKey(student.user.id, token, student.account_ref))
    return district, officer, keys


def open_occurrences(
    session_: Session,
    *,
    district: District,
    officer: User,
    happenings: Iterable[tuple[str, str]],
    now: datetime,
    capacity: int | None = None,
) -> dict[str, str]:
    """title → handle of an occurrence that goes on now, each of (title, category) at a venue of its own.

    They begin a minute apart, in the order given: a pupil's events are judged as they happen, not as latecomers.
    """
    set_up, handles = now - timedelta(days=2), {}
    for place, (title, category) in enumerate(happenings):
        venue = create_venue(session_, district=district, name=title, kind="science_museum", tier="lead")
        outline = Outline(title=title, category=category)
        activity = create_activity(session_, outline=outline, created_by=officer, now=set_up, venue=venue)
        starts_at = now - timedelta(minutes=120 - place)
        occurrence = add_occurrence(
            session_, activity=activity, starts_at=starts_at, ends_at=starts_at + timedelta(hours=6), capacity=capacity
        )
        submit_activity(session_, activity=activity, now=set_up)
        decide_on_activity(session_, activity=activity, decision="approved", remark="", decided_by=officer, now=set_up)
        handles[title] = occurrence.handle
    return handles


class Phones:
    """The pupils' phones, each of which can write down the request that confirms a claim."""

    def __init__(self, app: Flask) -> None:
        with app.test_request_context():
            self._csrf = generate_csrf()
            self._kept = dict(session)
            self._app = app
            self._signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]

    def claim(self, pupil: PupilKey, place: int, *, handle: str, direction: str, now: datetime) -> tuple[Claim, bytes]:
        """A fresh claim, and the request of the phone in the `place`-th pocket that confirms it."""
        claim = new_claim(handle=handle, direction=direction, now=now)
        return claim, http("/api/claims", self._headers(claim, place, token=pupil.token))

    def sign_in(self, place: int, *, handle: str, direction: str, now: datetime, fields: dict[str, str]) -> bytes:
        """The request that signs in and confirms a fresh claim in one go."""
        claim = new_claim(handle=handle, direction=direction, now=now)
        headers = self._headers(claim, place) | {"Content-Type": "application/x-www-form-urlencoded"}
        told = {"csrf_token": self._csrf, "occurrence": handle, "direction": direction} | fields
        return http("/k/sign-in", headers, urlencode(told).encode())

    def _headers(self, claim: Claim, place: int, *, token: str = "") -> dict[str, str]:
        browser = self._signer.dumps(self._kept | ({"_user_id": token, "_fresh": True} if token else {}))
        with self._app.app_context():
            cookie = f"session={browser}; claim={seal(claim)}"
        return {
            "Cookie": cookie,
            "X-CSRFToken": self._csrf,
            # A phone each: the limits per network stay on, and are not what is measured.
            "X-Forwarded-For": f"10.{place >> 8 & 255}.{place & 255}.7",
        }


def http(path: str, headers: dict[str, str], body: bytes = b"", *, method: str = "POST") -> bytes:
    """A whole request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
