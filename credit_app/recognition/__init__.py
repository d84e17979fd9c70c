"""Deciding on what needs a person's eye: worksheets, and the credits that wait for them.

May import floors 0 to 6. Key nouns: `WorksheetReview` (each decision; the attendance row holds the present state),
``merging`` (one pupil's row takes up another's, with attendances and credits); and what nobody scans for, proved by a
document, in ``results``.
"""
