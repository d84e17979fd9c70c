"""Every table of the house in one import, for the migrations."""

from credit_app.activities import models as activities
from credit_app.attendance import models as attendance
from credit_app.ledger import changes as rule_changes
from credit_app.ledger import models as ledger
from credit_app.operations import models as operations
from credit_app.organisations import models as organisations
from credit_app.people import models as people
from credit_app.recognition import models as recognition
from credit_app.recognition.results import models as results
from credit_app.rule_books import models as rule_books
from credit_app.schools import cards
from credit_app.schools import models as schools

__all__ = [
    "activities",
    "attendance",
    "cards",
    "ledger",
    "operations",
    "organisations",
    "people",
    "recognition",
    "results",
    "rule_books",
    "rule_changes",
    "schools",
]
