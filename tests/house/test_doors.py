"""Every door of the program is guarded or listed as public, and a stranger gets through none of the guarded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, NumberConverter

from tests.visitor import Visitor

# Anyone may enter these, and none of them shows personal data.
PUBLIC: set[str] = {
    "account.activate",
    "account.set_language",
    "account.sign_in",
    "account.sign_out",
    "account.submit_activation",
    "account.submit_sign_in",
    "account.try_as",
    "api.docs",
    "api.openapi",
    "device.enrol",
    "account.turn",
    "public.activity",
    # The scanner is a shell: what it knows it gets as an enrolled device, by the interface for devices.
    "public.door",
    "public.door_manifest",
    "public.door_reader",
    "public.door_worker",
    "public.healthz",
    "public.programme",
    "public.receipt",
    "public.receipt_form",
    "public.start",
    # A scanned code is opened before one signs in: these show the activity, and the pupil only to themselves.
    "pupil.back_to_claim",
    "pupil.claim",
    "pupil.confirm_claim",
    "pupil.open_kiosk_code",
    "pupil.other_account",
    "pupil.sign_in_and_confirm",
    "pupil.type_code",
    "pupil.open_typed_code",
}


def _guard(app: Flask, rule: Rule) -> str | None:
    return getattr(app.view_functions[rule.endpoint], "guard", None)


def _rules(app: Flask) -> Iterator[Rule]:
    return (rule for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def _address(app: Flask, rule: Rule) -> str:
    values: dict[str, Any] = {name: _nobodys(rule, name) for name in rule.arguments}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def _nobodys(rule: Rule, name: str) -> Any:
    """A value for a part of an address: well-formed, and of nothing that exists."""
    converter = rule._converters[name]
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, NumberConverter) else "nosuchthing"


@pytest.mark.sqlite_only
def test_every_view_says_who_may_enter(app: Flask) -> None:
    assert sorted({rule.endpoint for rule in _rules(app) if _guard(app, rule) is None}) == []


@pytest.mark.sqlite_only
def test_the_public_doors_are_these_and_no_others(app: Flask) -> None:
    assert {rule.endpoint for rule in _rules(app) if _guard(app, rule) == "public"} == PUBLIC


@pytest.mark.sqlite_only
def test_a_stranger_is_sent_to_the_sign_in_page_or_refused_everywhere_else(app: Flask, client: Visitor) -> None:
    let_in = []
    for rule in _rules(app):
        if _guard(app, rule) == "public":
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(_address(app, rule), method=method)
            sent_away = answer.status_code == 302 and "/sign-in" in (answer.location or "")
            # A form without the token of a page is refused before anybody asks who sent it.
            refused = answer.status_code in {401, 403} or (method != "GET" and answer.status_code == 400)
            if not (sent_away or refused):
                let_in.append(f"{method} {rule} answered {answer.status_code}")
    assert let_in == []


@pytest.mark.sqlite_only
def test_no_address_holds_a_countable_number(app: Flask) -> None:
    """Public ids are random: whoever has one address cannot guess the next."""
    counted = [
        str(rule) for rule in _rules(app) for part in rule._converters.values() if isinstance(part, NumberConverter)
    ]
    assert counted == []
