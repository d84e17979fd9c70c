"""`worksheet` and `evidence`: what the pupil handed in has been approved by a reviewer.

Two kinds, one rule: approved counts, refused for good does not, and anything else is still to be decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows


class Reviewed(Condition):
    """What both kinds share; `subject` is the field of the fact, and the stem of the codes."""

    subject: ClassVar[str]
    turns: ClassVar[Mapping[str, str]]
    """For each undecided state, what comes next: the pupil's turn, or the reviewer's."""
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED, Outcome.UNDECIDED)

    @property
    def codes(self) -> tuple[str, ...]:
        """Approved, refused for good, or not yet decided."""
        return f"{self.subject}_met", f"{self.subject}_refused", f"{self.subject}_missing"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        state_of, found = attrgetter(self.subject), {"approved": 0, "refused": 1}

        def check(fact: Fact) -> tuple[int, tuple[str, ...]]:
            state = state_of(fact)
            return found.get(state, 2), (state,)

        return check

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        return rows.choose(
            (rows.is_one_of(self.subject, ("approved",)), 0),
            (rows.is_one_of(self.subject, ("refused",)), 1),
            otherwise=2,
        )

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Whose turn it is; a refusal is final."""
        turn = self.turns.get(getattr(fact, self.subject))
        return Remedy(turn, {}, replace(fact, **{self.subject: "approved"})) if turn else None  # type: ignore[arg-type]


class WorksheetApproved(Reviewed):
    """The worksheet has been approved; returned for good, or missing when the year is settled, is a refusal."""

    kind: Literal["worksheet"]

    params: ClassVar[tuple[str, ...]] = ("worksheet",)
    subject: ClassVar[str] = "worksheet"
    turns: ClassVar[Mapping[str, str]] = {
        "none": "hand_in_worksheet",
        "submitted": "wait_for_worksheet",
        "returned": "revise_worksheet",
    }


class EvidenceApproved(Reviewed):
    """The document, result or response behind the participation has been approved."""

    kind: Literal["evidence"]

    params: ClassVar[tuple[str, ...]] = ("evidence",)
    subject: ClassVar[str] = "evidence"
    turns: ClassVar[Mapping[str, str]] = {"none": "hand_in_evidence", "submitted": "wait_for_evidence"}
