"""QR codes as pages show them: a square of dots that the page draws as SVG, in one path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

QUIET_DOTS = 4  # the empty border that readers need, left by whoever draws
# One mask for all: trying the eight of them takes six times as long, and any of them reads well.
_MASK = 2
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]*")


@dataclass(frozen=True, slots=True)
class Square:
    """The dots of a code without its border: one text a row, ``1`` for a dark dot."""

    rows: tuple[str, ...]

    @property
    def view_box(self) -> str:
        """The SVG ``viewBox`` with the border around the dots."""
        size = len(self.rows) + 2 * QUIET_DOTS
        return f"{-QUIET_DOTS} {-QUIET_DOTS} {size} {size}"

    @property
    def path(self) -> str:
        """The dark dots as an SVG path: each run of a row is one rectangle."""
        return "".join(
            f"M{run.start()} {y}h{len(run.group())}v1h-{len(run.group())}z"
            for y, row in enumerate(self.rows)
            for run in re.finditer("1+", row)
        )


@lru_cache(maxsize=1024)
def square(text: str) -> Square:
    """The smallest code that says `text` and still reads with a sixth of it covered; alphanumeric where it can be."""
    mode = MODE_ALPHA_NUM if _ALPHANUMERIC.fullmatch(text) else MODE_8BIT_BYTE
    code = QRCode(error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    code.add_data(QRData(text.encode(), mode=mode), optimize=0)
    code.make(fit=True)
    return Square(tuple("".join("1" if dot else "0" for dot in row) for row in code.get_matrix()))
