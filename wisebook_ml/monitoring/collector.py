"""What is told of a worker when it is asked: how far behind it is. Costs nothing while nobody asks."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector, CollectorRegistry

from wisebook_ml.transport import Health

__all__ = ["WorkerCollector"]


class WorkerCollector(Collector):
    """Tells lag, buffers and readiness of a process to Prometheus; registered when it is made.

    Parameters
    ----------
    health : callable
        Tells how the worker gets on; None where the process reads no topic.
    reasons : callable
        Tells why it is not ready.
    registry : CollectorRegistry
        Whom to tell.
    """

    def __init__(
        self,
        health: Callable[[], Health | None],
        reasons: Callable[[], Sequence[str]],
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._health = health
        self._reasons = reasons
        self._registry = registry
        registry.register(self)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return nothing: `collect` needs a worker that runs."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return what holds now."""
        ready = GaugeMetricFamily("wisebook_ml_ready", "1 where the process can do its work, 0 where it cannot.")
        ready.add_metric((), 0 if self._reasons() else 1)
        labels = ("topic", "partition")
        lag = GaugeMetricFamily("wisebook_ml_lag_records", "Offsets that are not finished yet.", labels=labels)
        waits = GaugeMetricFamily("wisebook_ml_buffered_records", "Records fetched that wait.", labels=labels)
        still = GaugeMetricFamily(
            "wisebook_ml_still_seconds", "How long nothing was finished, though there is work.", labels=labels
        )
        health = self._health()
        for (topic, partition), found in sorted(health.partitions.items()) if health is not None else ():
            if found.delivered:
                where = (topic, str(partition))
                lag.add_metric(where, found.lag)
                waits.add_metric(where, found.buffered)
                still.add_metric(where, found.still_seconds)
        return ready, lag, waits, still

    def close(self) -> None:
        """Tell nothing more."""
        self._registry.unregister(self)
