"""What is offered: activities, their dated occurrences, and the bureau's review before they are published.

May import floors 0 to 3. Key nouns: `Activity` (draft → submitted → published, or returned with a remark),
`Occurrence` (one dated run, with the handle and epoch its kiosk codes are made from), `ActivityReview`.

``programme`` holds the public's reads: what has been published and still takes place.
"""
