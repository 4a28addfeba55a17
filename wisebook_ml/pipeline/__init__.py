"""Records in, records out: the bytes of a partition through the scoring core. Live agents and replay drive it."""
