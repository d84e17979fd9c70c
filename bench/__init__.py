"""Measurements: each prints ratios taken in one run on one machine. ``make bench`` runs them; no test is timed.

``check_in`` our scan beside a minimal view (``minimal``); ``rules`` the pure core; ``roster`` an import.
"""
