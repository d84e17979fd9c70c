"""Files as answers, under a name in Chinese that every browser saves them by (RFC 6266, RFC 5987)."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response

TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What file systems and spreadsheet programs do not take in a name.
_UNFIT = re.compile(r'[\x00-\x1f\x7f\\/:*?"<>|\[\]]+')


def attachment(content: bytes, *, name: str, suffix: str) -> Response:
    """`content` as a download named `name`.`suffix`; the plain name is for browsers that know no other."""
    file_name = f"{_UNFIT.sub('_', name).strip('. ') or 'export'}.{suffix}"
    response = Response(content, content_type=TYPES[suffix])
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"export.{suffix}\"; filename*=UTF-8''{quote(file_name, safe='')}"
    )
    return response
