"""Rules about the code itself that no linter knows."""

from __future__ import annotations

import ast

from tests.house.tree import FACES_AND_ABOVE, HOUSE, ROOT, calls_of_method, imported_names, modules

# These answer for a whole unit of work, so they may end one.
MAY_COMMIT = ("faces/", "commands/", "demo/", "cli.py", "jobs/")


def test_only_faces_commands_and_jobs_commit() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in modules().items()
        if not path.startswith(MAY_COMMIT)
        for line in calls_of_method(tree, "commit")
    ]
    assert found == []


def test_below_the_faces_nobody_asks_for_the_request_or_the_current_user() -> None:
    of_the_request = {"request", "session", "g", "abort", "current_user"}
    found = [
        f"{path}:{line} imports {name} from {module}"
        for path, tree in modules().items()
        if not path.startswith(FACES_AND_ABOVE)
        for module, name, line in imported_names(tree)
        if (module in {"flask", "flask_login", "werkzeug.exceptions"} and name in of_the_request)
        or (module, name) == ("credit_app", "clock")
    ]
    assert found == [], "they get the user, the session and the present instant as parameters"


def test_only_the_configuration_reads_the_environment() -> None:
    found = [
        f"{path}:{node.lineno}"
        for path, tree in {**modules(), "wsgi.py": ast.parse((ROOT / "wsgi.py").read_text(encoding="utf-8"))}.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "getenvb"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {a.name for a in node.names} & {"environ", "getenv"}
        )
        # A werkzeug request has an `environ` too, which is the request's and not the machine's.
        if not _is_of_a_request(node)
    ]
    assert found == []


def _is_of_a_request(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "request"


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path, tree in modules().items() if not ast.get_docstring(tree)]
    assert silent == []


def test_every_folder_of_the_house_is_a_package() -> None:
    """A folder without ``__init__.py`` would be skipped by the import contract without a word."""
    folders = {path.parent for path in HOUSE.rglob("*.py")}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []


def test_actions_take_their_arguments_by_name() -> None:
    """Besides the session: `check_in(session, pupil, occurrence)` would be easy to read and as easy to swap."""
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in modules().items()
        if path.endswith("/actions.py") or "/actions/" in path
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        for given in [[argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]]
        if "session" in given and given != ["session"]
    ]
    assert found == []
