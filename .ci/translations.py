"""Every text a person sees is Chinese in the source and has its English in the catalogue.

    translations.py check    names each text that is missing, doubtful or written past gettext, and then ends with 1
    translations.py update   adds new texts to the catalogue (empty, to be translated) and drops those that are gone

A Chinese literal in Python that no reader sees (the name of a column in somebody's file, say) carries a comment
``# not translated: why`` on one of its lines. Such a comment on a line of its own, from the margin on, is about the
whole module: one that is made of other people's words.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "credit_app"
TEMPLATES = ROOT / "templates"
SCRIPTS = ROOT / "static"
CATALOGUE = HOUSE / "translations" / "en" / "LC_MESSAGES" / "messages.po"

# The marks are those of gettext, and the lazy ones of flask_babel. N_ marks a text in the rules, which know no Flask.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "_n": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}
SOURCES = [(HOUSE, [("**.py", "python")]), (TEMPLATES, [("**.html", "jinja2"), ("**.txt", "jinja2")])]
# A template that cannot be read is an error, not a file without texts.
OPTIONS = {"**.html": {"silent": "false"}, "**.txt": {"silent": "false"}}

# The demonstration's schools and people have Chinese names in every language, as real ones do.
NAMES_OF_PEOPLE_AND_PLACES = ("demo/",)

CHINESE = re.compile(r"[\u2e80-\u2fdf\u3001-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff0f\uff1a-\uff20]")
RUN = re.compile(CHINESE.pattern + r"[^\s<>\"']*")
PARAMETER = re.compile(r"%\((\w+)\)")
BLOCK_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
LINE_COMMENT = re.compile(r"(^|\s)//.*")
NOT_TRANSLATED = "# not translated: "


def collect() -> Catalog:
    """The texts that stand in the source today."""
    catalogue = Catalog(project="credit_app", charset="utf-8")
    for folder, methods in SOURCES:
        for file, _line, text, comments, context in extract_from_dir(
            folder, methods, OPTIONS, KEYWORDS, ["Translators:"]
        ):
            # Without line numbers, so that moving code does not touch the catalogue.
            place = (Path(folder.name, file).as_posix(), 0)
            catalogue.add(text, None, [place], auto_comments=comments, context=context)
    return catalogue


def stored() -> Catalog:
    """The English catalogue, empty if there is none yet."""
    if not CATALOGUE.exists():
        return Catalog(locale="en", project="credit_app", charset="utf-8", fuzzy=False, header_comment="# English.")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A text's forms: one, or one for each number; a text not written yet has one that is empty."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def fault(source: Message, english: Message | None) -> str | None:
    """What is wrong with the English of a text, or None."""
    if english is None:
        return "is not in the catalogue (run: make messages)"
    if english.fuzzy:
        return "has a doubtful translation (marked fuzzy)"
    if not all(forms(english.string)):
        return "has no English"
    wanted = set(PARAMETER.findall(forms(source.id)[-1]))
    for translation in forms(english.string):
        unknown = set(PARAMETER.findall(translation)) - wanted
        if unknown:
            return f"has a parameter in English that the Chinese has not: {', '.join(sorted(unknown))}"
    lost = wanted - set(PARAMETER.findall(forms(english.string)[-1]))
    if lost:
        return f"loses a parameter in English: {', '.join(sorted(lost))}"
    return None


def untranslated() -> Iterator[str]:
    """A complaint for each text whose English is missing or wrong."""
    catalogue = stored()
    for message in collect():
        if not message.id:
            continue
        problem = fault(message, catalogue.get(message.id, message.context))
        if problem:
            places = sorted({place for place, _ in message.locations})
            yield f"{', '.join(places)}: {forms(message.id)[0]!r} {problem}"


def literals_in_template(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Chinese in a template that does not go through gettext, with its line."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in KEYWORDS:
        children: list[nodes.Node] = [keyword.value for keyword in node.kwargs]
    else:
        children = list(node.iter_child_nodes())
        text = node.data if isinstance(node, nodes.TemplateData) else getattr(node, "value", None)
        if isinstance(text, str):
            for match in RUN.finditer(text):
                yield node.lineno + text.count("\n", 0, match.start()), match.group()
    for child in children:
        yield from literals_in_template(child)


def loose_in_templates() -> Iterator[str]:
    """A complaint for each Chinese text in a template that is not marked."""
    environment = Environment(
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"], autoescape=True
    )
    for path in sorted(TEMPLATES.rglob("*.*")):
        for line, text in literals_in_template(environment.parse(path.read_text(encoding="utf-8"))):
            yield f"{path.relative_to(ROOT)}:{line}: {text!r} is not marked for translation: {{{{ _('…') }}}}"


def literals_in_python(tree: ast.AST) -> Iterator[ast.Constant]:
    """Chinese string literals that are neither a docstring nor the argument of a gettext function."""
    if isinstance(tree, ast.Call):
        name = tree.func.attr if isinstance(tree.func, ast.Attribute) else getattr(tree.func, "id", None)
        if name in KEYWORDS:
            for keyword in tree.keywords:
                yield from literals_in_python(keyword.value)
            return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str) and CHINESE.search(tree.value):
        yield tree
    for child in ast.iter_child_nodes(tree):
        # A string that is a statement of its own explains; it is a docstring, or one of an attribute.
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from literals_in_python(child)


def loose_in_python() -> Iterator[str]:
    """A complaint for each Chinese literal in the program that is neither marked nor excused."""
    for path in sorted(HOUSE.rglob("*.py")):
        if path.relative_to(HOUSE).as_posix().startswith(NAMES_OF_PEOPLE_AND_PLACES):
            continue
        source = path.read_text(encoding="utf-8")
        lines = source.splitlines()
        if any(line.startswith(NOT_TRANSLATED) for line in lines):
            continue
        for literal in literals_in_python(ast.parse(source)):
            span = lines[literal.lineno - 1 : literal.end_lineno]
            if not any(NOT_TRANSLATED in line for line in span):
                place = f"{path.relative_to(ROOT)}:{literal.lineno}"
                yield f"{place}: {literal.value!r} is not marked for translation: _('…')"


def loose_in_scripts() -> Iterator[str]:
    """A complaint for each line of our JavaScript that holds Chinese: a script takes its texts from the page."""
    for path in sorted(SCRIPTS.rglob("*.js")):
        if "vendor" in path.parts:
            continue
        code = BLOCK_COMMENT.sub(lambda comment: "\n" * comment.group().count("\n"), path.read_text(encoding="utf-8"))
        for number, line in enumerate(code.splitlines(), 1):
            text = LINE_COMMENT.sub("", line).strip()
            if CHINESE.search(text):
                yield f"{path.relative_to(ROOT)}:{number}: {text!r}: let the page hand it over in a data- attribute"


def check() -> int:
    """0 when every text is right; otherwise the complaints are printed."""
    complaints = [*loose_in_templates(), *loose_in_python(), *loose_in_scripts(), *untranslated()]
    for complaint in complaints:
        print(complaint)
    print(f"translations: {len(complaints)} to mend" if complaints else "translations: complete")
    return 1 if complaints else 0


def update() -> int:
    """The catalogue holds every text of today and none of yesterday; what was translated stays."""
    catalogue = stored()
    catalogue.update(collect(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)
    missing = len([message for message in catalogue if message.id and not all(forms(message.string))])
    print(f"{CATALOGUE.relative_to(ROOT)}: {len(catalogue)} texts, {missing} without English")
    return 0


if __name__ == "__main__":
    tasks = {"check": check, "update": update}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        sys.exit(__doc__)
    sys.exit(tasks[sys.argv[1]]())
