"""How much is measured: the full run stays below twenty minutes on two cores, the quick one below three."""

from dataclasses import dataclass

__all__ = ["FULL", "QUICK", "Sizes"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of a run.

    Attributes
    ----------
    repetitions : int
        Interleaved repetitions of what is compared; medians are reported.
    companies, events : int
        Companies on the topic, and events of each. A worker that does 40,000 events a second commits every second, and
        is measured between two commits: of 9 seconds of work (quick: 4.5) at least 4 (2) lie between them.
    small : int
        Small events of the decoding benchmark.
    seconds : float
        Longest measured stretch of one engine; whoever is slower is stopped there, and its rate is what it did by then.
    live_seconds : float
        The same for the whole scoring role.
    latency_seconds : float
        Steady publishing at each rate.
    memory_pairs : tuple of int
        Numbers of (company, account) pairs at which memory is read.
    recovery_pairs : int
        Pairs of the state that is recovered.
    """

    quick: bool
    repetitions: int
    companies: int
    events: int
    small: int
    seconds: float
    live_seconds: float
    latency_seconds: float
    memory_pairs: tuple[int, ...]
    recovery_pairs: int


FULL = Sizes(
    quick=False,
    repetitions=3,
    companies=120,
    events=3_000,
    small=1_500_000,
    seconds=5.0,
    live_seconds=10.0,
    latency_seconds=30.0,
    memory_pairs=(1_000, 10_000, 100_000, 1_000_000),
    recovery_pairs=1_000_000,
)
QUICK = Sizes(
    quick=True,
    repetitions=1,
    companies=60,
    events=3_000,
    small=300_000,
    seconds=1.5,
    live_seconds=4.0,
    latency_seconds=5.0,
    memory_pairs=(1_000, 10_000, 30_000),
    recovery_pairs=10_000,
)
