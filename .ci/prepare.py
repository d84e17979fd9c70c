"""The database stands at the newest migration and holds the demonstration city, built now if the database was empty.

One process for what are two commands (``flask db upgrade``, ``flask demo build --if-empty``): most of the time of a
second start is spent on loading the program, so it is loaded once less.
"""

from __future__ import annotations

import flask_migrate
from flask.cli import ScriptInfo

from wsgi import app

if __name__ == "__main__":
    with app.app_context():
        flask_migrate.upgrade()
    app.cli.main(["demo", "build", "--if-empty"], obj=ScriptInfo(create_app=lambda: app))
