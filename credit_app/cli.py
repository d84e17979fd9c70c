"""The commands of the program: ``flask roster``, ``flask demo``, ``flask verify`` …"""

from __future__ import annotations

from flask import Flask

from credit_app.commands import demo, jobs, ledger, roster, rule_changes, verify


def register(app: Flask) -> None:
    """Give `app` its commands."""
    for command in (demo.group, jobs.group, ledger.group, roster.group, rule_changes.group, verify.verify):
        app.cli.add_command(command)
