"""Signing in and out, activation, one's own account, the language: what everybody needs whoever they are."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)

from credit_app.faces.account import activation, language, own, signing_in, trying, turns  # noqa: E402

__all__ = ["activation", "blueprint", "language", "own", "signing_in", "trying", "turns"]
