"""Why a participation earned what it earned, in the reader's language: the rules' steps as sentences for the page.

The same explanation serves the pupil, the guardian and the teacher (``partials/participation.html``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _

from credit_app.attendance.voiding import REASONS as REASONS_TO_VOID
from credit_app.extensions import db
from credit_app.faces.correcting import correction_sentence
from credit_app.ledger.corrections import corrections_behind
from credit_app.ledger.models import LedgerCorrection, LedgerEntry
from credit_app.ledger.rejudging import CORRECTED, RULES_CHANGED
from credit_app.progress.queries import Participation
from credit_app.progress.wording import gap_sentence
from credit_app.rules.book import Book
from credit_app.rules.clauses.base import Amount, Clause, Condition, Outcome
from credit_app.rules.clauses.limits import Limit
from credit_app.rules.facts import Fact
from credit_app.rules.missing import missing_after_limits
from credit_app.rules.single import award as judge
from credit_app.rules.trace import Award, Step, trace_from_json
from credit_app.rules.wording import REASONS, say

_OUTCOMES = {Outcome.MET: "met", Outcome.FAILED: "refused", Outcome.UNDECIDED: "pending"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One judging of a participation, ready for the macro ``trace``. Units: centicredits."""

    state: str  # awarded | refused | pending
    centicredits: int
    reason: str
    steps: list[dict[str, Any]]
    missing: list[str]
    source: str
    sample: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """One entry of the ledger about a participation: the amount it moved, and the judging behind it."""

    entry: LedgerEntry
    why: str
    explanation: Explanation
    replaced: Explanation | None = None
    """The judging that a change of rules has replaced."""


def explain_award(award: Award, book: Book) -> Explanation:
    """What the rules say of a participation now."""
    return Explanation(
        state=award.state,
        centicredits=award.centicredits,
        reason=reason_text(award.reason),
        steps=_told(award.trace, book),
        missing=[say(step, _) for step in award.missing],
        source=_source(award.clause, book),
        sample=book.sample,
    )


def explain_entry(entry: LedgerEntry, book: Book) -> Explanation:
    """What the rules said when `entry` was posted, from the facts and the trace that it froze."""
    return explain_frozen(Fact.from_json(entry.facts), entry.trace, entry.clause, book)


def explain_frozen(fact: Fact, raw_trace: list[Any], clause: str, book: Book) -> Explanation:
    """What `book` said of `fact` when it left `raw_trace` behind."""
    trace = trace_from_json(raw_trace, book)
    outcomes = [_outcome(step, book.clause(step.clause)) for step in trace]
    state = next((each for each in ("refused", "pending") if each in outcomes), "awarded" if trace else "refused")
    if state == "awarded":
        code = next((step.code for step in reversed(trace) if step.code in REASONS), None)
    else:
        code = trace[outcomes.index(state)].code if trace else None
    return Explanation(
        state=state,
        centicredits=trace[-1].after if state == "awarded" else 0,
        reason=reason_text(code),
        steps=_told(trace, book),
        missing=[say(step, _) for step in _missing(fact, trace, book, state=state)],
        source=_source(clause, book),
        sample=book.sample,
    )


def explain(participation: Participation, books: Mapping[str, Book]) -> Explanation | None:
    """Why the participation stands as it does; None while no rule set covers its day. `books` by id."""
    if participation.record is not None:
        latest = participation.record.latest
        return explain_entry(latest, books[latest.rule_set])
    if participation.outlook is not None:
        return explain_award(participation.outlook, books[participation.outlook.rule_set])
    return None


def chapters(participation: Participation, books: Mapping[str, Book]) -> list[Chapter]:
    """All that has been posted about the participation, in the order in which it was posted; a change of rules shows
    both judgings, the one that held and the one that holds now."""
    entries = participation.record.entries if participation.record else []
    behind = corrections_behind(db.session, causes={entry.cause for entry in entries if entry.cause})
    told: list[Chapter] = []
    judged: Explanation | None = None
    for entry in entries:
        explanation = explain_entry(entry, books[entry.rule_set])
        replaced = judged if entry.reason == RULES_CHANGED else None
        told.append(Chapter(entry, why_posted(entry, behind.get(entry.cause)), explanation, replaced))
        judged = judged if entry.reason == CORRECTED else explanation
    return told


def rule_sets_of(participations: Iterable[Participation]) -> set[str]:
    """The ids of the books that explaining these participations needs."""
    needed: set[str] = set()
    for participation in participations:
        needed |= {entry.rule_set for entry in participation.record.entries} if participation.record else set()
        needed |= {participation.outlook.rule_set} if participation.outlook else set()
    return needed


def void_reason(participation: Participation) -> str:
    """Why a participation counts no more, in the reader's words; empty where it does."""
    decision = participation.voiding
    if not participation.voided or decision is None:
        return ""
    return _("%(reason)s：%(words)s", reason=str(REASONS_TO_VOID[decision.reason]), words=decision.words)


def reason_text(code: str | None) -> str:
    """Why less than the full amount came out, in a few words; empty when all of it did."""
    if code is None:
        return ""
    ours = {
        "no_rule_set": _("当天没有生效的学分规则"),
        "year_settled": _("该学年已结算，需经两人审批后补记"),
        "limited": _("受次数或学分上限限制"),
    }
    return ours.get(code) or _(REASONS[code])


def why_posted(entry: LedgerEntry, correction: LedgerCorrection | None = None) -> str:
    """What kind of entry it is, and for an adjustment what caused it; of a correction the reason and both roles."""
    if correction is not None:
        return correction_sentence(correction)
    if entry.kind == "award":
        return _("合并重复的学生记录时转入") if entry.reason == "merged" else _("首次认定")
    if entry.kind == "reversal":
        return _("到场已作废，撤销认定") if entry.reason == "attendance_voided" else _("撤销认定")
    causes = {
        "facts_changed": _("情况有变，重新认定"),
        "judged_again": _("此前的活动有变化，重新认定"),
        "rules_changed": _("规则有变，重新认定"),
        "attendance_restored": _("到场已恢复，重新认定"),
    }
    return causes.get(entry.reason, _("调整"))


def register(app: Flask) -> None:
    """The templates of `app` know these as filters."""
    app.add_template_filter(reason_text)
    app.add_template_filter(gap_sentence)
    app.add_template_filter(void_reason)


def _told(trace: Iterable[Step], book: Book) -> list[dict[str, Any]]:
    return [
        {
            "clause": step.clause,
            "code": step.code,
            "params": dict(step.params),
            "sentence": say(step, _),
            "before": step.before,
            "after": step.after,
            "outcome": _outcome(step, book.clause(step.clause)),
        }
        for step in trace
    ]


def _outcome(step: Step, clause: Clause) -> str | None:
    """What the step means; None where its two amounts tell."""
    if isinstance(clause, Condition | Amount):
        outcome = clause.outcomes[clause.codes.index(step.code)]
        return None if isinstance(clause, Amount) and outcome == Outcome.MET else _OUTCOMES[outcome]
    return None


def _missing(fact: Fact, trace: Iterable[Step], book: Book, *, state: str) -> tuple[Step, ...]:
    """What would have earned more. A condition that failed tells it by the facts, a limit by its own step."""
    if state != "awarded":
        return judge(fact, {}, book).missing
    limits = [(book.clause(step.clause), step) for step in trace if step.after < step.before]
    return missing_after_limits((clause, step) for clause, step in limits if isinstance(clause, Limit))


def _source(clause_id: str, book: Book) -> str:
    locale = str(get_locale() or "zh")
    title = book.title_en if locale.startswith("en") else book.title
    clause = book.clauses_by_id.get(clause_id)
    return f"{title} · {clause.text_in(locale)}" if clause else title
