"""End to end: a real Kafka, worker processes, and what a subscriber sees."""
