"""Who needs which rights on the topics: of each role the least it works with.

Written to the brokers by ``wisebook-ml topics apply --acls``. Users are named after roles; whoever publishes entries
(WiseBook core), subscribes, or serves people is a role here, too.
"""

from dataclasses import dataclass

from topics import (
    ACKNOWLEDGEMENTS,
    ALERTS,
    ALL,
    COUNTS,
    DEAD_LETTER,
    DELIVERIES,
    DETECTIONS,
    DRIFT,
    ENTRIES,
    FEEDBACK,
    MODELS,
    PREDICTIONS,
    SETTINGS,
    SKETCHES,
    STATISTICS,
    TIMER_RUNS,
    TRAINING_CAMPAIGNS,
    TRAINING_REQUESTS,
    TREASURY,
    WINDOWS,
    WORKERS,
    Topic,
)

__all__ = ["ACCESS", "Access"]


@dataclass(frozen=True, slots=True)
class Access:
    """What one role does with topics.

    Parameters
    ----------
    role : str
        Name of the role, as in ``wisebook-ml worker ROLE``, or of a kind of program outside.
    reads, writes : tuple of Topic
        What it reads and writes; whoever writes may not read.
    group : str
        Its consumer group without the deployment's prefix, or what all of its groups begin with (``subscriber-*``).
    transactions : tuple of str
        What its transactional ids begin with, without the prefix.
    watches : bool
        Whether it looks at the groups of others, to tell how far they are.
    """

    role: str
    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    group: str = ""
    transactions: tuple[str, ...] = ()
    watches: bool = False


def _worker(
    role: str, reads: tuple[Topic, ...], writes: tuple[Topic, ...], transactions: tuple[str, ...] = ()
) -> Access:
    """Return the rights of a worker: every one reports itself, and puts aside what it cannot read."""
    return Access(role, reads, (*writes, DEAD_LETTER, WORKERS), f"ml-{role}", transactions)


PROMOTES = (MODELS, ENTRIES, TREASURY)
"""What a promotion writes: the announcement, and the marker from which on it counts."""

ACCESS = (
    _worker("scoring", (ENTRIES, MODELS), (DETECTIONS, COUNTS, SKETCHES, ALERTS), ("scoring-",)),
    _worker(
        "prediction",
        (ENTRIES, TREASURY, FEEDBACK, MODELS),
        (PREDICTIONS, COUNTS, SKETCHES, TRAINING_REQUESTS),
        ("prediction-",),
    ),
    _worker("treasury", (TREASURY, MODELS), (DETECTIONS, PREDICTIONS, ALERTS), ("treasury-",)),
    _worker("cash", (ENTRIES,), (TREASURY,), ("cash-",)),
    _worker("storage", (DETECTIONS, STATISTICS, TIMER_RUNS, DRIFT), ()),
    _worker(
        "training",
        (TRAINING_REQUESTS, ENTRIES, TREASURY, FEEDBACK),
        (TRAINING_CAMPAIGNS, *PROMOTES),
        ("models-",),
    ),
    _worker("tuning", (SETTINGS, FEEDBACK), (SETTINGS, ENTRIES, TREASURY), ("settings-",)),
    _worker("timers", (TIMER_RUNS, ENTRIES), (TIMER_RUNS, ENTRIES, TRAINING_REQUESTS), ("timers",)),
    _worker("statistics", (COUNTS, DETECTIONS, FEEDBACK, WINDOWS), (WINDOWS, STATISTICS)),
    _worker("drift", (SKETCHES, ENTRIES, DRIFT), (DRIFT, TRAINING_REQUESTS), ("drift-",)),
    _worker("alerting", (DETECTIONS, ACKNOWLEDGEMENTS), (ALERTS,)),
    _worker("delivery", (ALERTS,), (DELIVERIES,)),
    # People act through it: judge, acknowledge, train, promote, set, run timers, have dead letters tried again.
    Access("api", ALL, ALL, transactions=("models-", "settings-", "timers"), watches=True),
    # `wisebook-ml replay`: what it found is put among the entries, and published by the scoring role.
    Access("replay", (ENTRIES, DETECTIONS), (ENTRIES,), transactions=("replay-",), watches=True),
    # WiseBook core.
    Access("publisher", (), (ENTRIES, TREASURY, FEEDBACK, ACKNOWLEDGEMENTS)),
    # Other teams: what is published for them, not the entries.
    Access("subscriber", (DETECTIONS, PREDICTIONS, ALERTS, STATISTICS, DRIFT, DELIVERIES), group="subscriber-*"),
)
