"""What stands on `detections` of a partition of entries: the last record of each detection."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from topics import ENTRIES
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.scoring import REPLAYED
from wisebook_ml.replay.plan import Stretch

__all__ = ["ELSEWHERE", "Standing", "read_standing"]

ELSEWHERE = -1
"""Offset of what follows from an entry of another topic of entries: one that this was moved from (`topics move`)."""


class Standing(NamedTuple):
    """A record that stands: the entry's offset that it is about, its event time, and its value."""

    decalage: int
    instant: str
    value: bytes


def read_standing(
    bootstrap: str,
    detections: str,
    entries: str,
    partition: int,
    stretch: Stretch,
    wanted: Collection[bytes],
    tell: Callable[[int], None] = lambda count: None,
) -> dict[bytes, Standing]:
    """Return, by their key, the detections that stand and that a replay may change.

    Parameters
    ----------
    bootstrap, detections, entries : str
        Brokers, and the full names of both topics.
    partition : int
        Which, of both.
    stretch : (int, int)
        Offsets of the entries that were replayed: what follows from them may be gone.
    wanted : collection of bytes
        Keys of what the replay found.
    tell : callable
        Told how many records were read.
    """
    first, end = end_offsets(bootstrap, detections)[partition]
    standing: dict[bytes, Standing] = {}
    topic, read = entries.encode(), 0
    for run in read_partition(bootstrap, detections, partition, first, end):
        for raw in run:
            one = _standing(raw, topic, partition)
            if one is None or raw.key is None:
                continue
            if raw.key in wanted or stretch[0] <= one.decalage < stretch[1]:
                standing[raw.key] = one
            else:
                standing.pop(raw.key, None)  # it was about an entry of the stretch, and no longer is
        read += len(run)
        tell(read)
    return standing


def _standing(raw: RawRecord, topic: bytes, partition: int) -> Standing | None:
    """Return what a record says of where it follows from; None where that is no entry."""
    told = dict(raw.headers)
    where, offset = told.get("wb_partition"), told.get(REPLAYED) or told.get("wb_offset")
    came = told.get("wb_topic") or b""
    if raw.value is None or not came.endswith(ENTRIES.name.encode()) or offset is None or not offset.isdigit():
        return None
    here = came == topic and where == str(partition).encode()
    return Standing(
        int(offset) if here else ELSEWHERE, (told.get("wb_time") or b"").decode(errors="replace"), raw.value
    )
