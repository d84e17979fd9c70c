"""Which passwords one may choose, and how they are checked."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from credit_app.errors import InvalidInput
from credit_app.people import passwords
from credit_app.people.line import Line, TooManySignIns
from credit_app.people.passwords import acceptable_password, hash_password, password_matches

GOOD = "tidal-lantern-83"


@pytest.mark.parametrize("password", ["abcd efg", "小鱼在海里游泳呀", GOOD, "x7" * 3 + "kq", "a" * 60 + "bcd" * 20])
def test_a_password_of_eight_characters_that_few_would_guess_is_accepted(password: str) -> None:
    assert acceptable_password(password, login_name="linxiaoyu") == password


@pytest.mark.parametrize(
    "password",
    [
        "abcdef7",  # seven characters
        "x" * 64 + "yz" * 33,  # more than 128
        "linxiaoyu",  # the user name
        "LinXiaoYu",
        "password",
        "PassWord",
        "woaini1314",
        "１ｑａｚ２ｗｓｘ",  # a common one on a full-width keyboard
        "88888888",
        "abababab",
        "12345678",
        "87654321",
        "abcdefgh",
    ],
)
def test_a_password_that_is_tried_first_is_refused_at_its_field(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        acceptable_password(password, login_name="linxiaoyu")
    assert refused.value.field == "password"


def test_the_list_of_common_passwords_holds_only_what_the_other_rules_let_through() -> None:
    text = Path(passwords.__file__).with_name("common_passwords.txt").read_text(encoding="utf-8")
    listed = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(listed) == len(set(listed)) > 100
    assert [line for line in listed if line != line.casefold() or len(line) < passwords.SHORTEST] == []


@pytest.mark.sqlite_only
def test_a_password_is_kept_as_argon2id_and_only_the_same_one_matches(app: Flask) -> None:
    with app.app_context():
        kept = hash_password(GOOD)
        assert kept.startswith("$argon2id$")
        assert GOOD not in kept
        assert hash_password(GOOD) != kept  # salted
        assert password_matches(GOOD, kept)
        assert password_matches("ｔidal-lantern-８３", kept)  # the same keys on a full-width keyboard
        assert not password_matches("tidal-lantern-84", kept)
        assert not password_matches("x" * 200_000, kept)


@pytest.mark.sqlite_only
def test_nobody_and_a_broken_hash_match_no_password(app: Flask) -> None:
    with app.app_context():
        assert not password_matches(GOOD, None)
        assert not password_matches("nobody has this password", None)
        assert not password_matches(GOOD, "not a hash")


def test_outside_of_the_tests_a_hash_costs_what_the_standard_asks() -> None:
    for mode in ("production", "demonstration"):
        memory_kib, passes = Config(mode=mode, secret="s" * 32, ledger_secret="l" * 32).password_cost
        assert memory_kib >= 64 * 1024
        assert passes >= 3


@pytest.mark.sqlite_only
def test_only_so_many_hashes_are_computed_at_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = 2
    running: list[int] = []
    most = 0
    lock = threading.Lock()

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal most
            with lock:
                running.append(1)
                most = max(most, len(running))
            time.sleep(0.05)
            with lock:
                running.pop()
            return "hash"

    monkeypatch.setattr(passwords, "line", Line(at_once=at_once, waiting=8))
    monkeypatch.setattr(passwords, "_hasher", Slow)

    def one() -> None:
        with app.app_context():
            hash_password(GOOD)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == at_once


@pytest.mark.sqlite_only
def test_whoever_waits_too_long_is_told_to_come_back() -> None:
    door = Line(at_once=1)
    with door.seat(), pytest.raises(TooManySignIns) as busy, door.seat(longest_wait_seconds=0.01):
        pass
    assert busy.value.status == 503
