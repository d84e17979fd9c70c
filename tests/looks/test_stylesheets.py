"""What old WebViews cannot read stays out of the styles, and what a style names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "static"
OURS = sorted((STATIC / "css").glob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
TOO_NEW = re.compile(
    r":has\(|:is\(|:where\(|oklch|oklab|color-mix|@layer|@container|@scope|\bsubgrid\b|\binset\s*:|&\s*[.:\[]"
)


def rules(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_old_webviews_can_read_it(path: Path) -> None:
    assert TOO_NEW.findall(rules(path)) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_chinese_is_slanted_or_shouted(path: Path) -> None:
    assert re.findall(r"font-style:\s*(?:italic|oblique)|text-transform:\s*uppercase", rules(path)) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_gaps_are_only_asked_of_grids(path: Path) -> None:
    """Flex boxes know no gap before Chrome 84 and iOS 14.5; grids do."""
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", rules(path)):
        if re.search(r"(?<![\w-])gap:", body):
            assert "flex" not in body, selector.strip()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_pictures_are_files_of_ours(path: Path) -> None:
    for address in re.findall(r"url\([\"']?([^\"')]+)", rules(path)):
        assert (path.parent / address).resolve().is_file(), address
