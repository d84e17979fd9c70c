"""Drills: the door under races, crashes and a city's Saturday, each of which must be able to fail."""
