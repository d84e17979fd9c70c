"""What the machine did: the runs of background jobs, shown to the officer.

May import floor 0. Key noun: `JobRun`.
"""
