"""The core stays a core: no framework, no database, and nothing heavy on the way of a single award."""

from __future__ import annotations

import subprocess
import sys

import pytest

SINGLE_PATH = (
    "calendar",
    "facts",
    "book",
    "single",
    "targets",
    "terms",
    "wording",
    "examples",
    "schema",
    "problems",
)


def modules_after(code: str) -> set[str]:
    """The top-level packages that are loaded in a fresh process after `code`."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in told.stdout.split()}


def test_the_rules_load_no_framework_and_no_database() -> None:
    names = ", ".join(f"credit_app.rules.{name}" for name in (*SINGLE_PATH, "batch"))
    loaded = modules_after(f"import {names}")
    assert "pandas" in loaded
    assert loaded.isdisjoint({"flask", "flask_babel", "werkzeug", "jinja2", "sqlalchemy", "config"})


@pytest.mark.parametrize("name", SINGLE_PATH)
def test_the_single_path_never_loads_the_frames(name: str) -> None:
    assert modules_after(f"import credit_app.rules.{name}").isdisjoint({"pandas", "numpy", "flask", "sqlalchemy"})
