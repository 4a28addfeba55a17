"""A real single-node Apache Kafka on this machine, without Docker.

Needs Java 17 and Maven; see `wisebook_ml.broker.distribution` for where Kafka comes from and
`wisebook_ml.broker.server` for its life cycle.
"""

from wisebook_ml.broker.distribution import Distribution, ensure_distribution, kafka_version
from wisebook_ml.broker.exceptions import (
    BrokerDataDamaged,
    BrokerError,
    BrokerStartFailed,
    BrokerStopFailed,
    DistributionError,
    LockTimeout,
    PortTaken,
    ProgramMissing,
)
from wisebook_ml.broker.server import BrokerStatus, LocalKafka

__all__ = [
    "BrokerDataDamaged",
    "BrokerError",
    "BrokerStartFailed",
    "BrokerStatus",
    "BrokerStopFailed",
    "Distribution",
    "DistributionError",
    "LocalKafka",
    "LockTimeout",
    "PortTaken",
    "ProgramMissing",
    "ensure_distribution",
    "kafka_version",
]
