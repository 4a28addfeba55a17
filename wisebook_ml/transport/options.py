"""What a user of the transport may choose."""

from collections.abc import Callable
from dataclasses import dataclass

from .failure import end_process

__all__ = ["BatchOptions", "OnFailure"]

OnFailure = Callable[[str, BaseException | None], None]
"""Called with a reason that a person can read, and the exception if there is one. See `end_process`."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How batches are fetched and delivered.

    Parameters
    ----------
    max_records : int
        Most records of a batch, where `record_batches` names no other number. Of each partition at most twice as many
        are in memory: those in work and those that wait.
    max_buffered : int
        Most records in memory of all partitions. At least twice `max_records`, so that one partition can be in work
        while another is fetched.
    read_committed : bool
        Whether records of open and aborted transactions are kept from the agents.
    finish_seconds : float
        How long a revocation or a shutdown waits for the batches in work. Longer than Kafka's rebalance timeout
        (`broker_rebalance_timeout`) the group does not wait for this worker anyway.
    stall_seconds : float, optional
        After so long without a commit, or a batch's `gets_on`, though there are records to be processed, the worker is
        not healthy. None: no such limit.
    end_on_stall : bool
        Whether a worker that is not healthy is ended by `on_failure`, or only says so in `health()`.
    on_failure : callable
        What happens when an agent failed or the worker stalls: by default the process ends (`end_process`). When an
        agent failed, a callback that returns leaves a worker that delivers and commits nothing of its batch topics any
        more. When it stalls, the worker is left as it is, and not looked at again.
    fetch_wait_seconds : float
        How long the broker may hold back its answer when there are no records. Records never wait for it, but a
        partition whose buffer was full can: the client has one request open per broker.
    fetch_backoff_seconds : float
        How long a partition whose buffer is full may keep the client from asking for the others.
    """

    max_records: int = 4000
    max_buffered: int = 64_000
    read_committed: bool = False
    finish_seconds: float = 45.0
    stall_seconds: float | None = 300.0
    end_on_stall: bool = True
    on_failure: OnFailure = end_process
    fetch_wait_seconds: float = 0.1
    fetch_backoff_seconds: float = 0.05

    def __post_init__(self) -> None:
        if self.max_records < 1:
            raise ValueError(f"max_records is {self.max_records}; a batch has at least one record")
        if self.max_buffered < 2 * self.max_records:
            raise ValueError(f"max_buffered is {self.max_buffered}; two batches have {2 * self.max_records} records")
