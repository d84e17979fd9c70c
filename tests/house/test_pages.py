"""What the strict content security policy asks of every template, style and script of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked_files

BREACHES = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b", re.IGNORECASE),
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    # The icons are drawings of ours, written out beside the filter; no value of a reader's gets there.
    "markup that is not escaped": re.compile(r"(?<!\bdrawings\[name\])\|\s*safe\b|\bautoescape\s+false\b"),
}
# The name of a markup language looks like an address and is never called.
ADDRESS = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[\w-]+\.[\w.-]+", re.IGNORECASE)
JINJA_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
CODE_COMMENT = re.compile(r"/\*.*?\*/|(?:^|\s)//[^\n]*", re.DOTALL)


def _below(*folders: str, suffixes: tuple[str, ...]) -> list[Path]:
    return [path for path in tracked_files() if path.relative_to(ROOT).parts[0] in folders and path.suffix in suffixes]


TEMPLATES = _below("templates", suffixes=(".html",))


@pytest.mark.parametrize("breach", BREACHES)
def test_no_template_holds(breach: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEMPLATES
        for match in BREACHES[breach].finditer(JINJA_COMMENT.sub("", path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_template_names_another_host() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in TEMPLATES
        for match in ADDRESS.finditer(JINJA_COMMENT.sub("", path.read_text(encoding="utf-8")))
    ]
    assert found == []


def test_no_style_or_script_calls_another_host() -> None:
    """Comments may name where something comes from; the code that runs may not."""
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in _below("static", suffixes=(".css", ".js", ".svg", ".webmanifest"))
        for match in ADDRESS.finditer(CODE_COMMENT.sub("", path.read_text(encoding="utf-8")))
    ]
    assert found == []
