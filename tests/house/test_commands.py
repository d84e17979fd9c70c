"""The scripts behind `make`: what they say when something is wrong, and that the checks can fail."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

MESSAGES = Path("credit_app/translations/en/LC_MESSAGES/messages.po")


def _answer(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_busy_port_is_named_with_a_free_one_to_try(busy_port: int) -> None:
    answer = _answer(".ci/port.py", "127.0.0.1", str(busy_port))
    assert answer.returncode == 1
    assert f"Port {busy_port} is in use" in answer.stderr
    assert f"make run PORT={busy_port + 1}" in answer.stderr


def test_a_free_port_is_no_complaint() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    assert _answer(".ci/port.py", "127.0.0.1", str(free)).returncode == 0


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", ""])
def test_what_is_no_port_is_said_to_be_none(port: str) -> None:
    answer = _answer(".ci/port.py", "127.0.0.1", port)
    assert answer.returncode == 1
    assert "use a number from 1 to 65535" in answer.stderr


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """A tree of one module, one page, one script and their English: the check of translations finds nothing in it."""
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    for name, text in {
        "credit_app/rooms.py": '"""说明。"""\n\nTITLE = _("学分")\nCOLUMN = "学号"  # not translated: a column\n',
        "templates/page.html": "{# 说明 #}<p title=\"{{ _('提示') }}\">{% trans n=3 %}{{ n }} 次{% endtrans %}</p>\n",
        "static/js/page.js": "/* 说明\n */ start(); // 开始\n",
        str(MESSAGES): 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        + "".join(
            f'msgid "{chinese}"\nmsgstr "{english}"\n\n'
            for chinese, english in (("学分", "credits"), ("提示", "hint"), ("%(n)s 次", "%(n)s times"))
        ),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_translated_house_has_nothing_to_mend(small_house: Path) -> None:
    answer = _answer(".ci/translations.py", "check", folder=small_house)
    assert (answer.returncode, answer.stdout) == (0, "translations: complete\n"), answer.stderr


@pytest.mark.parametrize(
    ("file", "before", "after", "complaint"),
    [
        ("credit_app/rooms.py", '_("学分")', '_("班级")', "'班级' is not in the catalogue"),
        ("credit_app/rooms.py", '_("学分")', '"学分"', "rooms.py:3: '学分' is not marked"),
        ("credit_app/rooms.py", "# not translated: a column", "", "rooms.py:4: '学号' is not marked"),
        ("templates/page.html", "{{ _('提示') }}", "提示", "page.html:1: '提示' is not marked"),
        ("static/js/page.js", "start()", "say('开始')", "page.js:2: \"say('开始');\""),
        (str(MESSAGES), '"hint"', '""', "'提示' has no English"),
        (str(MESSAGES), 'msgid "提示"', '#, fuzzy\nmsgid "提示"', "'提示' has a doubtful translation"),
        (str(MESSAGES), '"%(n)s times"', '"often"', "loses a parameter in English: n"),
        (str(MESSAGES), '"%(n)s times"', '"%(n)s of %(m)s"', "a parameter in English that the Chinese has not: m"),
    ],
)
def test_an_untranslated_text_is_found(small_house: Path, file: str, before: str, after: str, complaint: str) -> None:
    path = small_house / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

    answer = _answer(".ci/translations.py", "check", folder=small_house)

    assert answer.returncode == 1, answer.stderr
    assert complaint in answer.stdout


def test_a_module_of_other_peoples_words_is_excused_as_a_whole(small_house: Path) -> None:
    words = small_house / "credit_app" / "words.py"
    words.write_text(
        '"""说明。"""\n\n# not translated: what schools write in their files\nWORDS = ("男", "女")\n', "utf-8"
    )
    assert _answer(".ci/translations.py", "check", folder=small_house).returncode == 0


def test_new_texts_join_the_catalogue_and_old_translations_stay(small_house: Path) -> None:
    page = small_house / "templates" / "page.html"
    page.write_text("<p>{{ _('提示') }}{{ _('再见') }}</p>\n", encoding="utf-8")

    assert _answer(".ci/translations.py", "update", folder=small_house).returncode == 0

    catalogue = (small_house / MESSAGES).read_text(encoding="utf-8")
    assert 'msgid "提示"\nmsgstr "hint"' in catalogue
    assert 'msgid "再见"\nmsgstr ""' in catalogue
    assert "%(n)s" not in catalogue
