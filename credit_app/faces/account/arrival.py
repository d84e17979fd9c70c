"""What happens once it is settled who somebody is, by whichever way they came."""

from __future__ import annotations

from credit_app import clock
from credit_app.extensions import db
from credit_app.faces import browser_session
from credit_app.faces.addresses import home_of
from credit_app.people import queries as people
from credit_app.people.models import User


def arrive(user: User, token: str, *, keep: bool = False) -> str:
    """This browser is `user`'s by `token`, and the sign-in it held before is over; where they begin is returned.

    The view commits.
    """
    browser_session.end_in_database()
    home = home_of(people.roles_on(db.session, user=user, day=clock.today()))
    browser_session.begin(user, token, keep=keep)
    return home
