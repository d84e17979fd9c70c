"""``flask jobs``: run a background job at once, and see how the last runs ended."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from credit_app.extensions import db
from credit_app.jobs import JOBS, run_job
from credit_app.operations.queries import latest_runs

group = AppGroup("jobs", help="Background jobs.")


@group.command("run")
@click.argument("name", type=click.Choice(sorted(JOBS)))
def run(name: str) -> None:
    """Run the job NAME now. Exit code 1 when it fails; the run is noted either way."""
    try:
        finished = run_job(name)
    except Exception as problem:
        raise click.ClickException(f"{name}: {problem}") from problem
    click.echo(f"{name}: {finished.report}")


@group.command("list")
def show() -> None:
    """Each job's last run: when it began, how it ended, what it did."""
    runs = latest_runs(db.session())
    for name in JOBS:
        last = runs.get(name)
        told = f"{last.started_at:%Y-%m-%d %H:%M} UTC  {last.outcome}  {last.report}" if last else "never ran"
        click.echo(f"{name:26}{told}")
