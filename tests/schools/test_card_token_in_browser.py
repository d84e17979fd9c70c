"""The verifier in the browser agrees with the golden vectors, by WebCrypto and by the script for those without it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import OpenBrowser
from tests.schools.card_vectors import VECTORS

pytestmark = [pytest.mark.browser]

# A browser of 2020: everything but Ed25519.
WITHOUT_ED25519 = """
    const known = SubtleCrypto.prototype.importKey;
    SubtleCrypto.prototype.importKey = function (format, key, algorithm, ...rest) {
        if ((algorithm.name || algorithm) === 'Ed25519') {
            return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
        }
        return known.call(this, format, key, algorithm, ...rest);
    };
"""
KEYS = [{"id": (VECTORS["key"]["id"] + 1) % 256, "key": VECTORS["key"]["key"]}, VECTORS["key"]]
FLIP_EVERY_BIT = """async ([token, keys]) => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    const passed = [];
    for (let place = 4; place < token.length; place++) {
        for (let bit = 0; bit < 5; bit++) {
            const other = alphabet[alphabet.indexOf(token[place]) ^ (1 << bit)];
            const read = await CardToken.read(token.slice(0, place) + other + token.slice(place + 1), keys);
            if (read.ok || !['malformed', 'unknown_key', 'forged'].includes(read.why)) {
                passed.push([place, bit, read.why]);
            }
        }
    }
    return passed;
}"""


def _with_script(page: Page, *, noble: bool) -> Page:
    page.goto("/")
    if noble:
        page.add_script_tag(url="/static/vendor/noble-ed25519-3.2.0/noble-ed25519.min.js")
    page.add_script_tag(url="/static/js/card-token.js")
    return page


@pytest.fixture(params=["WebCrypto", "noble"])
def reader(request: pytest.FixtureRequest, open_browser: OpenBrowser) -> Page:
    page = open_browser()
    if request.param == "noble":
        page.add_init_script(WITHOUT_ED25519)
    # WebCrypto gets no second script, so what it verifies is its own work.
    return _with_script(page, noble=request.param == "noble")


def _read(page: Page, text: str) -> dict[str, Any]:
    asked = """async ([text, keys]) => {
        const read = await CardToken.read(text, keys);
        return Object.assign({}, read, {signature: read.signature && Array.from(read.signature).length});
    }"""
    found: dict[str, Any] = page.evaluate(asked, [text, KEYS])
    return found


def test_every_card_of_the_vectors_is_read_and_every_broken_one_refused_for_the_right_reason(reader: Page) -> None:
    for card in VECTORS["cards"]:
        good = {"ok": True, "cardId": card["card_id"], "generation": card["generation"], "signature": 64, "why": None}
        assert _read(reader, card["token"]) == good
        assert _read(reader, f" {card['token'].lower()}\r\n") == good
    for broken in VECTORS["broken_tokens"]:
        read = _read(reader, broken["text"])
        assert (read["ok"], read["why"]) == (False, broken["why"]), broken["what"]
        assert (read["cardId"], read["signature"]) == (None, None)


def test_every_bit_flipped_is_refused(reader: Page) -> None:
    assert reader.evaluate(FLIP_EVERY_BIT, [VECTORS["cards"][2]["token"], KEYS]) == []


def test_the_roster_opens_under_the_card_and_under_no_other(reader: Page) -> None:
    salt = VECTORS["roster"]["salt"]
    opened = """async ([token, keys, salt, people]) => {
        const card = await CardToken.read(token, keys);
        const seal = await CardToken.seal(card.signature, salt);
        const everything = await Promise.all(people.map((sealed) => CardToken.open(seal.key, sealed)));
        const key = btoa(String.fromCharCode(...seal.key)).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
        return {name: seal.name, key: key, opened: everything};
    }"""
    people = VECTORS["roster"]["people"]
    for place, person in enumerate(people):
        found = reader.evaluate(opened, [person["token"], KEYS, salt, [each["sealed"] for each in people]])
        assert (found["name"], found["key"]) == (person["name"], person["key"])
        assert found["opened"] == [person["person"] if at == place else None for at in range(len(people))]


def test_numbers_and_revocations_are_read_as_in_the_vectors(reader: Page) -> None:
    for card in [*VECTORS["cards"], *VECTORS["typed_numbers"]]:
        read = reader.evaluate("text => CardToken.readNumber(text)", card.get("text") or card["number"])
        printed = reader.evaluate("number => CardToken.grouped(number)", card["number"])
        assert read["ok"], card
        assert read["cardId"] == card["number"][:8]
        assert printed.replace(" ", "") == card["number"]
    for broken in VECTORS["broken_numbers"]:
        read = reader.evaluate("text => CardToken.readNumber(text)", broken["text"])
        assert read == {"ok": False, "cardId": None, "generation": None, "why": broken["why"]}, broken["what"]
    for revoked in VECTORS["roster"]["revoked"]:
        mark = reader.evaluate(
            "([salt, id, generation]) => CardToken.revokedMark(salt, id, generation)",
            [VECTORS["roster"]["salt"], revoked["card_id"], revoked["generation"]],
        )
        assert mark == revoked["mark"]


def test_a_browser_that_can_verify_nothing_says_so_instead_of_refusing_the_card(page: Page) -> None:
    page.add_init_script(WITHOUT_ED25519)
    _with_script(page, noble=False)
    read = _read(page, VECTORS["cards"][0]["token"])
    assert (read["ok"], read["why"]) == (False, "unsupported")
