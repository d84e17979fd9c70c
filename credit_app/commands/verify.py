"""``flask verify``: prove the invariants on the rows, or name the row that breaks one."""

from __future__ import annotations

from collections.abc import Iterable

import click
from flask.cli import with_appcontext

from credit_app.commands.showing import progress_shown
from credit_app.extensions import db
from credit_app.findings import Finding
from credit_app.storage import reading_apart
from credit_app.verification import verify as findings_of


@click.command("verify")
@click.option("--most", default=50, show_default=True, help="How many findings to print; all are counted.")
@with_appcontext
def verify(most: int) -> None:
    """Check I1 to I6 (docs/ledger.md). Exit code 1 when a row is broken; every such row is named."""
    with reading_apart(db.session()) as session, progress_shown("rows") as progress:
        broken = report(findings_of(session, progress=progress), most)
    if broken:
        raise click.ClickException(f"{broken} broken rows")
    click.echo("I1 to I6 hold.")


def report(findings: Iterable[Finding], most: int) -> int:
    """The first `most` findings are printed, the rest is counted. Returns: how many there are."""
    count = 0
    for finding in findings:
        count += 1
        if count <= most:
            click.echo(str(finding))
    if count > most:
        click.echo(f"… and {count - most} more")
    return count
