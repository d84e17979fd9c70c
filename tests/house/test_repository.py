"""What is committed works on another machine: no address of a download, no path of this one; and it is documented."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, tracked_files

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
    )
]
INDEX_OPTIONS = ["--" + option for option in ("index-url", "extra-index-url", "find-links", "trusted-host")]
PLACES = ["/".join(("", *parts, "")) for parts in (("work",), ("root",), ("tmp", "brief"))]


def _texts() -> list[tuple[Path, str]]:
    texts = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" not in content:
            texts.append((path.relative_to(ROOT), content.decode("utf-8")))
    return texts


@pytest.mark.parametrize("words", [REGISTRIES, INDEX_OPTIONS, PLACES], ids=["registries", "index options", "paths"])
def test_no_file_names(words: list[str]) -> None:
    # `--no-emit-index-url` is the opposite of what is looked for.
    pattern = re.compile("|".join(rf"(?<![\w-]){re.escape(word)}" for word in words))
    found = [f"{path}: {match.group()}" for path, text in _texts() for match in pattern.finditer(text)]
    assert found == []


def test_no_file_names_this_checkout_or_the_home_of_its_user() -> None:
    here = {str(ROOT), str(Path.home())} - {"/"}
    found = [f"{path}: {place}" for path, text in _texts() for place in here if f"{place}/" in text]
    assert found == []


def test_nothing_that_a_tool_makes_is_committed() -> None:
    made = re.compile(r"(^|/)(__pycache__|\.venv|instance|node_modules|test-results)/|\.(pyc|mo|sqlite3|db)$")
    assert [str(path) for path, _ in _texts() if made.search(str(path))] == []


def _named_in_pyproject() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(requirement for extra in extras for requirement in extra)]
    return {_normal(re.split(r"[\s\[<>=~!;]", requirement, maxsplit=1)[0]) for requirement in wanted}


def _normal(name: str) -> str:
    """Package names that mean the same are the same: `ruamel.yaml` and `ruamel-yaml`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_is_explained_and_no_other() -> None:
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    explained = {_normal(name) for name in re.findall(r"^\| `([^`]+)`", document, re.MULTILINE)}
    assert explained == _named_in_pyproject()


def test_every_dependency_is_locked_with_hashes() -> None:
    lock = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    locked = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==\S+ .*\\\n +--hash=sha256:", lock, re.MULTILINE)
    assert _named_in_pyproject() - {_normal(name) for name in locked} == set()


def test_the_two_lock_files_agree() -> None:
    """`make test` must not run on another version of a library than `make run`."""
    runtime, dev = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert runtime - dev == set()


def test_make_alone_lists_every_target_that_is_meant_to_be_called() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    named = set(re.findall(r"^  make (\S+)", listed, re.MULTILINE))
    assert {"run", "test", "check", "lock", "bench", "demo-reset", "format", "clean"} <= named
