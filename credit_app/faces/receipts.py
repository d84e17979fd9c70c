"""Receipts of scans as pages show them: as a QR that leads to what it proves."""

from __future__ import annotations

from flask import Flask

from credit_app.faces.addresses import address_for_qr
from credit_app.faces.qr import Square, square


def receipt_square(text: str) -> Square:
    """The QR of a receipt: the address of the page that tells what it proves."""
    return square(address_for_qr("/R/" + text.replace("-", "")))


def register(app: Flask) -> None:
    """The templates of `app` know ``receipt_square`` as a filter."""
    app.add_template_filter(receipt_square)
