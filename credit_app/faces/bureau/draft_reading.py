"""What is said beside the text of a draft: its problems, or what it would change; how it differs from another text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from flask_babel import gettext as _

from credit_app.rule_books.standing import Prospect, Reading
from credit_app.rules.problems import Problem

MAX_LINES_COMPARED = 4000
CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: `kind` is ``same``, ``added``, ``removed`` or ``skipped`` (`text` says how many)."""

    kind: str
    old_number: int | None
    new_number: int | None
    text: str


def told(problem: Problem) -> dict[str, Any]:
    """A problem for a page or for the script: place, what is wrong, what to write instead."""
    return {
        "line": problem.line,
        "column": problem.column,
        "what": problem.what_in(_),
        "instead": problem.instead_in(_),
    }


def answer(reading: Reading) -> dict[str, Any]:
    """All that is said of a text as one types, in the reader's language."""
    return {
        "status": "ok",
        "valid": not reading.problems,
        "problems": [told(problem) for problem in reading.problems],
        "summary": summary(reading),
        "notes": notes(reading),
    }


def summary(reading: Reading) -> str:
    """In one sentence, how the text stands."""
    if reading.problems:
        return _("有 %(count)s 处要改", count=len(reading.problems))
    book = reading.book
    assert book is not None
    return _(
        "没有问题：%(first)s 至 %(last)s，%(categories)s 个类别，%(clauses)s 条条款。",
        first=book.effective_on.isoformat(),
        last=book.until.isoformat(),
        categories=len(book.categories),
        clauses=len(book.clauses),
    )


def notes(reading: Reading) -> list[str]:
    """What an officer should know before publishing; nothing while the text is no book."""
    if reading.book is None or reading.prospect is None:
        return []
    said = replaced_notes(reading.prospect)
    said += [
        _(
            "%(first)s 至 %(last)s 将没有任何规则集生效，这些日子的参与不能认定。请改生效日或截止日，或另发一本补上。",
            first=gap.first_on.isoformat(),
            last=gap.last_on.isoformat(),
        )
        for gap in reading.prospect.gaps
    ]
    if reading.book.sample:
        said.append(_("文本写着 sample: true，发布后处处标为示例；正式规则请删去这一行。"))
    return said


def replaced_notes(prospect: Prospect) -> list[str]:
    """From which rule sets it would take days."""
    said = [
        _("规则集 %(id)s 在重叠的日子不再生效，由这一本接替；已经认定的学分不变，直到重新计算。", id=rule_set)
        for rule_set in prospect.replaces
    ]
    said += [
        _("全市规则集 %(id)s 在重叠的日子对本区不再适用，由这一本代替。", id=rule_set)
        for rule_set in prospect.instead_of_city
    ]
    return said


def compared(old: str, new: str) -> list[Line] | None:
    """`new` against `old`, line by line, with a few lines around each change; None when they are too long for it."""
    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > MAX_LINES_COMPARED:
        return None
    matcher = SequenceMatcher(None, before, after, autojunk=True)
    lines: list[Line] = []
    reached = 0
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        if group[0][1] > reached:
            lines.append(_skipped(group[0][1] - reached))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                lines += [
                    Line("same", old_from + step + 1, new_from + step + 1, before[old_from + step])
                    for step in range(old_to - old_from)
                ]
            else:
                lines += _numbered("removed", before, old_from, old_to)
                lines += _numbered("added", after, new_from, new_to)
        reached = group[-1][2]
    if lines and reached < len(before):
        lines.append(_skipped(len(before) - reached))
    return lines


def _numbered(kind: str, texts: list[str], first: int, end: int) -> Iterator[Line]:
    for at in range(first, end):
        yield Line(kind, at + 1 if kind == "removed" else None, at + 1 if kind == "added" else None, texts[at])


def _skipped(count: int) -> Line:
    return Line("skipped", None, None, _("相同的 %(count)s 行", count=count))
