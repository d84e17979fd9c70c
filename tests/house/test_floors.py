"""Imports run downward, the rules stand alone, and a breach of either is noticed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import HOUSE, ROOT


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run(['--no-cache'])"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_contract_is_kept() -> None:
    verdict = _lint_imports(ROOT)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("organisations/models.py", "from credit_app.people import models as _upward"),
        ("people/models.py", "from credit_app.rule_books import models as _across"),
        ("rules/facts.py", "import sqlalchemy as _impure"),
        ("ledger/models.py", "from credit_app.faces import guards as _upward"),
    ],
    ids=["a room above", "a room on the same floor", "a framework in the rules", "a face"],
)
def test_a_planted_breach_is_caught(tmp_path: Path, module: str, line: str) -> None:
    shutil.copytree(HOUSE, tmp_path / "credit_app", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    planted = tmp_path / "credit_app" / module
    planted.write_text(f"{planted.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")

    verdict = _lint_imports(tmp_path)

    assert verdict.returncode != 0
    assert "BROKEN" in verdict.stdout


def test_the_rules_load_with_no_framework_in_the_process() -> None:
    program = (
        "import importlib, pkgutil, sys, credit_app.rules as rules\n"
        "for found in pkgutil.walk_packages(rules.__path__, 'credit_app.rules.'): importlib.import_module(found.name)\n"
        "strangers = {'flask', 'werkzeug', 'jinja2', 'sqlalchemy', 'flask_babel', 'credit_app.extensions'}\n"
        "print(*sorted(strangers & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout.strip()) == (0, ""), answer.stderr


def test_the_map_of_the_house_holds_no_code() -> None:
    """Importing `credit_app.rules` runs `credit_app/__init__.py`: one import there, and the rules are not alone."""
    program = "import sys, credit_app; print(len([name for name in sys.modules if name.startswith('credit_app.')]))"
    answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "0"
