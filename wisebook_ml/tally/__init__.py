"""What the scorer counts along the way, for statistics and drift. Pure: no Kafka, clock or chance."""
