"""Schools from within: classes, students, enrolments, teaching, the roster import, activation slips.

May import floors 0 to 2. Key nouns: `Student` (the pupil as a school knows them; names the ledger account by a random
reference only), `Enrolment` (a pupil's one place in a school: year, grade, class or none yet), `SchoolClass` (homeroom
or teaching group), `Teaching` (who leads or teaches a class), ``roster`` (OneRoster 1.1).
"""
