"""What stands in a cell: lists, dates, booleans, grades, identity numbers. Pure; each says None or raises ValueError
for what it cannot read, and the reader of the file says where that was."""

# not translated: how other systems write grades and roles
from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

OUTSIDE = 0
"""Stands for every grade that is none of 1 to 12: kindergarten, thirteenth year, ungraded."""

_NAMED_GRADES = {
    **dict.fromkeys(("ie", "it", "pr", "pk", "tk", "kg", "ps", "ug", "other", "k", "13", "13th", "0", "00"), OUTSIDE),
    **dict.fromkeys(("幼儿园", "小班", "中班", "大班", "学前"), OUTSIDE),
    **{f"{numeral}年级": grade for grade, numeral in enumerate("一二三四五六七八九", start=1)},
    **{f"小{numeral}": grade for grade, numeral in enumerate("一二三四五六", start=1)},
    **{f"初{numeral}": grade for grade, numeral in enumerate("一二三", start=7)},
    **{f"高{numeral}": grade for grade, numeral in enumerate("一二三", start=10)},
}  # fmt: skip
# Control, format and surrogate characters; rare characters that Unicode has not named yet are none of these.
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})
_TRUTHS = {"": None, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_GRADE_NUMBER = re.compile(r"(?:grade|g|year|y)?\s*0?(\d|1[0-2])(?:st|nd|rd|th)?(?:\s*(?:grade|年级|级))?")
_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_USER_ID = re.compile(r"\{\s*([^:{}]+?)\s*:\s*([^{}]*?)\s*\}")
_IDENTITY_NUMBER = re.compile(r"[GLJglj]?\d{17}[\dXx]")


def plain(text: str) -> str:
    """The text without what no eye sees and PostgreSQL cannot store: control characters, marks of zero width."""
    text = text.strip()
    if text.isascii() and text.isprintable():
        return text
    seen = (
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or unicodedata.category(character) not in _UNSEEN
    )
    return "".join(seen).strip()


def listed(text: str) -> tuple[str, ...]:
    """The values of a list: comma between, quotes around the whole cell (already taken off by the CSV reader)."""
    return tuple(value for part in text.split(",") if (value := part.strip().strip('"').strip()))


def truth(text: str) -> bool | None:
    """True, False, or None for a blank cell. Raises: ValueError."""
    if text.lower() not in _TRUTHS:
        raise ValueError(text)
    return _TRUTHS[text.lower()]


@lru_cache(maxsize=1024)  # a roster has few different dates, and each of them thousands of times
def day(text: str) -> date | None:
    """The date (of an instant: its first ten characters), or None for a blank cell. Raises: ValueError.

    The standard writes 2026-09-01; spreadsheets turn it into 2026/9/1, which is no less clear.
    """
    if not text:
        return None
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return date(int(match[1]), int(match[2]), int(match[3]))


def grade(text: str) -> int:
    """1 to 12, or `OUTSIDE`. Raises: ValueError for what is no grade.

    The standard's codes are ``01`` … ``12``, ``KG`` and the like; schools here also write 三年级，初一, G7.
    """
    word = unicodedata.normalize("NFKC", text).lower().replace(" ", "")
    word = word.removeprefix("小学").removeprefix("初中").removeprefix("高中")
    if word in _NAMED_GRADES:
        return _NAMED_GRADES[word]
    match = _GRADE_NUMBER.fullmatch(word)
    if match is None:
        raise ValueError(text)
    return int(match[1])


def is_grade(text: str) -> bool:
    """Whether the text is a grade."""
    try:
        grade(text)
    except ValueError:
        return False
    return True


def user_ids(text: str) -> dict[str, str]:
    """The identifiers of a ``userIds`` cell, ``{Type:Identifier},{…}``, by type in lower case."""
    return {kind.lower(): value for kind, value in _USER_ID.findall(text) if value}


def is_identity_number(text: str) -> bool:
    """Whether the text has the form of a 学籍号 or an identity card number, which are never kept in clear."""
    return _IDENTITY_NUMBER.fullmatch(text) is not None


def full_name(given: str, family: str) -> str:
    """The name as it is written: Chinese names family first without a space, others given name first.

    Where a school writes the whole name into one of the two cells, or into both, that is the name.
    """
    given, family = " ".join(given.split()), " ".join(family.split())
    if given == family:
        return given
    if _is_chinese(given) or _is_chinese(family):
        return family + given
    return f"{given} {family}".strip()


def _is_chinese(text: str) -> bool:
    return any(unicodedata.name(character, "").startswith("CJK") for character in text)
