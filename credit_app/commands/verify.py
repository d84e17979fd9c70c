"""``flask verify``: prove the invariants on the rows, or name the row that breaks one."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from credit_app.extensions import db
from credit_app.storage import reading
from credit_app.verification import verify as findings_of


@click.command("verify")
@click.option("--most", default=50, show_default=True, help="How many findings to print; all are counted.")
@with_appcontext
def verify(most: int) -> None:
    """Check I1 to I6 (docs/ledger.md). Exit code 1 when a row is broken; every such row is named."""
    shown = count = 0
    told = {"done": 0, "in_all": 0}

    def progress(done: int, in_all: int) -> None:
        told.update(done=done, in_all=in_all)
        if sys.stderr.isatty():
            click.echo(f"\r{done:,} of {in_all:,} rows", nl=False, err=True)

    with reading():
        for finding in findings_of(db.session(), progress=progress):
            count += 1
            if shown < most:
                click.echo(str(finding))
                shown += 1
    if count > shown:
        click.echo(f"… and {count - shown} more")
    if count:
        raise click.ClickException(f"{count} broken rows")
    click.echo("I1 to I6 hold.")
