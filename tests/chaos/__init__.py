"""Crashes, restarts and slow neighbours in the middle of the work, on a real broker. Run by `make chaos`."""
