"""Alerts: the pure core, and what the role makes of it with a database."""
