"""``flask rules``: a rule set is checked and published, or each problem is told with its line and what to write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credit_app.rule_books.models import RuleBook
from tests.cast import SAMPLE_BOOK, Cast

SAMPLE = SAMPLE_BOOK.read_text(encoding="utf-8")
NEXT = re.sub(
    r"^effective_on: .*\nuntil: .*$",
    "effective_on: 2028-09-01\nuntil: 2029-08-31",
    SAMPLE.replace("id: sample-2026", "id: sample-2028", 1),
    flags=re.MULTILINE,
)


def line_of(text: str, start: str) -> int:
    """Where in the text the line that begins so stands, counted from 1."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


def books(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(RuleBook.rule_set).order_by(RuleBook.id)))


@pytest.mark.sqlite_only
def test_the_sample_is_a_book(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["rules", "check", str(SAMPLE_BOOK)])
    assert (answer.exit_code, "sample-2026" in answer.output) == (0, True)


@pytest.mark.sqlite_only
def test_an_unknown_key_is_told_with_its_line_and_what_to_write_instead(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    wrong = SAMPLE.replace("    at_least_minutes: 45\n", "    at_least_minuets: 45\n", 1)
    path.write_text(wrong, encoding="utf-8")
    answer = app.test_cli_runner().invoke(args=["rules", "check", str(path)])
    assert answer.exit_code == 1
    assert f"book.yaml:{line_of(wrong, '    at_least_minuets')}:" in answer.output
    assert "不认识键“at_least_minuets”" in answer.output
    assert "是不是想写“at_least_minutes”" in answer.output
    assert "没有保存任何内容" in answer.output


@pytest.mark.sqlite_only
def test_every_problem_is_told_at_once(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    wrong = SAMPLE.replace("until: 2028-08-31", "until: someday", 1).replace("credits: 0.3", "credits: -0.3", 1)
    path.write_text(wrong, encoding="utf-8")
    answer = app.test_cli_runner().invoke(args=["rules", "check", str(path)])
    assert answer.exit_code == 1
    for line in (line_of(wrong, "until"), line_of(wrong, "    credits: -0.3")):
        assert f"book.yaml:{line}:" in answer.output
    assert "共 2 处问题" in answer.output


@pytest.mark.sqlite_only
@pytest.mark.parametrize("command", ["check", "publish"])
def test_a_text_in_another_encoding_is_not_guessed_at(app: Flask, tmp_path: Path, command: str) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(SAMPLE.encode("gb18030"))
    answer = app.test_cli_runner().invoke(args=["rules", command, str(path)])
    assert (answer.exit_code, "请另存为 UTF-8 编码" in answer.output) == (1, True)


@pytest.mark.sqlite_only
def test_what_an_editor_on_windows_puts_in_front_does_no_harm(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "book.yaml"
    path.write_bytes(SAMPLE.replace("\n", "\r\n").encode("utf-8-sig"))
    assert app.test_cli_runner().invoke(args=["rules", "check", str(path)]).exit_code == 0


def test_a_book_is_published_for_the_city_or_for_one_district(
    app: Flask, db_session: Session, cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "book.yaml"
    path.write_text(NEXT, encoding="utf-8")
    runner = app.test_cli_runner()
    assert "适用范围：全市" in runner.invoke(args=["rules", "publish", str(path)]).output
    path.write_text(SAMPLE.replace("id: sample-2026", "id: nanshan-2026", 1), encoding="utf-8")
    answer = runner.invoke(args=["rules", "publish", str(path), "--district", "nanshan"])
    assert (answer.exit_code, "适用范围：南山区" in answer.output) == (0, True)
    assert books(db_session) == ["sample-2026", "sample-2028", "nanshan-2026"]
    own = db_session.scalars(select(RuleBook).filter_by(rule_set="nanshan-2026")).one()
    assert own.district_id == cast.district.id


@pytest.mark.sqlite_only
def test_examples_are_tried_and_each_difference_is_told(app: Flask, tmp_path: Path) -> None:
    cases = SAMPLE_BOOK.with_name("sample-2026.cases.yaml")
    runner = app.test_cli_runner()
    answer = runner.invoke(args=["rules", "try", str(SAMPLE_BOOK), str(cases)])
    assert (answer.exit_code, "23 例全部相符" in answer.output) == (0, True)
    path = tmp_path / "book.yaml"
    path.write_text(SAMPLE.replace("credits: 0.3\n", "credits: 0.4\n", 1), encoding="utf-8")
    answer = runner.invoke(args=["rules", "try", str(path), str(cases)])
    assert answer.exit_code == 1
    assert "≠ 六场讲座，前五场各 0.3，第六场因类别上限 1.5 不计\n    2026-03-02  earns: 0.3 ≠ 0.4\n" in answer.output
    assert re.search("23 例中有 [1-9] 例不符", answer.output)


@pytest.mark.sqlite_only
def test_a_text_that_is_no_example_is_told_with_its_line(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "own.cases.yaml"
    path.write_text("book: own\ncases:\n  - nam: x\n", encoding="utf-8")
    answer = app.test_cli_runner().invoke(args=["rules", "try", str(SAMPLE_BOOK), str(path)])
    assert (answer.exit_code, "own.cases.yaml:3:" in answer.output, "是不是想写“name”" in answer.output) == (
        1,
        True,
        True,
    )


@pytest.mark.sqlite_only
def test_the_schema_for_editors_is_printed(app: Flask) -> None:
    runner = app.test_cli_runner()
    for options, key in (([], "clauses"), (["--cases"], "cases")):
        answer = runner.invoke(args=["rules", "schema", *options])
        assert (answer.exit_code, key in json.loads(answer.output)["properties"]) == (0, True)


def test_a_book_takes_days_from_the_rule_sets_that_are_named(
    app: Flask, db_session: Session, cast: Cast, tmp_path: Path
) -> None:
    path, runner = tmp_path / "book.yaml", app.test_cli_runner()
    path.write_text(NEXT, encoding="utf-8")
    assert runner.invoke(args=["rules", "publish", str(path)]).exit_code == 0
    both = SAMPLE.replace("id: sample-2026", "id: both", 1).replace("until: 2028-08-31", "until: 2028-12-31", 1)
    path.write_text(both, encoding="utf-8")
    named = ["--replaces", "sample-2026"]
    refused = runner.invoke(args=["rules", "publish", str(path), *named])
    assert (refused.exit_code, "sample-2028" in refused.output) == (1, True)
    assert runner.invoke(args=["rules", "publish", str(path), *named, "--replaces", "sample-2028"]).exit_code == 0
    assert books(db_session) == ["sample-2026", "sample-2028", "both"]


def test_what_cannot_be_published_is_refused_and_nothing_is_stored(
    app: Flask, db_session: Session, cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "book.yaml"
    runner = app.test_cli_runner()
    for text, options, told in (
        (NEXT.replace("unit:\n", "unti:\n", 1), [], "不认识键“unti”"),
        (SAMPLE, [], "已经用过"),
        (SAMPLE.replace("id: sample-2026", "id: again", 1), [], "重叠"),
        (NEXT, ["--district", "nosuch"], "没有代码为 nosuch 的区"),
    ):
        path.write_text(text, encoding="utf-8")
        answer = runner.invoke(args=["rules", "publish", str(path), *options])
        assert (answer.exit_code, told in answer.output) == (1, True), answer.output
    assert books(db_session) == ["sample-2026"]
    assert db_session.scalar(select(func.count()).select_from(RuleBook)) == 1
