"""A Faust transport that delivers all fetched records of a partition as one event; see `docs/transport.md`.

Nothing in here knows the project: only faust, mode and aiokafka are needed.
"""

from .api import each_partition, record_batches, use_record_batches
from .batch import Record, RecordBatch
from .consumer import BatchTransport
from .failure import EXIT_FAILED, end_process
from .health import Health, PartitionHealth
from .options import BatchOptions

__all__ = [
    "EXIT_FAILED",
    "BatchOptions",
    "BatchTransport",
    "Health",
    "PartitionHealth",
    "Record",
    "RecordBatch",
    "each_partition",
    "end_process",
    "record_batches",
    "use_record_batches",
]
