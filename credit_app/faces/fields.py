"""Fields that forms of several faces share: local time that is an instant, whole numbers, clean text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, IntegerField
from wtforms.widgets import DateTimeLocalInput

from credit_app.rules.calendar import LOCAL

# A year of two digits, or one typed twice, is a slip; beyond these an instant may not even fit into a database.
FIRST_YEAR, LAST_YEAR = 2020, 2099
_WRITTEN = "%Y-%m-%dT%H:%M"


def clean_text(text: str | None) -> str:
    """`text` without what no reader sees and PostgreSQL cannot store; ends of lines are of one kind."""
    lines = (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(character for character in line if character.isprintable()) for line in lines).strip()


class LocalMoment(Field):
    """A day and time on the wall in Asia/Shanghai; `data` is the aware instant in UTC."""

    widget = DateTimeLocalInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(LOCAL).strftime(_WRITTEN) if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The instant that was written. Raises: ValueError with what the person is told."""
        self.data: datetime | None = None
        written = str(valuelist[0]).strip() if valuelist else ""
        if not written:
            return
        try:
            moment = datetime.strptime(written[: len("2026-01-01T00:00")].replace(" ", "T"), _WRITTEN)  # noqa: DTZ007
        except ValueError:
            raise ValueError(_("请填写日期和时间，例如 2026-10-17 09:00。")) from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValueError(_("请检查年份。"))
        self.data = moment.replace(tzinfo=LOCAL).astimezone(UTC)


class WholeNumber(IntegerField):
    """A whole number, or nothing."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The number that was written. Raises: ValueError with what the person is told."""
        self.data = None
        written = str(valuelist[0]).strip() if valuelist else ""
        if not written:
            return
        try:
            self.data = int(written)
        except ValueError:
            raise ValueError(_("请填写整数，例如 30。")) from None
