"""科普学分: the credit system for what pupils of grades 1–9 do in science practice.

The house stands on floors; imports run downward only, and rooms on one floor do not import each other.

====== =============================== =============================================================
floor  room                            what lives there
====== =============================== =============================================================
0      ``rules``                       the pure core: a fact and a book in, an award and its trace out
0      ``clock``, ``keys``, ``errors`` now; keys by purpose; domain errors with code and status
0      ``storage``, ``extensions``     column types and SQLite's manners; the Flask extensions
1      ``organisations``               districts, schools, venues
1      ``operations``                  what the machine did: runs of background jobs
2      ``people``                      users, roles with their scope, sign-in, the access log
2      ``rule_books``                  drafts, published books, which one holds for a district and day
3      ``schools``                     classes, students, enrolments, roster import, student cards
4      ``activities``                  activities, occurrences, review of what is published
5      ``ledger``                      accounts, entries, balances, chains and roots, corrections, settlements
6      ``attendance``                  codes, claims, devices, scan events, stays, roll-calls, held scans
7      ``recognition``                 worksheets and the credits that wait for them
8      ``progress``                    what classes and schools see; final lists; exports
9      ``faces``                       a blueprint per audience; the only place that commits a request
10     ``app``, ``cli``, ``jobs``,     the factory, commands, background jobs and their worker, the
       ``worker``, ``demo``,           demonstration city, the audit of everything
       ``verification``
====== =============================== =============================================================

In each room: ``models`` (tables), ``queries`` (reads that fetch and authorise in one call), ``actions`` (writes
that flush and never commit), ``audit`` (what ``flask verify`` asks of it).

A scan's way: ``faces.pupil.claims`` → ``attendance.context`` → ``attendance.actions.record_scan`` →
``ledger.actions.award`` → ``rules.single.award`` → the face commits once and answers; that of a card:
``faces.device.scans`` → ``attendance.door.receive``, and on as above.

This module holds no code, so that importing ``credit_app.rules`` imports no Flask.
"""
