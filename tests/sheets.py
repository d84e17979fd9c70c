"""Reading a PDF that the program made, by libraries that have nothing in common with those that made it."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2
import zxingcpp

DOTS_AN_INCH = 200  # a cheap office printer's, halved


@dataclass(frozen=True)
class Sheet:
    """One page: its words, the texts of its QR codes from top to bottom, its size in millimetres."""

    text: str
    codes: list[str]
    size_mm: tuple[int, int]


def read_sheets(pdf: bytes) -> list[Sheet]:
    """The pages of the PDF as they print."""
    document = pypdfium2.PdfDocument(pdf)
    sheets = []
    for page in document:
        dots = page.render(scale=DOTS_AN_INCH / 72, grayscale=True).to_numpy().squeeze()
        found = [
            (code.position.top_left.y // 50, code.position.top_left.x, code.text)
            for code in zxingcpp.read_barcodes(dots)
            if code.format == zxingcpp.BarcodeFormat.QRCode
        ]
        words = page.get_textpage().get_text_range()
        width, height = (round(length / 72 * 25.4) for length in page.get_size())
        sheets.append(Sheet(words, [text for _y, _x, text in sorted(found)], (width, height)))
    document.close()
    return sheets
