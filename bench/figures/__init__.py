"""``make figures``: all benchmarks and evaluations one after another, and one table of what they saw.

`parts` says what is run, `running` runs it and keeps its lines below ``build/figures``, `notes` reads what people wrote
beside the figures, and `table` makes the page ``docs/figures.md`` of all that, without running anything.
"""
