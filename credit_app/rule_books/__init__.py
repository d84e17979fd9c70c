"""Published rule sets, and which one holds for a district and a day.

May import floors 0 and 1. Key noun: `RuleBook` (the YAML as published, never changed afterwards).
"""
