"""The line before passwords: so many at once, first come first served, and no seat kept for who has gone."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_app.people.line import (
    ADMISSION_LASTS,
    SHOWN_FOR,
    TICKET_LASTS,
    Line,
    Ticket,
    TooManySignIns,
    new_ticket,
    seal_ticket,
    unseal_ticket,
)

# A machine that is busy with something else says nothing about the line.
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
BEGAN = datetime(2026, 10, 17, 5, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def came(number: int) -> Ticket:
    """The ticket of who came as the `number`-th, a millisecond after the one before."""
    return Ticket(f"ticket-{number:03}", BEGAN + timedelta(milliseconds=number))


def full(line: Line, stack: ExitStack, people: int) -> None:
    for _ in range(people):
        stack.enter_context(line.visit(None))


def test_who_comes_to_an_empty_line_goes_at_once() -> None:
    turn = Line().ask(came(1), now=BEGAN)
    assert (turn.go, turn.ahead) == (True, 0)


def test_no_more_are_let_in_than_there_is_room_for() -> None:
    line = Line(admitted=3)
    assert [line.ask(came(number), now=BEGAN).go for number in range(6)] == [True, True, True, False, False, False]


def test_who_is_told_to_wait_learns_how_many_are_ahead_and_when_to_ask() -> None:
    line = Line(admitted=3)
    with ExitStack() as stack:
        full(line, stack, 3)
        turns = [line.ask(came(number), now=BEGAN) for number in range(40)]
    assert [turn.ahead for turn in turns] == list(range(3, 43))
    assert all(timedelta(0) < turn.again_in <= timedelta(seconds=3) for turn in turns)
    assert turns[0].again_in < turns[-1].again_in, "those at the front ask more often"


def test_who_came_first_goes_first_whoever_asks_first() -> None:
    line = Line(admitted=1)
    with ExitStack() as stack:
        full(line, stack, 1)
        for number in (1, 2, 3):
            assert not line.ask(came(number), now=BEGAN).go
    assert [line.ask(came(number), now=BEGAN + SECOND / 5).go for number in (3, 2, 1)] == [False, False, True]


def test_a_seat_is_kept_for_nobody_who_has_gone() -> None:
    """The first in the line has closed the page: the second goes when the first should have asked and did not."""
    line = Line(admitted=1)
    with ExitStack() as stack:
        full(line, stack, 1)
        for number in (1, 2):
            line.ask(came(number), now=BEGAN)
    assert not line.ask(came(2), now=BEGAN + SECOND).go
    assert line.ask(came(2), now=BEGAN + 2 * SECOND).go


def test_a_clock_that_is_set_back_keeps_nobody_waiting() -> None:
    line = Line(admitted=1)
    for number in (1, 2, 3):
        line.ask(came(number), now=BEGAN + 3600 * SECOND)
    assert line.ask(came(4), now=BEGAN).go


def test_an_admission_ends_by_itself_and_is_taken_up_by_coming() -> None:
    line = Line(admitted=1)
    assert line.ask(came(1), now=BEGAN).go
    assert line.ask(came(1), now=BEGAN).go, "asked once more, told the same"
    assert not line.ask(came(2), now=BEGAN + ADMISSION_LASTS).go
    with line.visit(came(1).nonce):
        assert not line.ask(came(2), now=BEGAN + 2 * SECOND).go
    assert line.ask(came(2), now=BEGAN + 2 * SECOND).go


def test_the_length_counts_who_is_here_and_who_waits_until_they_stop_asking() -> None:
    line = Line(admitted=1)
    with ExitStack() as stack:
        full(line, stack, 2)
        line.ask(came(1), now=BEGAN)
        line.ask(came(2), now=BEGAN)
        assert line.length(now=BEGAN) == 4
        assert line.length(now=BEGAN + SHOWN_FOR + SECOND) == 2
    assert line.length(now=BEGAN + SHOWN_FOR + SECOND) == 0


def test_a_process_checks_so_many_at_once_lets_so_many_wait_and_refuses_the_rest_at_once() -> None:
    line = Line(at_once=2, waiting=0)
    with line.seat(), line.seat(), pytest.raises(TooManySignIns), line.seat():
        pass
    with line.seat():
        pass


@relaxed
@given(st.permutations(range(12)))
def test_whatever_the_order_of_asking_everybody_gets_in_in_the_order_of_coming(asking: list[int]) -> None:
    line, now, went = Line(admitted=1), BEGAN, []
    with ExitStack() as stack:
        full(line, stack, 1)
        for number in asking:
            line.ask(came(number), now=now)
    waiting = list(asking)
    while waiting:
        now += timedelta(milliseconds=100)
        for number in list(waiting):
            if line.ask(came(number), now=now).go:
                with line.visit(came(number).nonce):
                    went.append(number)
                waiting.remove(number)
    assert went == sorted(went)


def test_nobody_can_have_come_earlier_than_they_did(app_with_secret: Flask) -> None:
    with app_with_secret.app_context():
        ticket = new_ticket(BEGAN)
        sealed = seal_ticket(ticket)
        assert unseal_ticket(sealed, now=BEGAN) == ticket
        assert unseal_ticket(sealed[:-1] + ("A" if sealed[-1] != "A" else "B"), now=BEGAN) is None
        assert unseal_ticket("", now=BEGAN) is None
        assert unseal_ticket(sealed, now=BEGAN + TICKET_LASTS) is None


@pytest.fixture
def app_with_secret() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "a secret for tickets"
    return app
