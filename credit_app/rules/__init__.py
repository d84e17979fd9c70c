"""The pure core: a fact and a book go in, an award and its trace come out.

May import the standard library, pydantic and ruamel.yaml; pandas and numpy only in the batch modules (``batch``,
``rows``), which the single path never imports. No Flask, no SQLAlchemy, no clock, no other room.

Key nouns, in the order in which they are met:

``facts.Fact``         what is known of one participation, frozen at the moment of judging
``book.Book``          the dated, sourced YAML that converts participation into credits; read by ``book.load_book``
``clauses``            a file per kind of clause: its definition, its single form and its batch form side by side
``plan.Plan``          the clauses of a book that speak about one kind of participation, compiled into closures
``single.award``       one participation, given the counters of the pupil's earlier ones
``single.History``     a pupil's participations one after the other, across changes of book
``batch.award_batch``  a city's year at once; agrees with the single form on every step
``terms.Shelf``        which of several books holds on a day
``targets``            what a pupil should reach in a year, and where the pupil stands
``wording``            the sentences for every code, as Chinese msgids
``examples``           cases in YAML that show a book at work
``schema``             the JSON Schema of a book, for editors

Amounts are whole centicredits (100 = 1 学分). Order is event order: (``occurred_at``, ``participation``).
"""
