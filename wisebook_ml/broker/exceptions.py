"""What can go wrong with the local broker. Each message says what to do about it."""

from __future__ import annotations

__all__ = [
    "BrokerDataDamaged",
    "BrokerError",
    "BrokerStartFailed",
    "BrokerStopFailed",
    "DistributionError",
    "LockTimeout",
    "PortTaken",
    "ProgramMissing",
]


class BrokerError(Exception):
    """Base of all errors of `wisebook_ml.broker`."""


class ProgramMissing(BrokerError):
    """Java or Maven is not installed, or is too old."""


class DistributionError(BrokerError):
    """Maven could not fetch Kafka's jars."""


class LockTimeout(BrokerError):
    """Another process held a lock for longer than any of its steps may take."""


class PortTaken(BrokerError):
    """The port that was asked for belongs to another program."""


class BrokerDataDamaged(BrokerError):
    """The data directory holds records but Kafka's description of it is not readable."""


class BrokerStopFailed(BrokerError):
    """The broker survived SIGKILL for longer than the time allowed."""


class BrokerStartFailed(BrokerError):
    """The broker ended, or did not become ready in time.

    Parameters
    ----------
    message
        What happened and where to look.
    log
        What the broker wrote, from its first error on; its last lines if it wrote none.
    """

    def __init__(self, message: str, log: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.log = log
