"""What several tests of the ledger begin with."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy.orm import Session

from credit_app.schools.models import Student
from tests.cast import Cast
from tests.ledger.changing import (
    took_part,
)
from tests.ledger.facts import course, lecture, visit
from tests.progress.year import newcomer


@pytest.fixture
def year(db_session: Session, cast: Cast) -> list[Student]:
    """Nine pupils with a few visits, lectures and courses each: limits bite, some days are shared."""
    random = Random(3)
    pupils = [cast.pupil, cast.classmate, cast.other_pupil]
    pupils += [newcomer(db_session, cast.school_class, f"学生{at}", grade=at % 3 + 4) for at in range(6)]
    for at, pupil in enumerate(pupils):
        for number in range(random.randint(1, 7)):
            name, day = f"p{at}n{number}", random.randint(0, 9)
            made = random.choice((visit, visit, lecture, course))
            took_part(db_session, pupil, made(name, day=day))
    return pupils
