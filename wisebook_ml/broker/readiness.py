"""Is the broker ready? It is when it answers for its own cluster and would create a topic."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic  # the typed name of confluent_kafka.admin.NewTopic

__all__ = ["wait_until_ready"]

#: The broker needs two to three seconds; finer polling would only take CPU away from it.
_POLL_SECONDS = 0.1
#: A request to a broker that is about to open its port must not be waited for long.
_REQUEST_TIMEOUT = 1.0
#: Not created: the request is only validated, by the controller, which needs a live broker for it.
_PROBE_TOPIC = "wisebook-readiness-probe"

_silent = logging.getLogger(f"{__name__}.librdkafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def wait_until_ready(bootstrap: str, cluster_id: str, *, alive: Callable[[], bool], timeout: float) -> bool:
    """Wait until the broker of `cluster_id` at `bootstrap` would create a topic.

    Parameters
    ----------
    bootstrap
        Address of the broker.
    cluster_id
        The cluster's id: another Kafka that happens to listen there does not count.
    alive
        Whether the broker's process still lives; when not, waiting ends.
    timeout
        Seconds to wait.

    Returns
    -------
    bool
        Whether it became ready.
    """
    client = AdminClient(
        {
            "bootstrap.servers": bootstrap,
            # The defaults back off to ten seconds, which would be most of the start.
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 200,
            "log_level": 0,
        },
        logger=_silent,
    )
    deadline = time.monotonic() + timeout
    while alive():
        if _answers(client, cluster_id):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return False


def _answers(client: AdminClient, cluster_id: str) -> bool:
    try:
        if client.cluster_id(timeout=_REQUEST_TIMEOUT) != cluster_id:
            return False
        topic = NewTopic(_PROBE_TOPIC, num_partitions=1, replication_factor=1)
        futures = client.create_topics(
            [topic], validate_only=True, operation_timeout=_REQUEST_TIMEOUT, request_timeout=_REQUEST_TIMEOUT
        )
        futures[_PROBE_TOPIC].result()
    except KafkaException:
        return False
    return True
