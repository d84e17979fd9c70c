"""The append-only ledger: accounts, entries, balances, and the chain that shows an edit behind the program's back.

May import floors 0 to 4. Key nouns: `LedgerAccount` (one per pupil under a random id: head and count of its chain,
the rules' counters), `LedgerEntry` (award, adjustment, reversal; frozen facts and trace), `LedgerBalance` (derived:
credits by year and category). ``moving`` takes what stands in one account into another (a merge). Nothing here
knows a person: the account's id is all a fact holds.

A change of rules has files of its own: `simulation` (a year judged under a draft, as values), `figures` (who gains, who
loses), `trials` (simulations as orders that a worker takes up), `replay` (the differences posted after publishing),
`rebooking` (which book takes which participation, for both), `changes` (their tables).
"""
