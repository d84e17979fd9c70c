"""Rule sets: drafts on which a bureau works, books as published, and which one holds for a district and a day.

May import floors 0 and 1. Key nouns: `RuleBook` (the YAML as published, never changed afterwards), `RuleBookDraft`.
``drafting`` is what happens to a draft, ``standing`` on which days a book really holds and what a draft would change.
"""
