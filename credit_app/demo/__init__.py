"""The demonstration city: 2 districts, 6 schools, 12 venues, about 40 activities, 1,200 pupils, twenty weeks.

Made through the actions of the rooms, as people would make it; every name in it is invented. The same day and seed give
the same city: the same people, participations and credits (only the random public ids differ). May import every room.
Key modules: ``names`` (what things are called), ``places`` (districts, schools, venues, people), ``programme``
(activities and occurrences), ``history`` (who went, stayed, handed in), ``city`` (all of it in order).
"""
