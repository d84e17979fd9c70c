"""What the camera of a test's browser sees: a film whose frames show QR codes, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy
import pypdfium2
import qrcode
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 480
FRAMES_A_SECOND = 10
NOTHING = ""
PRINTED_DOTS_AN_INCH = 150
FIRST_CARD_MM = (5, 15)  # a little above and left of it

Picture = NDArray[numpy.uint8]


def code_picture(text: str, *, dots: int = 7) -> Picture:
    """A wall in grey, and on it a card with the QR code of `text`."""
    frame = numpy.full((HEIGHT, WIDTH), 120, numpy.uint8)
    if text == NOTHING:
        return frame
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    square = numpy.where(numpy.array(code.get_matrix()), 20, 235).astype(numpy.uint8)
    card = numpy.kron(square, numpy.ones((dots, dots), numpy.uint8))
    top, left = (HEIGHT - card.shape[0]) // 2, (WIDTH - card.shape[1]) // 2
    frame[top : top + card.shape[0], left : left + card.shape[1]] = card
    return frame


def write_film(path: Path, scenes: Sequence[tuple[Picture, float]]) -> Path:
    """A film of pictures, each for so many seconds; the browser shows it again and again."""
    height, width = scenes[0][0].shape
    with path.open("wb") as film:
        film.write(f"YUV4MPEG2 W{width} H{height} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for picture, seconds in scenes:
            frame = b"FRAME\n" + picture.tobytes() + b"\x80" * (width * height // 2)
            film.write(frame * max(1, round(seconds * FRAMES_A_SECOND)))
    return path


def printed_picture(pdf: bytes) -> Picture:
    """The first card of a printed sheet, held before the camera."""
    document = pypdfium2.PdfDocument(pdf)
    sheet = document[0].render(scale=PRINTED_DOTS_AN_INCH / 72, grayscale=True).to_numpy().squeeze()
    document.close()
    top, left = (int(start / 25.4 * PRINTED_DOTS_AN_INCH) for start in FIRST_CARD_MM)
    return numpy.ascontiguousarray(sheet[top : top + HEIGHT, left : left + WIDTH])
