"""Student cards (学生卡): what a pupil without a phone carries to a venue's door.

``token`` is what the QR says, ``number`` what is typed when it cannot be read, ``sealing`` how a device's roster hides
names until a card is shown; the contract with devices is docs/door.md. ``models``, ``queries`` and ``actions`` are the
cards as rows: issued, lost, revoked.
"""

from credit_app.schools.cards.models import StudentCard

__all__ = ["StudentCard"]
