"""Events in and out of Kafka: typed, with CloudEvents headers, and nothing dropped silently."""
