"""What a topic is: its name, who its records are about, what they are, and how long they are kept."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from schemas import Record

__all__ = ["Topic", "partition_count"]

DEFAULT_PARTITIONS = 6
MOST_PARTITIONS = 1_000


@dataclass(frozen=True, slots=True)
class Topic:
    """The declaration of one topic; it knows neither a broker nor a client.

    Parameters
    ----------
    name : str
        Name without the deployment's prefix.
    key : str
        The field whose value is the message key, which decides the partition.
    records : tuple of type
        Record types of the values, told apart by the CloudEvents type in the headers. Empty for raw bytes.
    description : str
        What a subscriber finds there.
    retention : timedelta or None
        How long records are kept; None for ever.
    compacted : bool
        Whether only the last record of a key is kept (for `retention`, where given).
    partitions : int
        Number of partitions at creation.
    max_message_bytes : int
        Largest record.
    """

    name: str
    key: str
    records: tuple[type[Record], ...]
    description: str
    retention: dt.timedelta | None = None
    compacted: bool = False
    partitions: int = 1
    max_message_bytes: int = 1024 * 1024

    def full_name(self, prefix: str) -> str:
        """Return the name on the broker."""
        return prefix + self.name

    def config(self, replicas: int = 1) -> dict[str, str]:
        """Return the topic's broker configuration, as Kafka spells it.

        From three replicas on, a record counts as taken once two have it: the brokers' default is one, whose loss
        would take the record along.
        """
        cleanup = "delete"
        if self.compacted:
            cleanup = "compact" if self.retention is None else "compact,delete"
        retention_ms = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        in_sync = {"min.insync.replicas": "2"} if replicas > 2 else {}
        return {
            "cleanup.policy": cleanup,
            "retention.ms": str(retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            **in_sync,
        }


def partition_count(environment: Mapping[str, str]) -> int:
    """Return how many partitions a deployment gives to what is keyed by company.

    All of its processes must say the same: it is where they look for a company.

    Raises
    ------
    ValueError
        Where the variable is no such number.

    Examples
    --------
    >>> partition_count({})
    6
    >>> partition_count({"WISEBOOK_ML_PARTITIONS": "12"})
    12
    """
    given = environment.get("WISEBOOK_ML_PARTITIONS", "")
    if not given:
        return DEFAULT_PARTITIONS
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_PARTITIONS):
        raise ValueError(f"WISEBOOK_ML_PARTITIONS is {given!r}; it is a number from 1 to {MOST_PARTITIONS}")
    return int(given)
