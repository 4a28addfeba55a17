"""Brokers that authenticate, encrypt and authorise: one, or three that stand in for each other."""
