"""Which companies there are, as far as the topic knows."""

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.training.collect import partition_of

__all__ = ["companies_on_topic", "is_on_topic"]

MAX_BIGINT = 2**63 - 1
"""What SQL can hold: a larger number is a dead letter's, too."""

ENTRY_TYPE = Ecriture.ce_type.encode()


def companies_on_topic(bootstrap: str, prefix: str) -> list[int]:
    """Return the companies with entries on the topic, ascending; reads it from its start.

    Raises
    ------
    ReadError
        Where the topic cannot be read.
    """
    topic = ENTRIES.full_name(prefix)
    keys: set[bytes] = set()
    for partition, (start, end) in end_offsets(bootstrap, topic).items():
        for run in read_partition(bootstrap, topic, partition, start, end):
            keys.update(raw.key for raw in run if raw.key is not None and _is_entry(raw))
    # A key that is no number is that of a dead letter.
    return sorted(int(key) for key in keys if key.isdigit() and 0 < int(key) <= MAX_BIGINT)


def is_on_topic(bootstrap: str, prefix: str, societe_id: int) -> bool:
    """Tell whether there are entries of a company on the topic; reads its partition as far as needed.

    Raises
    ------
    ReadError
        Where the topic cannot be read.
    """
    topic, key = ENTRIES.full_name(prefix), str(societe_id).encode()
    offsets = end_offsets(bootstrap, topic)
    partition = partition_of(societe_id, len(offsets))
    runs = read_partition(bootstrap, topic, partition, *offsets[partition])
    return any(raw.key == key and _is_entry(raw) for run in runs for raw in run)


def _is_entry(raw: RawRecord) -> bool:
    """Tell entries from markers: a company may have settings before it has its first entry."""
    return all(content == ENTRY_TYPE for name, content in raw.headers if name == "ce_type")
