"""What surrounds every page: the header, the headers, the pages that say what went wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from config import Config
from credit_app.app import create_app
from credit_app.faces import navigation
from credit_app.faces.addresses import path_of_ours
from tests.cast import Cast, today_at
from tests.conftest import HeldClock
from tests.databases import release
from tests.visitor import Visitor


@pytest.fixture(autouse=True)
def _on_the_day(clock: HeldClock) -> None:
    clock.set(today_at(8))


def _address(app: Flask, endpoint: str) -> str:
    with app.test_request_context():
        return url_for(endpoint)


def test_the_header_names_the_pages_of_each_role_and_where_one_is(app: Flask, cast: Cast) -> None:
    for user, home in (
        (cast.pupil.user, "pupil.home"),
        (cast.venue_staff, "venue.home"),
        (cast.officer, "bureau.home"),
    ):
        assert user is not None
        client = Visitor(app)
        client.sign_in(user)
        assert f'<a href="{_address(app, home)}"' in client.get("/programme").text
        assert f'<a href="{_address(app, home)}" aria-current="page"' in client.get(_address(app, home)).text
    assert "主导航" not in Visitor(app).get("/programme").text


def test_a_page_belongs_to_the_entry_of_the_header_above_it(client: Visitor, cast: Cast) -> None:
    assert cast.pupil.user is not None
    client.sign_in(cast.pupil.user)
    for path in ("/programme", f"/programme/{cast.visit.activity.public_id}"):
        assert 'href="/programme" aria-current="page"' in client.get(path).text
    assert 'href="/programme" aria-current="page"' not in client.get("/account").text


@pytest.mark.sqlite_only
def test_every_entry_of_the_header_leads_somewhere(app: Flask) -> None:
    endpoints = {entry.endpoint for entries in navigation.ENTRIES.values() for entry in entries}
    assert sorted(endpoints - set(app.view_functions)) == []


def test_every_answer_carries_the_headers_that_keep_others_out(app: Flask, client: Visitor) -> None:
    for path in ("/", "/sign-in", "/nothing-here", "/healthz"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert "Strict-Transport-Security" not in headers


@pytest.mark.sqlite_only
def test_behind_https_the_browser_is_told_to_stay_there(app: Flask) -> None:
    settings = app.config["SETTINGS"]
    secure = create_app(
        Config(mode="testing", database_url=settings.database_url, jobs_path=settings.jobs_path, https=True)
    )
    answer = Visitor(secure).get("/sign-in", base_url="https://localhost")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "Secure" in answer.headers["Set-Cookie"]
    release(secure)


@pytest.mark.sqlite_only
def test_styles_are_kept_by_the_browser_under_an_address_that_changes_with_them(client: Visitor) -> None:
    address = re.search(r'href="(/static/css/theme\.css\?v=\w+)"', client.get("/sign-in").text)
    assert address is not None
    assert "immutable" in client.get(address.group(1)).headers["Cache-Control"]
    assert "immutable" not in client.get("/static/css/theme.css").headers.get("Cache-Control", "")


def test_an_unknown_address_says_so_in_words_and_to_programs_in_json(client: Visitor) -> None:
    page = client.get("/nothing-here")
    assert page.status_code == 404
    assert "没有找到这个页面" in page.text
    for_programs = client.get("/api/nothing-here")
    assert (for_programs.status_code, for_programs.content_type) == (404, "application/json")
    told = for_programs.get_json()
    assert told["status"] == "not_found"
    assert told["message"] not in ("", "None", None)


def test_a_wrong_method_names_the_right_one(client: Visitor) -> None:
    refused = client.get("/sign-out")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]


def test_a_role_that_does_not_open_a_page_is_told_so(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.homeroom_teacher)
    refused = client.get(_address(client.application, "bureau.home"))
    assert refused.status_code == 403
    assert "您的身份不能" in refused.text


def test_a_busy_database_asks_for_patience(client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: Any, **_more: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr("credit_app.faces.public.programme.published_programme", busy)
    answer = client.get("/programme")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "3"
    assert "请稍等几秒" in answer.text


def test_a_sign_of_life(client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json == {"status": "ok"}

    def down(*_args: Any, **_more: Any) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(Session, "execute", down)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "database_unreachable"})


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        ("/pupil/", True),
        ("/c/H4ND?x=1&y=http://a.example", True),
        ("", False),
        (None, False),
        ("pupil", False),
        ("//evil.example/x", False),
        ("/\\evil.example", False),
        ("\\/evil.example", False),
        ("/\n/evil.example", False),
        ("/x\r\nSet-Cookie: a=b", False),
        ("https://evil.example", False),
        (" //evil.example", False),
    ],
)
def test_only_a_path_of_this_site_is_gone_back_to(text: str | None, ours: bool) -> None:
    assert path_of_ours(text) == (text if ours else None)
