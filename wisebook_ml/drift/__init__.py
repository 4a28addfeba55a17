"""Drift: whether what a model meets, says and is worth is still what it was. Pure: no Kafka, clock or chance."""
