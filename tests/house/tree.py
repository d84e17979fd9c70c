"""The house as files: what the tests of this folder look at."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "credit_app"

# The top floors: they answer people, and end a transaction where one request, command or job ends.
FACES_AND_ABOVE = ("faces/", "commands/", "demo/", "app.py", "cli.py", "jobs/", "verification.py")


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the program, parsed, by its path under ``credit_app/``."""
    return {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(HOUSE.rglob("*.py"))
    }


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the project that is in version control and still there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file())


def calls_of_method(tree: ast.Module, name: str) -> Iterator[int]:
    """The lines where ``something.name(…)`` is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node.lineno


def imported_names(tree: ast.Module) -> Iterator[tuple[str, str, int]]:
    """(module, name, line) of every import; the name is empty for ``import module``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name, node.lineno) for alias in node.names)
