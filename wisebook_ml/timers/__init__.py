"""Timers: what is due by the French clock, done once for each due time, whoever leads and whoever dies.

`schedule`, `plan` and `retraining` are pure; `catalogue` is the table of all timers, and `works` what they do; `runs`
is what the topic knows, and `term` a leader's time in office, which does it. See `docs/timers.md`.
"""
