"""How figures, days and times are shown: one place for every template and answer."""

from __future__ import annotations

from datetime import date, datetime

from babel import Locale
from flask import Flask
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from credit_app.rules.calendar import LOCAL


def credits(centicredits: int) -> str:
    """``50`` → ``"0.5"``, ``125`` → ``"1.25"``, ``200`` → ``"2"``; integers all the way, no float."""
    sign = "−" if centicredits < 0 else ""
    whole, rest = divmod(abs(centicredits), 100)
    return f"{sign}{whole}" + (f".{rest:02d}".rstrip("0") if rest else "")


def signed_credits(centicredits: int) -> str:
    """Like `credits`, with a plus sign for a gain: ``"+0.5"``."""
    return f"+{credits(centicredits)}" if centicredits > 0 else credits(centicredits)


def local_time(instant: datetime) -> str:
    """``14:02`` in Asia/Shanghai."""
    return instant.astimezone(LOCAL).strftime("%H:%M")


def local_day(day: date | datetime) -> str:
    """``11月22日 周日`` or ``Sun, 22 Nov``, without the year."""
    if isinstance(day, datetime):
        day = day.astimezone(LOCAL).date()
    return format_date(day, _("M月d日 EEE"))


def local_date(day: date | datetime) -> str:
    """``2026-11-22``, for lists and files."""
    if isinstance(day, datetime):
        day = day.astimezone(LOCAL).date()
    return day.isoformat()


def local_moment(instant: datetime) -> str:
    """Day and time together."""
    return format_datetime(instant.astimezone(LOCAL), _("M月d日 HH:mm"), rebase=False)


def time_range(starts_at: datetime, ends_at: datetime) -> str:
    """``09:00–10:30``; an end on another day is said as such."""
    first, last = starts_at.astimezone(LOCAL).date(), ends_at.astimezone(LOCAL).date()
    if first == last:
        return f"{local_time(starts_at)}–{local_time(ends_at)}"
    return _("%(start)s–次日 %(end)s", start=local_time(starts_at), end=local_time(ends_at))


def grade_range(first: int, last: int) -> str:
    """``3–6 年级``; one grade alone, and all of them, are said as such."""
    if (first, last) == (1, 9):
        return _("各年级")
    if first == last:
        return _("%(grade)s 年级", grade=first)
    return _("%(first)s–%(last)s 年级", first=first, last=last)


def language_name(tag: str) -> str:
    """A language's name in that language, for those who read no other."""
    return Locale.parse(tag).get_display_name() or tag


def register(app: Flask) -> None:
    """The templates of `app` know these as filters."""
    for name in (
        credits,
        signed_credits,
        local_time,
        local_day,
        local_date,
        local_moment,
        time_range,
        grade_range,
        language_name,
    ):
        app.add_template_filter(name)
