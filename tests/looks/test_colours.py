"""The colours of the theme can be read: WCAG AA, worked from the values in theme.css, not by eye."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[2] / "static" / "css" / "theme.css"
COLOURS = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", THEME.read_text(encoding="utf-8")))

TEXT = 4.5
CONTROL = 3.0

READ_ON = {
    "ink": ("surface", "paper", "sunk", "accent-soft", "ochre-soft", "cinnabar-soft"),
    "ink-2": ("surface", "paper", "sunk"),
    "ink-3": ("surface", "paper", "sunk"),
    "accent": ("surface", "paper", "accent-soft"),
    "accent-deep": ("surface", "paper", "accent-soft", "accent-line"),
    "accent-night": ("accent-soft",),
    "accent-glow": ("accent-deep",),
    "ochre": ("surface", "paper", "ochre-soft"),
    "cinnabar": ("surface", "paper", "cinnabar-soft"),
    "surface": ("accent", "accent-deep", "accent-night", "cinnabar", "cinnabar-deep", "ochre"),
}
SEEN_ON = {
    # Edges of fields and buttons, bars on their tracks, the focus ring.
    "line-strong": ("surface", "paper"),
    "accent": ("surface", "paper", "sunk"),
    "accent-glow": ("accent-deep",),
}
STATES = ("accent", "ochre", "cinnabar")


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.1, definition of relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_known_ends_of_the_scale() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("text", "ground"), [(text, ground) for text in READ_ON for ground in READ_ON[text]])
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    assert contrast(COLOURS[text], COLOURS[ground]) >= TEXT


@pytest.mark.parametrize(("part", "ground"), [(part, ground) for part in SEEN_ON for ground in SEEN_ON[part]])
def test_edges_of_controls_can_be_seen(part: str, ground: str) -> None:
    assert contrast(COLOURS[part], COLOURS[ground]) >= CONTROL


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_dark_enough_to_be_read_when_all_hues_look_alike(state: str) -> None:
    """Icon and word carry a state; whoever sees no hue must still read them on white."""
    assert contrast(COLOURS[state], COLOURS["surface"]) >= TEXT
