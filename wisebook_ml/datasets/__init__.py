"""Data sets: frames of rows to learn from, made of a company's records and nothing else.

One file a kind of row; each knows nothing of Kafka or of algorithms, and every value of a row was known at its `date`.
`wisebook_ml.datasets.catalogue` tells which algorithm learns from which.
"""
