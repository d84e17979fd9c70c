"""Districts, schools and venues: the places everything else hangs on.

May import floor 0. Key nouns: `District`, `School`, `Venue` (tier ``lead``/``backbone``/``grassroots``, head venue).
"""
