"""All metrics, declared in one place. `docs/monitoring.md` says what each is good for; the dashboard uses no others.

Process-wide, as Prometheus's own registry is. Workers set them once a batch.
"""

from collections.abc import Iterable
from functools import cache

from prometheus_client import Counter, Gauge, Histogram, Info
from prometheus_client.metrics import MetricWrapperBase

__all__ = [
    "BATCHES",
    "BATCH_SECONDS",
    "DEAD_LETTERS",
    "DELAY_SECONDS",
    "DRIFT_REPORTS",
    "MODELS_FAILED",
    "MODEL_LOADED",
    "PROCESS",
    "PUBLISHED",
    "RECORDS",
    "REQUESTS",
    "REQUEST_SECONDS",
    "STATE_BYTES",
    "TIMER_RUNS",
    "TRAININGS",
    "TRAINING_SECONDS",
    "count_published",
    "names",
]

WAITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
"""Seconds from a record to what follows from it: in normal times below one, after an outage as long as it was."""

WORKS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds of a batch or of a request."""

TRAINING = (1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200)
"""Seconds of a training."""

PROCESS = Info("wisebook_ml_process", "What this process is: its role and version.")

RECORDS = Counter("wisebook_ml_records", "Records that were finished, by topic.", ["topic"])
BATCHES = Counter("wisebook_ml_batches", "Batches that were finished, by topic.", ["topic"])
BATCH_SECONDS = Histogram(
    "wisebook_ml_batch_seconds", "How long the work on a batch took, by topic.", ["topic"], buckets=WORKS
)
DELAY_SECONDS = Histogram(
    "wisebook_ml_delay_seconds",
    "From when the oldest record of a batch was written to when all that follows from the batch was published, by "
    "topic: of entries, from the event to its detection.",
    ["topic"],
    buckets=WAITS,
)
PUBLISHED = Counter("wisebook_ml_published", "Records that were handed to the brokers, by topic.", ["topic"])
DEAD_LETTERS = Counter(
    "wisebook_ml_dead_letters", "Records that became dead letters, by topic and reason.", ["topic", "reason"]
)
STATE_BYTES = Gauge(
    "wisebook_ml_state_bytes", "Size of the last snapshot of a partition's state.", ["topic", "partition"]
)
MODEL_LOADED = Gauge("wisebook_ml_model_loaded", "1 for each model version in memory.", ["modele_id", "version"])
MODELS_FAILED = Counter("wisebook_ml_models_failed", "Attempts to load a model version that failed.")
TRAININGS = Counter("wisebook_ml_trainings", "Trainings that ended, by outcome.", ["statut"])
TRAINING_SECONDS = Histogram("wisebook_ml_training_seconds", "How long trainings took.", buckets=TRAINING)
DRIFT_REPORTS = Counter("wisebook_ml_drift_reports", "Reports of drift, by whether they raise an alarm.", ["alarm"])
TIMER_RUNS = Counter("wisebook_ml_timer_runs", "Runs of timers, by outcome.", ["minuterie", "statut"])
REQUESTS = Counter("wisebook_ml_http_requests", "Requests that the API has answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "wisebook_ml_http_request_seconds",
    "How long the API took to begin its answer, by route.",
    ["method", "route"],
    buckets=WORKS,
)

COLLECTED = (
    "wisebook_ml_ready",
    "wisebook_ml_lag_records",
    "wisebook_ml_buffered_records",
    "wisebook_ml_still_seconds",
)
"""Names of what is told when asked (`wisebook_ml.monitoring.collector`)."""

SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",), "info": ("_info",)}


@cache
def _published(topic: str) -> Counter:
    return PUBLISHED.labels(topic)


def count_published(topic: str) -> None:
    """Count a record that was handed to the brokers."""
    _published(topic).inc()


def names() -> frozenset[str]:
    """Return the names of all metrics, as Prometheus asks for them."""
    declared = [value for value in globals().values() if isinstance(value, MetricWrapperBase)]
    return frozenset(COLLECTED) | frozenset(_spelled(declared))


def _spelled(declared: Iterable[MetricWrapperBase]) -> Iterable[str]:
    for metric in declared:
        yield from (f"{metric._name}{suffix}" for suffix in SUFFIXES[str(metric._type)])
