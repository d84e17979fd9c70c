"""Results that nobody scans for: contests, research projects, online courses, each proved by a document.

A counselor enters them, singly or from a sheet; a second person decides; what is approved goes to the ledger as a fact.
Key nouns: `ListedCompetition`, `ReviewedResult` (its `public_id` is the participation the ledger speaks of),
`ResultReview` (each step, kept), `ResultSheet` (an uploaded sheet between preview and applying). Doors: ``actions``
(enter, correct, withdraw), ``deciding`` (approve, return, refuse, take back), ``competitions`` (the list), ``queries``.
What a category asks for is never written here: ``offer`` asks the book of the day.
"""
