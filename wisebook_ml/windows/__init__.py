"""Windowed tables of statistics: what is counted of a company, its journals, hours and days. Pure but for `view`.

See `docs/statistics.md`.
"""
