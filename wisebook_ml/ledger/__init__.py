"""Entries as columns, and the calendar they are dated by."""
