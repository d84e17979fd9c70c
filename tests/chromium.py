"""Where the browser of the browser tests is. ``python -m tests.chromium`` prints it, or ends with 1."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

_COMMANDS = ("chromium", "google-chrome-stable", "google-chrome", "chromium-browser", "chrome")
_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def _candidates() -> Iterator[str]:
    if named := os.environ.get("CHROMIUM"):
        yield named
        return
    yield from (path for command in _COMMANDS if (path := shutil.which(command)))
    yield from (path for path in _APPLICATIONS if Path(path).exists())
    # Asked last, because asking starts Playwright's driver.
    with sync_playwright() as playwright:
        yield playwright.chromium.executable_path


def find_browser() -> str | None:
    """The path of a Chromium that answers when it is asked for its version, or None.

    The question matters: Ubuntu ships a `chromium-browser` that only says where to get one.
    """
    for path in _candidates():
        try:
            answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30, check=False)
        except OSError:
            continue
        if answer.returncode == 0 and "Chrom" in answer.stdout:
            return path
    return None


if __name__ == "__main__":
    browser = find_browser()
    if browser is None:
        sys.exit(1)
    print(browser)
