"""A Faust transport that delivers all fetched records of a partition as one event; see `docs/transport.md`.

Nothing in here knows the project: only faust, mode and aiokafka are needed.
"""

from wisebook_ml.transport.api import each_partition, record_batches, use_record_batches
from wisebook_ml.transport.batch import Record, RecordBatch
from wisebook_ml.transport.consumer import BatchTransport
from wisebook_ml.transport.failure import EXIT_FAILED, end_process
from wisebook_ml.transport.health import Health, PartitionHealth
from wisebook_ml.transport.options import BatchOptions

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
