"""A font file with Chinese on this machine, for what is drawn on the server: pages use the reader's own fonts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

# Where systems put a font whose characters are complete; the first that is there is taken.
_PLACES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # Debian, Ubuntu: fonts-noto-cjk
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
)
_SIMPLIFIED = ("SC", "GB")
_A_COMMON_CHARACTER = 0x5B66  # 学: who has it, has Chinese


@dataclass(frozen=True, slots=True)
class ChineseFont:
    """A face of a font file, and the characters that it can draw."""

    path: str
    number: int  # of the face within a collection
    characters: frozenset[int]


@lru_cache(maxsize=4)
def chinese_font(chosen: str = "") -> ChineseFont | None:
    """The file that the configuration has chosen, else the first of the usual ones, else what fontconfig knows.

    Returns: None when none of them can draw Chinese.
    """
    for path in [chosen] if chosen else [*_PLACES, _asked_of_fontconfig()]:
        if path and Path(path).is_file():
            font = _face_of(path)
            if _A_COMMON_CHARACTER in font.characters:
                return font
    return None


def _face_of(path: str) -> ChineseFont:
    from fontTools.ttLib import TTCollection, TTFont  # noqa: PLC0415 — half a second, for those who print only

    number = 0
    if path.lower().endswith((".ttc", ".otc")):
        with TTCollection(path, lazy=True) as collection:
            families = [str(face["name"].getBestFamilyName() or "") for face in collection.fonts]
        number = next((at for at, name in enumerate(families) if name.endswith(_SIMPLIFIED)), 0)
    with TTFont(path, fontNumber=number, lazy=True) as face:
        return ChineseFont(path, number, frozenset(face.getBestCmap()))


def _asked_of_fontconfig() -> str:
    try:
        asked = subprocess.run(
            ["fc-match", "--format=%{file}", "sans:lang=zh-cn"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()
