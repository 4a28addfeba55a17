"""The pure scoring core: no Kafka, no clock, no randomness."""
