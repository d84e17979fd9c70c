"""Deciding on what needs a person's eye: worksheets, and the credits that wait for them.

May import floors 0 to 6. Key nouns: `WorksheetReview` (each decision; the attendance row holds the present state); and
what nobody scans for, proved by a document, in ``results``.
"""
