"""Being there: kiosk codes, claims, scan events, attendance and stays.

May import floors 0 to 5. Key nouns: ``kiosk_code`` (the rotating code), ``opening`` and ``claim`` (what opening a code
leaves in a browser), ``screen_pass`` (what keeps a screen going), `ScanEvent` in ``scans`` (append-only: every scan
with its answer, also a refused one), `Attendance` in ``register`` (one per pupil, occurrence and day; derived from the
accepted scans by ``stays``), ``admission`` (why a scan moves nobody), ``voiding`` (taken out of account
by a person, and back: `AttendanceDecision`), ``crediting`` (from being there to a credit),
``answers`` (the fixed vocabulary), ``lists`` (who was there, for those who lead).

Devices at the door: ``devices`` (who they are), ``door_items`` (what they send), ``door`` (an item becomes a scan, or a
refusal in ``refused_items``), ``batches``, ``undoing``, ``clock_bounds`` (when it was), ``bundles`` (what they need
without the network), ``gaps`` (numbers that never came).
"""
