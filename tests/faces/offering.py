"""The form of an activity as venue staff send it, and how its messages are read."""

from __future__ import annotations

import re
from typing import Any

NEW = "/venue/activities/new"
FILLED_IN: dict[str, Any] = {
    "title": "动手做一架望远镜",
    "category": "inquiry_course",
    "place": "venue",
    "grade_from": "3",
    "grade_to": "6",
    "summary": "带上好奇心。\r\n需要家长陪同。",
    "starts_at": "2026-10-24T09:00",
    "ends_at": "2026-10-24T11:00",
    "capacity": "30",
    "room": "二楼实验室",
}


def errors_at(page: str, field: str) -> list[str]:
    """The message that stands under the field, as its reader hears it."""
    found = re.findall(rf'id="{field}-error">.*?<span>(.*?)</span></p>', page, re.DOTALL)
    return [text.strip() for text in found]
