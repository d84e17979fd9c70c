"""``flask ledger``: prove the ledger, sign its daily root, and check a root that was kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from credit_app import clock
from credit_app.commands.showing import progress_shown
from credit_app.commands.verify import report
from credit_app.errors import NotFound
from credit_app.extensions import db
from credit_app.findings import Finding
from credit_app.ledger import roots
from credit_app.ledger.audit import audit
from credit_app.ledger.root_file import BadRoot, checked_header, checked_leaves, lines_of
from credit_app.storage import reading, reading_apart

group = AppGroup("ledger", help="The ledger: proofs and signed roots.")
root = AppGroup("root", help="Signed roots over all chains (docs/ledger.md).")
group.add_command(root)

_MOST = click.option("--most", default=50, show_default=True, help="How many findings to print; all are counted.")


@group.command("verify")
@_MOST
def verify(most: int) -> None:
    """Check I3 to I6 of the ledger alone; `flask verify` checks everything. Exit code 1 names each broken row."""
    with reading_apart(db.session()) as session, progress_shown("entries") as progress:
        broken = report(audit(session, progress), most)
    if broken:
        raise click.ClickException(f"{broken} broken rows")
    click.echo("The ledger holds.")


@root.command("take")
def take() -> None:
    """Sign today's root. A day has one: the second time nothing is done."""
    taken = roots.take_root(db.session(), now=clock.now())
    db.session.commit()
    if taken is None:
        click.echo("Today's root was taken before.")
        return
    click.echo(f"{taken.taken_on}  {taken.accounts:,} accounts  {taken.entries:,} entries  {taken.root}")


@root.command("list")
def show() -> None:
    """The public key, and every root, newest first."""
    with reading():
        click.echo(f"public key {roots.public_key()}")
        for each in roots.roots(db.session()):
            click.echo(f"{each.taken_on}  {each.accounts:,} accounts  {each.entries:,} entries  {each.root}")


@root.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export(path: Path) -> None:
    """Write the newest root with all accounts' heads to the file PATH, which stands for itself. No personal data."""
    with reading_apart(db.session()) as session:
        try:
            header, leaves = roots.root_to_export(session)
        except NotFound as error:
            raise click.ClickException("No root was taken yet: flask ledger root take") from error
        with path.open("x", encoding="utf-8") as file:
            file.writelines(lines_of(header, leaves))
    click.echo(f"{header['taken_on']}: {header['accounts']:,} accounts, public key {header['public_key']}")


@root.command("check")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public-key", required=True, help="The key in hex, as you noted it when the roots began.")
@click.option("--against-database", is_flag=True, help="Also tell which accounts have lost what the root had.")
@_MOST
def check(path: Path, public_key: str, against_database: bool, most: int) -> None:
    """Check an exported root. Asks neither a database nor a secret, unless told to compare with the database.

    Exit code 1 with the reason when the file is not what was signed, or the ledger does not carry on from it.
    """
    try:
        header = _read(path, public_key)
    except BadRoot as refusal:
        raise click.ClickException(f"{path.name} is refused: {refusal}") from refusal
    click.echo(f"{header['taken_on']}: signed, {header['accounts']:,} accounts, {header['entries']:,} entries.")
    if not against_database:
        return
    with reading_apart(db.session()) as session:
        lost = report(_lost(path, public_key, session), most)
    if lost:
        raise click.ClickException(f"{lost} accounts do not carry on from the root")
    click.echo("Every chain carries on from it.")


def _read(path: Path, public_key: str) -> dict[str, object]:
    with path.open(encoding="utf-8", errors="replace") as file:
        header = checked_header(file.readline(), public_key)
        for _each in checked_leaves(file, header):
            pass
    return header


def _lost(path: Path, public_key: str, session: Session) -> Iterator[Finding]:
    """The file has been checked as a whole by now; here its accounts are read again, a few at a time."""
    with path.open(encoding="utf-8") as file:
        header = checked_header(file.readline(), public_key)
        yield from roots.lost_since(session, checked_leaves(file, header))
