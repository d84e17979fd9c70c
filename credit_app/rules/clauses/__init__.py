"""The kinds of clause, a file per kind: its definition in the book, its single form and its batch form.

May import ``facts``, ``calendar`` and ``trace``; never numpy: the batch forms work on the columns that ``rows``
hands them. Key nouns: `Condition` (all must be met), `Amount` (what is earned before limits), `Limit` (count limits
say yes or no, amount limits cut, convert or take the highest).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from credit_app.rules.clauses.at_most import AtMost, NoRepeat
from credit_app.rules.clauses.at_venue import AtVenue
from credit_app.rules.clauses.by_level import ByLevel
from credit_app.rules.clauses.cap import Cap
from credit_app.rules.clauses.dwell import Dwell
from credit_app.rules.clauses.fixed import Fixed
from credit_app.rules.clauses.grade import GradeRange
from credit_app.rules.clauses.highest_only import HighestOnly
from credit_app.rules.clauses.listed import Listed
from credit_app.rules.clauses.per_hour import PerHour
from credit_app.rules.clauses.proof import Proof
from credit_app.rules.clauses.reviewed import EvidenceApproved, WorksheetApproved
from credit_app.rules.clauses.role import Role
from credit_app.rules.clauses.steps import Steps
from credit_app.rules.clauses.tier import TierOf

AnyCondition = Dwell | GradeRange | Role | TierOf | AtVenue | Proof | WorksheetApproved | EvidenceApproved | Listed
AnyAmount = Fixed | PerHour | ByLevel
AnyLimit = NoRepeat | AtMost | HighestOnly | Steps | Cap
AnyClause = Annotated[AnyCondition | AnyAmount | AnyLimit, Field(discriminator="kind")]
