"""The door that its bench measures at: cards, devices, and the requests of a Saturday."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update

from bench.check_in_data import ROUNDS, World
from bench.city import PupilKey, http, open_occurrences
from bench.load import Conversation, Planned
from credit_app.activities.models import Activity, Occurrence
from credit_app.attendance.kiosk_code import code_text, slot_of
from credit_app.attendance.screen_pass import issue_pass
from credit_app.extensions import db
from credit_app.organisations.models import District, Venue
from credit_app.people.models import User
from credit_app.people.passwords import hash_password
from credit_app.schools.cards import StudentCard
from credit_app.schools.cards.token import card_token, new_card_id
from credit_app.schools.models import Student
from tests.faces.tablets import Tablet, enrolled

CLIENTS = (16, 32)
DEVICES = 4
PASSWORD = "a-door-on-saturday"  # noqa: S105 (nobody's)
SATURDAY = tuple(f"saturday{number}" for number in range(4))
WAITING = tuple(f"waiting{number}" for number in range(2))


@dataclass(frozen=True)
class Run:
    """An occurrence, as a device and a phone name it."""

    handle: str
    public_id: str
    screen_pass: str


class Door:
    """Cards for all pupils of `world`, devices at one venue, and occurrences for every measurement."""

    def __init__(self, world: World) -> None:
        self.world = world
        with world.app.app_context():
            session, now = db.session(), datetime.now(UTC)
            officer = session.scalars(select(User).where(User.login_name == "officer")).one()
            titles = [f"scan{clients}.{number}" for clients in CLIENTS for number in range(1, ROUNDS + 1)]
            happenings = [(title, "lecture") for title in (*titles, *WAITING, *SATURDAY)]
            district = session.scalars(select(District)).one()
            open_occurrences(session, district=district, officer=officer, happenings=happenings, now=now)
            venue = session.scalars(select(Venue).where(Venue.name == SATURDAY[0])).one()
            # All at one door: its devices may scan for each.
            session.execute(
                update(Activity).where(Activity.title.in_([t for t, _ in happenings])).values(venue_id=venue.id)
            )
            session.commit()
            self.runs = {
                found.activity.title: Run(found.handle, found.public_id, issue_pass(found))
                for found in session.scalars(select(Occurrence))
            }
            self.cards = self._issue_cards(world.pupils, officer, now)
            session.commit()
            self.tablets = [enrolled(world.app, session, officer, now, venue=venue) for _ in range(DEVICES)]
            session.commit()
            self.password_hash = hash_password(PASSWORD)

    def scan_requests(self, clients: int, number: int) -> list[bytes]:
        """One scan for each pupil, by the devices in turn."""
        run = self.runs[f"scan{clients}.{number}"]
        return [self._scan(place, run) for place in range(len(self.cards))]

    def batch_requests(self, scans: int, size: int) -> list[bytes]:
        """So many scans that waited on one device, in batches."""
        tablet, now = self.tablets[0], datetime.now(UTC)
        pairs = itertools.islice(itertools.product(WAITING, self.cards), scans)
        items = [self._item(tablet, card, self.runs[title], now, offline=True) for title, card in pairs]
        return [self._batch(tablet, items[at : at + size]) for at in range(0, len(items), size)]

    def saturday(self, seconds: float, *, sign_ins: int) -> list[Planned]:
        """Everybody comes once within `seconds`: four in ten by phone, four by a card, two in a batch; with `sign_ins`
        others who have to type their password first. Screens ask for codes meanwhile."""
        chance, run = random.Random(7), self.runs[SATURDAY[0 if sign_ins == 0 else 1]]
        places = list(range(len(self.cards)))
        chance.shuffle(places)
        typing, places = places[:sign_ins], places[sign_ins:]
        tenth = len(places) // 10
        planned = [self._by_phone(place, run, chance.uniform(0, seconds)) for place in places[: 4 * tenth]]
        planned += [self._by_card(place, run, chance.uniform(0, seconds)) for place in places[4 * tenth : 8 * tenth]]
        rest = places[8 * tenth :]
        planned += [
            self._by_batch(rest[at : at + 25], run, chance.uniform(0, seconds)) for at in range(0, len(rest), 25)
        ]
        planned += [self._screen(run, at) for _ in range(4) for at in range(0, int(seconds), 10)]
        self._forget_sign_ins(typing)
        planned += [self._with_password(place, run, chance.uniform(0, seconds)) for place in typing]
        return sorted(planned, key=lambda each: each.at)

    def _issue_cards(self, pupils: list[PupilKey], officer: User, now: datetime) -> list[str]:
        session = db.session()
        students = {student.account_ref: student for student in session.scalars(select(Student))}
        tokens = []
        for pupil in pupils:
            card_id = new_card_id()
            session.add(
                StudentCard(
                    student_id=students[pupil.account_ref].id,
                    card_id=card_id,
                    generation=1,
                    issued_by_id=officer.id,
                    issued_at=now,
                )
            )
            tokens.append(card_token(card_id, 1))
        return tokens

    def _item(self, tablet: Tablet, card: str, run: Run, now: datetime, **other: Any) -> dict[str, Any]:
        item = tablet.item(card, run, "in", now, **other)  # type: ignore[arg-type]
        return item | {"occurrence": run.handle}

    def _scan(self, place: int, run: Run) -> bytes:
        tablet = self.tablets[place % DEVICES]
        return self._signed(tablet, "/api/device/scans", self._item(tablet, self.cards[place], run, datetime.now(UTC)))

    def _batch(self, tablet: Tablet, items: list[dict[str, Any]]) -> bytes:
        content = {"seq": items[-1]["seq"], "queued": len(items), "items": items}
        return self._signed(tablet, "/api/device/batches", content)

    @staticmethod
    def _signed(tablet: Tablet, path: str, content: Any) -> bytes:
        body = json.dumps(content).encode()
        headers = {
            "X-Device": tablet.device,
            "X-Device-Signature": tablet.signature("POST", path, body),
            "Content-Type": "application/json",
            "X-Forwarded-For": "10.200.0.9",
        }
        return http(path, headers, body)

    def _by_card(self, place: int, run: Run, at: float) -> Planned:
        async def steps(talk: Conversation) -> int:
            return (await talk.ask(self._scan(place, run))).status

        return Planned(at, "card", steps)

    def _by_batch(self, places: list[int], run: Run, at: float) -> Planned:
        async def steps(talk: Conversation) -> int:
            tablet, now = self.tablets[0], datetime.now(UTC)
            items = [self._item(tablet, self.cards[place], run, now, offline=True) for place in places]
            return (await talk.ask(self._batch(tablet, items))).status

        return Planned(at, "batch of 25", steps)

    def _by_phone(self, place: int, run: Run, at: float) -> Planned:
        async def steps(talk: Conversation) -> int:
            now = datetime.now(UTC)
            with self.world.app.app_context():
                code = code_text(handle=run.handle, epoch=1, direction="in", slot=slot_of(now))
            opened = await talk.ask(http(f"/K/{code}", self._from(place), method="GET"))
            if opened.status >= 400:
                return opened.status
            _, request = self.world.phones.claim(
                self.world.pupils[place], place, handle=run.handle, direction="in", now=now
            )
            return (await talk.ask(request)).status

        return Planned(at, "phone", steps)

    def _screen(self, run: Run, at: float) -> Planned:
        async def steps(talk: Conversation) -> int:
            headers = {"X-Screen-Pass": run.screen_pass}
            return (await talk.ask(http(f"/api/occurrences/{run.public_id}/codes", headers, method="GET"))).status

        return Planned(at, "screen", steps)

    def _forget_sign_ins(self, places: list[int]) -> None:
        with self.world.app.app_context():
            ids = [self.world.pupils[place].user_id for place in places]
            db.session.execute(update(User).where(User.id.in_(ids)).values(password_hash=self.password_hash))
            rows = db.session.execute(select(User.id, User.login_name).where(User.id.in_(ids)))
            self.names = {row.id: row.login_name for row in rows}
            db.session.commit()

    def _with_password(self, place: int, run: Run, at: float) -> Planned:
        """As the page does it: ask whose turn it is, and only then send name and password."""

        async def steps(talk: Conversation) -> int:
            ticket = ""
            while True:
                answer = await talk.ask(http(f"/sign-in/turn?ticket={ticket}", self._from(place), method="GET"))
                if answer.status != 200:
                    return answer.status
                turn = json.loads(answer.body)
                if turn["go"]:
                    break
                ticket = turn["ticket"]
                await talk.pause(turn["again_in_ms"] / 1000)
            pupil = self.world.pupils[place]
            request = self.world.phones.sign_in(
                place,
                handle=run.handle,
                direction="in",
                now=datetime.now(UTC),
                fields={"login_name": self.names[pupil.user_id], "password": PASSWORD, "turn": turn["ticket"]},
            )
            answer = await talk.ask(request)
            return answer.status if answer.status != 503 else await steps(talk)

        return Planned(at, "sign-in", steps)

    @staticmethod
    def _from(place: int) -> dict[str, str]:
        return {"X-Forwarded-For": f"10.{place >> 8 & 255}.{place & 255}.7"}
