"""Student cards on A4 to be cut out: two by five of the size of a bank card, as PDF, because scissors need millimetres.

The font is embedded as a subset, so that a sheet prints the same everywhere. A character that the font lacks is printed
as 〓, and the card says that it is to be written by hand: a name must never silently lose a part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from credit_app.faces import qr
from credit_app.faces.fonts import ChineseFont
from credit_app.schools.cards.number import grouped

if TYPE_CHECKING:
    from fpdf import FPDF

A_SHEET = 10
MISSING = chr(0x3013)  # 〓, what printers set for a character they have not got

_WIDTH, _HEIGHT = 85.6, 54.0  # ISO 7810 ID-1: the sleeves that shops sell
_LEFT, _TOP = (210 - 2 * _WIDTH) / 2, (297 - 5 * _HEIGHT) / 2
_PADDING = 4.0
_QR = 38.0  # with its quiet border: 0.84 mm a dot, which an old phone reads from a hand's breadth
_TICK = 4.0
_GREY, _LINE, _INK = 90, 150, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCard:
    """What stands on one card."""

    name: str
    school: str
    class_name: str
    token: str
    number: str


def card_sheets(cards: Sequence[PrintedCard], *, font: ChineseFont, title: str, now: datetime) -> bytes:
    """A PDF with ten of `cards` a sheet, in their order, with marks to cut along."""
    from fpdf import FPDF  # noqa: PLC0415 — a second to import, for those who print only

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_title(_drawable(title, font))
    pdf.set_creation_date(now)
    pdf.add_font("card", fname=font.path, collection_font_number=font.number)
    for place, card in enumerate(cards):
        row, column = divmod(place % A_SHEET, 2)
        if (row, column) == (0, 0):
            pdf.add_page()
            _draw_marks(pdf)
        _draw_card(pdf, card, font, _LEFT + column * _WIDTH, _TOP + row * _HEIGHT)
    return bytes(pdf.output())


def _draw_marks(pdf: FPDF) -> None:
    """Short lines outside the cards, and crosses where four of them meet: none runs through a card."""
    pdf.set_draw_color(_LINE)
    pdf.set_line_width(0.15)
    columns = [_LEFT + at * _WIDTH for at in range(3)]
    rows = [_TOP + at * _HEIGHT for at in range(6)]
    for x in columns:
        pdf.line(x, rows[0] - _TICK, x, rows[0])
        pdf.line(x, rows[-1], x, rows[-1] + _TICK)
    for y in rows:
        pdf.line(columns[0] - _TICK, y, columns[0], y)
        pdf.line(columns[-1], y, columns[-1] + _TICK, y)
    for x in columns:
        for y in rows:
            pdf.line(x - 1, y, x + 1, y)
            pdf.line(x, y - 1, x, y + 1)


def _draw_card(pdf: FPDF, card: PrintedCard, font: ChineseFont, x: float, y: float) -> None:
    left, room = x + _PADDING, _WIDTH - 2 * _PADDING - _QR
    name, school, class_name = (_drawable(text, font) for text in (card.name, card.school, card.class_name))
    pdf.set_text_color(_GREY)
    _write(pdf, _("科普学分 · 学生卡"), left, y + 7.5, 7.5, room)
    pdf.set_text_color(_INK)
    _write(pdf, name, left, y + 17, 17, room)
    pdf.set_text_color(_GREY)
    _write(pdf, school, left, y + 23.5, 8.5, room)
    _write(pdf, class_name, left, y + 28, 8.5, room)
    if MISSING in name:
        _write(pdf, _("〓 字库缺这个字，请手写"), left, y + 32, 6.5, room)
    _write(pdf, _("卡号"), left, y + 37.5, 6.5, room)
    pdf.set_text_color(_INK)
    _write(pdf, grouped(card.number), left, y + 42.3, 12, room)
    _draw_code(pdf, card.token, x + _WIDTH - _PADDING / 2 - _QR, y + 3.5)
    pdf.set_text_color(_GREY)
    use = _("到场出示，由工作人员扫码。不要拍照转发，遗失请马上告诉老师。")
    _write(pdf, use, left, y + 50, 6.5, _WIDTH - 2 * _PADDING)


def _draw_code(pdf: FPDF, token: str, x: float, y: float) -> None:
    rows = qr.square(token).rows
    dot = _QR / (len(rows) + 2 * qr.QUIET_DOTS)
    pdf.set_fill_color(_INK)
    for line, row in enumerate(rows):
        start = 0
        while (start := row.find("1", start)) >= 0:
            end = row.find("0", start)
            end = len(row) if end < 0 else end
            # A hair taller than the dot, so that no viewer shows a white line between two rows.
            top = y + (line + qr.QUIET_DOTS) * dot
            pdf.rect(x + (start + qr.QUIET_DOTS) * dot, top, (end - start) * dot, dot * 1.02, style="F")
            start = end


def _write(pdf: FPDF, text: str, x: float, y: float, size: float, room: float) -> None:
    """The text on one line, as large as `size` allows and `room` lets it be."""
    pdf.set_font("card", size=size)
    width = pdf.get_string_width(text)
    if width > room:
        pdf.set_font("card", size=size * room / width)
    pdf.text(x, y, text)


def _drawable(text: str, font: ChineseFont) -> str:
    """The text with what the font lacks replaced; what nobody sees (selectors of variants) is left out."""
    whole = unicodedata.normalize("NFC", text)
    seen = (letter for letter in whole if unicodedata.category(letter) not in {"Mn", "Cf", "Cc"})
    return "".join(letter if ord(letter) in font.characters else MISSING for letter in seen)
