"""A company's entries, collected from the topic: the data set is the stream itself."""

from collections.abc import Callable

from aiokafka.partitioner import DefaultPartitioner

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.messaging.events import Decoder, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["collect_entries", "partition_of"]


def partition_of(societe_id: int, partitions: int) -> int:
    """Return the partition of a company: Kafka's own choice for its key (murmur2)."""
    numbers = list(range(partitions))
    chosen: int = DefaultPartitioner()(str(societe_id).encode(), numbers, numbers)
    return chosen


def collect_entries(
    bootstrap: str, prefix: str, societe_id: int, progress: Callable[[float], None] = lambda share: None
) -> list[Ecriture]:
    """Return a company's entries in the order of their publication, up to the present end of its partition.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    societe_id : int
        The company.
    progress : callable
        Told the share of the partition that was read, in [0, 1].

    Raises
    ------
    ReadError
        Where the topic cannot be read.
    """
    topic = ENTRIES.full_name(prefix)
    offsets = end_offsets(bootstrap, topic)
    partition = partition_of(societe_id, len(offsets))
    start, end = offsets[partition]
    decoder, entries = Decoder(ENTRIES), []
    for run in read_partition(bootstrap, topic, partition, start, end):
        for raw in run:
            try:
                record = decoder.decode(raw)
            except Undecodable:
                continue  # the scoring role has dead-lettered it
            if isinstance(record, Ecriture) and record.societe_id == societe_id:
                entries.append(record)
        progress((run[-1].offset + 1 - start) / (end - start))
    return entries
