"""Deciding on what needs a person's eye: worksheets, and the credits that wait for them.

May import floors 0 to 6. Key noun: `WorksheetReview` (each decision; the attendance row holds the present state).
"""
