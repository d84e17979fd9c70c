"""What stands in the header: the pages of whoever is signed in, by the roles held today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_login import current_user
from werkzeug.local import LocalProxy

from credit_app.faces.guards import held_roles
from credit_app.faces.waiting_counts import held_counts


@dataclass(frozen=True)
class Entry:
    """One link; it is marked as active on every page whose endpoint begins with one of `covers`."""

    endpoint: str
    label: LazyString
    icon: str
    covers: tuple[str, ...] = ()
    waiting: str = ""
    """The face whose held queue is reached from here: how many questions wait is shown beside the label."""


PROGRAMME = Entry("public.programme", _l("活动"), "calendar", ("public.programme", "public.activity"))
CLASSES = Entry(
    "teacher.home",
    _l("班级"),
    "users",
    ("teacher.home", "teacher.school_class", "teacher.pupil", "teacher.participation", "teacher.merge", "teacher.card"),
)
WORKSHEETS = Entry(
    "teacher.occurrences",
    _l("到场"),
    "sheet",
    (
        "teacher.occurrence",
        "teacher.decide",
        "teacher.void",
        "teacher.held",
        "teacher.answer",
        "teacher.ends",
        "teacher.roll_call",
        "teacher.late_entry",
    ),
    waiting="teacher",
)

ENTRIES: dict[str, tuple[Entry, ...]] = {
    "pupil": (
        Entry("pupil.home", _l("我的学分"), "credits", ("pupil.home",)),
        Entry("pupil.credits", _l("学分明细"), "sheet", ("pupil.credits", "pupil.participation")),
        Entry("pupil.card", _l("我的卡"), "card"),
        PROGRAMME,
    ),
    "teacher": (CLASSES, WORKSHEETS, PROGRAMME),
    "science_counselor": (
        CLASSES,
        WORKSHEETS,
        Entry("teacher.results", _l("成果"), "competition", ("teacher.result",)),
        # Their sign-ins are a button away from the roster: five entries become tabs on a phone, six do not.
        Entry(
            "teacher.roster",
            _l("名单"),
            "upload",
            (
                "teacher.roster",
                "teacher.sign_in",
                "teacher.print",
                "teacher.reset",
                "teacher.transfer",
                "teacher.receive",
            ),
        ),
        PROGRAMME,
    ),
    "venue_staff": (
        Entry(
            "venue.home",
            _l("场馆"),
            "venue",
            (
                "venue.home",
                "venue.occurrence",
                "venue.close",
                "venue.review",
                "venue.void",
                "venue.held",
                "venue.answer",
                "venue.ends",
                "venue.headcount",
                "venue.late_entry",
                "venue.device",
            ),
            waiting="venue",
        ),
        Entry("venue.all_activities", _l("本馆活动"), "sheet", ("venue.a", "venue.edit", "venue.new", "venue.submit")),
        PROGRAMME,
    ),
    "bureau_officer": (
        Entry("bureau.home", _l("概览"), "chart"),
        Entry(
            "bureau.activities",
            _l("审核"),
            "ok",
            ("bureau.activit", "bureau.decide", "bureau.result", "bureau.competition"),
        ),
        Entry("bureau.rule_sets", _l("规则"), "scale", ("bureau.rule",)),
        Entry("bureau.schools", _l("学校"), "school"),
        Entry("bureau.venues", _l("场馆"), "venue"),
    ),
}


def register(app: Flask) -> None:
    """The templates of `app` find ``nav`` and ``account_links``, asked for only by pages that show them."""

    @app.context_processor
    def _navigation() -> dict[str, Any]:
        # Error pages show no navigation, and must not ask a database that may be what broke.
        return {"nav": LocalProxy(_links), "account_links": LocalProxy(_account_links)}


def _links() -> list[dict[str, Any]]:
    if "navigation" not in g:
        entries: dict[str, Entry] = {}
        if current_user.is_authenticated:
            for role in held_roles():
                entries |= {entry.endpoint: entry for entry in ENTRIES.get(role.kind, ())}
        g.navigation = [
            {
                "label": str(entry.label),
                "url": url_for(entry.endpoint),
                "icon": entry.icon,
                "active": _is_active(entry),
                "count": held_counts(entry.waiting)[0] if entry.waiting else 0,
            }
            for entry in entries.values()
        ]
    return g.navigation


def _is_active(entry: Entry) -> bool:
    here = request.endpoint or ""
    return here == entry.endpoint or here.startswith(entry.covers or (entry.endpoint,))


def _account_links() -> list[dict[str, str]]:
    return [
        {"label": _("我的账号"), "url": url_for("account.own")},
        {"label": _("修改密码"), "url": url_for("account.change_password")},
    ]
