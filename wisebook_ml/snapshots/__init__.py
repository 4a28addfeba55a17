"""State of a partition as it was at an offset, in a file, so that recovery reads the rest of the topic only.

A snapshot is a short cut and never a truth of its own: the topic is. One that is torn, made from another topic of the
same name or by another version is passed over, and without any the topic is read from its start.
"""

from wisebook_ml.snapshots.format import BadSnapshot, Buffer, Identity, Parts, Snapshot
from wisebook_ml.snapshots.partition import Limits, PartitionSnapshots, Snapshotable
from wisebook_ml.snapshots.store import SnapshotStore
from wisebook_ml.snapshots.writer import SnapshotWriter

__all__ = [
    "BadSnapshot",
    "Buffer",
    "Identity",
    "Limits",
    "PartitionSnapshots",
    "Parts",
    "Snapshot",
    "SnapshotStore",
    "SnapshotWriter",
    "Snapshotable",
]
