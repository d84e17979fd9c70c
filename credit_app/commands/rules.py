"""``flask rules``: check a rule set, and publish it."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from credit_app import clock
from credit_app.errors import DomainError
from credit_app.extensions import db
from credit_app.organisations.queries import district_coded
from credit_app.rule_books.actions import publish_book
from credit_app.rules.book import Book, BookError, load_book

group = AppGroup("rules", help="Rule sets.")

_BOOK = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@group.command("check")
@_BOOK
def check(path: Path) -> None:
    """Read the rule set at PATH strictly. Exit code 1 with every problem, its line, and what to write instead."""
    text = text_of(path)
    try:
        book = load_book(text)
    except BookError as error:
        raise not_a_book(path, error) from error
    click.echo(_summary(book))


@group.command("publish")
@_BOOK
@click.option("--district", "district_code", help="Code of the district it is for; left out, it is for the whole city.")
def publish(path: Path, district_code: str | None) -> None:
    """Publish the rule set at PATH. Once published it is never changed; nothing is stored when it has a problem."""
    text = text_of(path)
    session = db.session()
    try:
        district = district_coded(session, district_code) if district_code is not None else None
        published = publish_book(session, text=text, now=clock.now(), district=district)
    except BookError as error:
        raise not_a_book(path, error) from error
    except DomainError as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    session.commit()
    click.echo(_summary(load_book(published.text)))
    scope = district.name if district is not None else _("全市")
    click.echo(_("已发布，适用范围：%(scope)s。", scope=scope))


def text_of(path: Path) -> str:
    """The text of a file in UTF-8. Raises: ClickException when it is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # An editor on Windows may have saved it in GBK; guessing would put wrong words into a law-like text.
        told = _("%(path)s 不是 UTF-8 文本，请另存为 UTF-8 编码后再试。", path=path.name)
        raise click.ClickException(told) from error


def not_a_book(path: Path, error: BookError) -> click.ClickException:
    """Every problem with its line and what to write instead, as what the command ends with."""
    lines = [
        f"{path.name}:{problem.line}:{problem.column}  {problem.what_in(_)} {problem.instead_in(_)}"
        for problem in error.problems
    ]
    lines.append(_("共 %(count)s 处问题，没有保存任何内容。", count=len(error.problems)))
    return click.ClickException("\n".join(lines))


def _summary(book: Book) -> str:
    return _(
        "规则集 %(id)s 没有问题：%(title)s，%(first)s 至 %(last)s，%(categories)s 个类别，%(clauses)s 条条款。",
        id=book.id,
        title=book.title,
        first=book.effective_on.isoformat(),
        last=book.until.isoformat(),
        categories=len(book.categories),
        clauses=len(book.clauses),
    )
