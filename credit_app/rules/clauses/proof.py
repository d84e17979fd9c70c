"""`proof`: it is sure enough that the pupil was there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from credit_app.rules.clauses.base import CheckForm, Condition, Outcome, Remedy
from credit_app.rules.clauses.shapes import one_or_more
from credit_app.rules.facts import Fact

if TYPE_CHECKING:
    from credit_app.rules.rows import Rows

ProofLevel = Literal["staff_scan", "roll_call", "self_scan", "declared"]
ProofLevels = Annotated[
    tuple[ProofLevel, ...], BeforeValidator(one_or_more, json_schema_input_type=ProofLevel | list[ProofLevel])
]


class Proof(Condition):
    """The proof is one of `accepts`, or one of `accepts_with_check_out` and the pupil checked out."""

    kind: Literal["proof"]
    accepts: Annotated[ProofLevels, Field(min_length=1)]
    accepts_with_check_out: ProofLevels = ()

    params: ClassVar[tuple[str, ...]] = ("proof",)
    outcomes: ClassVar[tuple[int, ...]] = (Outcome.MET, Outcome.FAILED, Outcome.UNDECIDED, Outcome.UNDECIDED)

    @property
    def codes(self) -> tuple[str, ...]:
        """A missing check-out is undecided while the stay is open, or its end has only been assumed."""
        return "proof_met", "proof_too_weak", "no_check_out", "end_assumed"

    def single(self) -> CheckForm:
        """The condition as a closure."""
        accepts, with_check_out = frozenset(self.accepts), frozenset(self.accepts_with_check_out)

        def check(fact: Fact) -> tuple[int, tuple[str, ...]]:
            proof = fact.proof
            if proof in accepts or (fact.checked_out and proof in with_check_out):
                return 0, (proof,)
            if proof in with_check_out and fact.end_assumed:
                return 3, (proof,)
            if proof in with_check_out and fact.dwell_minutes is None:
                return 2, (proof,)
            return 1, (proof,)

        return check

    def batch(self, rows: Rows) -> Any:
        """For each of `rows`, the finding's place in `codes`."""
        needs_check_out = rows.is_one_of("proof", self.accepts_with_check_out)
        return rows.choose(
            (rows.is_one_of("proof", self.accepts), 0),
            (needs_check_out & rows.checked_out, 0),
            (needs_check_out & rows.end_assumed, 3),
            (needs_check_out & rows.no_stay, 2),
            otherwise=1,
        )

    def remedy(self, fact: Fact, code: str) -> Remedy | None:
        """Check out, or have the real end confirmed; a proof that is too weak can only be made better next time."""
        if code == "proof_too_weak":
            return Remedy("stronger_proof")
        cured = replace(fact, checked_out=True, end_assumed=False, dwell_minutes=fact.dwell_minutes or 0)
        return Remedy("check_out" if code == "no_check_out" else "confirm_end", {}, cured)
