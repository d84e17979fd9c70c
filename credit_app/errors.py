"""Domain errors: what happened and what to do next, in the reader's language, with a code and an HTTP status.

Raised below the faces; one handler in the factory renders them. A refusal that is an ordinary outcome (a code
that has expired) is not an error but an answer: see ``attendance.answers``.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


class DomainError(Exception):
    """An error that a person is told about.

    `code` is stable for machines; `message` is for people; `field` names the form field it belongs to, if any.
    """

    code = "error"
    status = 400
    message: str | LazyString = _l("操作没有完成，请检查后再试。")

    def __init__(self, message: str | LazyString | None = None, *, field: str | None = None) -> None:
        if message is not None:
            self.message = message
        self.field = field
        super().__init__(self.code)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NotFound(DomainError):
    """The thing does not exist, or is another's: the two look the same on purpose."""

    code, status = "not_found", 404
    message = _l("没有找到这个内容，或者您无权查看。")


class NotAllowed(DomainError):
    """The signed-in user lacks the role for the whole route."""

    code, status = "not_allowed", 403
    message = _l("您的身份不能进行这项操作。")


class InvalidInput(DomainError):
    """A value breaks a rule of the domain; `field` says which."""

    code, status = "invalid_input", 422


class Conflict(DomainError):
    """Somebody else changed the thing in the meantime, or its state does not allow the step."""

    code, status = "conflict", 409
    message = _l("状态已经变化，请刷新页面后再试。")


class NoRuleSet(DomainError):
    """No published book covers the day: an error that names the day, never an award of 0."""

    code, status = "no_rule_set", 409

    def __init__(self, *, day: str, district: str) -> None:
        super().__init__(_l("%(day)s 没有生效的学分规则，请联系教育局发布规则后再认定。", day=day))
        self.day = day
        self.district = district
