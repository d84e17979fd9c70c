"""The faces: a blueprint per audience. They read the request, ask the rooms below, commit once, and render.

May import every floor below. Shared by all: ``guards`` (who may enter a view), ``browser_session`` (whose browser this
is), ``addresses`` (home by role, back to a page of ours), ``formatting`` (how figures and times are shown),
``titles`` (what identifiers are called), ``refusals`` (at which field), ``navigation`` (what stands in the header),
``explaining`` (why a participation earned what it earned), ``worksheets`` (deciding on them from a list),
``correcting`` and ``settling`` (what pages of corrections and of settlements share), ``downloads`` (files as answers),
``static_files`` (versions of them), ``shell`` (headers, languages, error pages).

The package of a face makes its ``blueprint`` and imports its view modules below it.
"""
