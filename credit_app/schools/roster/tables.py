"""The files of OneRoster 1.1 and their columns, as the standard has them.

Source: 1EdTech OneRoster 1.1, CSV Tables, section 3. Columns named ``metadata.*`` are anyone's own and passed over.
Files that say nothing about who is in which class (demographics, resources, results …) are known and passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

MANIFEST = "manifest"
VERSIONS = ("1.1", "1.1.0", "1.1.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file: the columns it has, those that must hold a value, and those without which we cannot read it at all.

    `aliases` are names that earlier versions and common exports give a column.
    """

    name: str
    columns: tuple[str, ...]
    required: frozenset[str]
    needed: frozenset[str]
    aliases: dict[str, str]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def _table(name: str, columns: str, *, required: str, needed: str, aliases: dict[str, str] | None = None) -> Table:
    return Table(
        name=name,
        columns=("sourcedId", "status", "dateLastModified", *columns.split()),
        required=frozenset(["sourcedId", *required.split()]),
        needed=frozenset(needed.split()),
        aliases=aliases or {},
    )


ACADEMIC_SESSIONS = _table(
    "academicSessions",
    "title type startDate endDate parentSourcedId schoolYear",
    required="title type startDate endDate schoolYear",
    needed="sourcedId startDate endDate",
)
ORGS = _table(
    "orgs",
    "name type identifier parentSourcedId",
    required="name type",
    needed="sourcedId name type",
)
COURSES = _table(
    "courses",
    "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
    required="title orgSourcedId",
    needed="sourcedId title",
    aliases={"grade": "grades"},
)
CLASSES = _table(
    "classes",
    "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds subjects subjectCodes"
    " periods",
    required="title courseSourcedId classType schoolSourcedId termSourcedIds",
    needed="sourcedId title schoolSourcedId",
    aliases={"grade": "grades", "termsourcedid": "termSourcedIds"},
)
USERS = _table(
    "users",
    "enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier email sms phone"
    " agentSourcedIds grades password",
    required="enabledUser orgSourcedIds role username givenName familyName",
    needed="sourcedId orgSourcedIds role username givenName familyName",
    aliases={"grade": "grades", "userid": "userIds", "agents": "agentSourcedIds"},
)
ENROLLMENTS = _table(
    "enrollments",
    "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    required="classSourcedId schoolSourcedId userSourcedId role",
    needed="classSourcedId userSourcedId role",
)
DEMOGRAPHICS_AND_MORE = (
    "demographics",
    "categories",
    "classResources",
    "courseResources",
    "lineItems",
    "resources",
    "results",
)

READ = (ACADEMIC_SESSIONS, ORGS, COURSES, CLASSES, USERS, ENROLLMENTS)
TABLES = {name.lower() for name in (*(table.name for table in READ), *DEMOGRAPHICS_AND_MORE)}

CLASS_TYPES = ("homeroom", "scheduled")
STAFF_ROLES = frozenset({"teacher", "administrator", "aide"})
USER_ROLES = STAFF_ROLES | {"student", "guardian", "parent", "proctor", "relative"}
ENROLLMENT_ROLES = frozenset({"administrator", "proctor", "student", "teacher"})
STATUSES = frozenset({"", "active", "inactive", "tobedeleted"})
"""In bulk the column is empty; `active` stands there in many exports, `inactive` is version 1.0's word for gone."""
GONE_STATUSES = frozenset({"tobedeleted", "inactive"})
