"""The one door for writes about people. What stands behind it is told in the package's docstring.

Everything takes the session first and keywords after, flushes, and leaves the commit to the face, with these exceptions
that their docstrings explain: `sign_in`, `activate` and `change_password` read in a transaction of their own before
they hash, and `record_access` writes in one.
"""

from credit_app.people.access_log import record_access
from credit_app.people.activation import activate, issue_activation, issue_activations, last_day_of_codes, reset_sign_in
from credit_app.people.roles import create_user, end_role, grant_role
from credit_app.people.sign_in import (
    Blocked,
    ChooseSchool,
    Refused,
    SignedIn,
    begin_sign_in,
    change_password,
    purge_expired,
    sign_in,
    sign_out,
)

__all__ = [
    "Blocked",
    "ChooseSchool",
    "Refused",
    "SignedIn",
    "activate",
    "begin_sign_in",
    "change_password",
    "create_user",
    "end_role",
    "grant_role",
    "issue_activation",
    "issue_activations",
    "last_day_of_codes",
    "purge_expired",
    "record_access",
    "reset_sign_in",
    "sign_in",
    "sign_out",
]
