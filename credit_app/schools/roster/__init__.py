"""A school's roster from elsewhere: OneRoster 1.1 CSV tables, in bulk.

Source: 1EdTech OneRoster 1.1, CSV Tables. A roster goes through clear steps, each of which knows only the one before:

`source`     a zip or a folder, opened safely; texts in UTF-8
`tables`     which columns the standard gives each file, and what may stand in them
`reading`    texts to typed `records`, and `problems` with file, line, column and what to do
`selecting`  what the roster says of one school: its classes, pupils, staff
`present`    what stands in the database
`comparing`  both together make a `plan`: new, changed, gone; pure, and empty when nothing differs
`applying`   the plan in one short write transaction
`previewing` all of these together for a face or a command; `uploads` keeps a file between preview and applying

A roster says who is where. It never touches credits, and never what somebody entered by hand unless it is plainly the
same person or class.
"""
