"""How far pupils are: what a pupil, a class and a school see of the credits of an academic year, and exports of it.

May import floors 0 to 7. Key nouns: `PupilProgress`, `ClassProgress`, `SchoolOverview` (``queries``),
`Participation` (one thing a pupil took part in: its entries in the ledger, or what it still waits for), ``exports``
(a class as CSV and Excel), ``wording`` (where somebody stands, in words). It writes nothing and keeps nothing of its
own: every figure comes from attendance and from the ledger's balances, and where somebody stands the rules say.
"""
