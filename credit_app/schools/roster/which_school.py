"""Which of a roster's schools is ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext as _

from credit_app.schools.roster.problems import OrgChoice, WhichSchool, refused
from credit_app.schools.roster.records import Roster


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSchool:
    """Our school as far as an import needs it; `source_id` is its sourcedId in the roster system, once known."""

    code: str
    name: str
    source_id: str | None
    class_course: str


def org_of(roster: Roster, *, school: KnownSchool, chosen: str | None) -> OrgChoice:
    """The roster's school that is `school`: the one chosen; else the one known from before; else the only one that has
    people; else the one of the same code or name.

    Raises: WhichSchool when that leaves none or several; RosterRefused when the roster has nobody at any school.
    """
    candidates = _candidates(roster)
    if not candidates:
        raise refused(
            "no_people",
            _("名单里没有一所学校有学生或教职工。"),
            _("请检查 users.csv 的 orgSourcedIds 与 orgs.csv 的 sourcedId 是否对应。"),
            file="users.csv",
            column="orgSourcedIds",
        )
    by_id = {candidate.source_id: candidate for candidate in candidates}
    if chosen:
        if chosen not in by_id:
            raise WhichSchool(_("名单里没有学校 %(id)s。", id=chosen), candidates)
        return by_id[chosen]
    if school.source_id:
        if school.source_id not in by_id:
            raise WhichSchool(
                _("%(name)s 以前导入时的编号是 %(id)s，这份名单里没有它。", name=school.name, id=school.source_id),
                candidates,
            )
        return by_id[school.source_id]
    if len(candidates) == 1:
        return candidates[0]
    same = [candidate for candidate in candidates if _is_same(candidate, school, roster)]
    if len(same) != 1:
        raise WhichSchool(_("名单里有 %(count)s 所学校。", count=len(candidates)), candidates)
    return same[0]


def _candidates(roster: Roster) -> list[OrgChoice]:
    """The schools that have people, most people first; without ``orgs.csv``, whatever people say they belong to."""
    people: Counter[str] = Counter()
    for person in roster.people:
        people.update(set(person.org_ids))
    if roster.orgs is None:
        return [OrgChoice(org_id, org_id, count) for org_id, count in sorted(people.items(), key=_most_first)]
    if not any(org.type == "school" for org in roster.orgs):
        names = {org.source_id: org.name for org in roster.orgs}
    else:
        names = {org.source_id: org.name for org in roster.orgs if org.type == "school"}
    school_of_class = {group.source_id: group.school_id for group in roster.classes or []}
    for membership in roster.memberships or []:
        # Exports that give people only their district still say at which school their classes are.
        org_id = school_of_class.get(membership.class_id, membership.school_id)
        if org_id in names and org_id not in people:
            people[org_id] += 1
    return [
        OrgChoice(org_id, names[org_id], n) for org_id, n in sorted(people.items(), key=_most_first) if org_id in names
    ]


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def _is_same(candidate: OrgChoice, school: KnownSchool, roster: Roster) -> bool:
    identifiers = {org.source_id: org.identifier for org in roster.orgs or []}
    words = {candidate.source_id.lower(), identifiers.get(candidate.source_id, "").lower()}
    return school.code.lower() in words or "".join(candidate.name.split()) == "".join(school.name.split())
