"""What the background worker runs: ``huey_consumer credit_app.worker.queue``."""

from credit_app.app import create_app
from credit_app.jobs import schedule

queue = schedule(create_app())
