"""Where the Kafka client's own messages go: into the process's log, where it has one, and never onto a terminal."""

import logging

__all__ = ["CLIENT_LOGGER"]

CLIENT_LOGGER = logging.getLogger("wisebook_ml.kafka")
CLIENT_LOGGER.addHandler(logging.NullHandler())
