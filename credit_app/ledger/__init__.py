"""The append-only ledger: accounts, entries, balances, and the chain that shows an edit behind the program's back.

May import floors 0 to 4. Key nouns: `LedgerAccount` (one per pupil under a random id: head and count of its chain,
the rules' counters), `LedgerEntry` (award, adjustment, reversal; frozen facts and trace), `LedgerBalance` (derived:
credits by year and category), `LedgerRoot` (a signed number over all heads), `LedgerCorrection` (what two people
change, and what arrived after its year was settled), `Settlement` (a district's year, with each school's final lines).
``moving`` takes what stands in one account into another (a merge). A fact knows no person, only the account's random
id; whose pages show a correction or a line is found through `student.account_ref`.

A change of rules has files of its own: `simulation` (a year judged under a draft, as values), `figures` (who gains, who
loses), `trials` (simulations as orders that a worker takes up), `replay` (the differences posted after publishing),
`rebooking` (which book takes which participation, for both), `changes` (their tables).
"""
