"""An occurrence's list with what each participation brought or waits for, and who decided on the worksheet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from credit_app.attendance.crediting import present_fact
from credit_app.attendance.facts import Happening
from credit_app.attendance.lists import Listed, OccurrenceList
from credit_app.ledger.queries import net_by_participation
from credit_app.progress.queries.figures import book_on
from credit_app.recognition.models import WorksheetReview
from credit_app.recognition.queries import latest_reviews
from credit_app.rules.single import Award
from credit_app.rules.single import award as judge


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One pupil of the list.

    `centicredits` is what the ledger holds, None while nothing has been posted. `verdict` is what the rules say of the
    participation by itself, before the pupil's limits; None while no rule set covers the day.
    """

    pupil: Listed
    centicredits: int | None
    verdict: Award | None
    review: WorksheetReview | None

    @property
    def waits(self) -> bool:
        return self.centicredits is None

    @property
    def reason(self) -> str | None:
        """The code that says why nothing came of it, or nothing yet; ``limited`` where a limit of the pupil cut it."""
        if self.verdict is None:
            return "no_rule_set" if self.waits else None
        if self.verdict.state != "awarded":
            return self.verdict.reason
        return "limited" if not self.waits and (self.centicredits or 0) < self.verdict.centicredits else None


def occurrence_rows(session: Session, *, listed: OccurrenceList) -> list[OccurrenceRow]:
    """The rows of a list that has been fetched for whoever asks; two statements."""
    credited = net_by_participation(
        session,
        account_refs=[pupil.to.account_ref for pupil in listed.pupils],
        participations=[pupil.participation for pupil in listed.pupils],
    )
    reviews = latest_reviews(session, attendance_ids=[pupil.attendance_id for pupil in listed.pupils])
    return [
        OccurrenceRow(
            pupil=pupil,
            centicredits=credited.get(pupil.participation),
            verdict=_verdict(session, listed.happening, pupil),
            review=reviews.get(pupil.attendance_id),
        )
        for pupil in listed.pupils
    ]


def _verdict(session: Session, happening: Happening, pupil: Listed) -> Award | None:
    book = book_on(session, district_id=pupil.to.district_id, day=happening.occurs_on, stamp=pupil.to.book_stamp)
    return judge(present_fact(happening, pupil.present), {}, book) if book else None
