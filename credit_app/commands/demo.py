"""``flask demo``: the demonstration city."""

from __future__ import annotations

import time

import click
from flask import current_app
from flask.cli import AppGroup

from credit_app import clock
from credit_app.demo.city import build_city, is_empty, open_today
from credit_app.extensions import db

group = AppGroup("demo", help="The demonstration city.")


@group.command("build")
@click.option("--if-empty", is_flag=True, help="Keep what is there; only see to it that an activity is open today.")
def build(if_empty: bool) -> None:
    """Build the city: 2 districts, 6 schools, 12 venues, about 40 activities, 1,200 pupils, 20 weeks."""
    if not current_app.config["SETTINGS"].demonstration:
        raise click.ClickException("The demonstration city is built in demonstration mode only (CREDIT_APP_MODE).")
    session = db.session()
    if not is_empty(session):
        if not if_empty:
            raise click.ClickException("The database is not empty. `make demo-reset` throws it away and builds anew.")
        open_today(session, now=clock.now())
        session.commit()
        return
    click.echo("Building the demonstration city …")
    started = time.monotonic()
    with click.progressbar(length=1, label="twenty weeks") as bar:

        def progress(done: int, in_all: int) -> None:
            bar.length = in_all
            bar.update(done - bar.pos)

        city = build_city(session, now=clock.now(), progress=progress)
    seconds = time.monotonic() - started
    click.echo(f"{len(city.pupils)} pupils, {len(city.schools)} schools, {len(city.venues)} venues in {seconds:.0f} s")
