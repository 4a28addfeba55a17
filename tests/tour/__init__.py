"""A day in the life of the whole system: a scenario that a test compares with itself, and that people are shown.

`steps` are what happens, one after the other, in a `house` where all parts run; a `narrator` tells people of it; what
must be the same in the end is in `end_state`. `python -m tests.tour` shows it.
"""
