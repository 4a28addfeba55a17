"""The machine-learning back end of WiseBook: scores journal entries in a Kafka stream and explains what it finds."""

__version__ = "0.1.0"
