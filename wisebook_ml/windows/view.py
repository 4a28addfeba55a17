"""The windows as they are now, read from the table's changelog: no worker is asked, and none need run."""

import threading
from collections.abc import Sequence

import msgspec

from schemas import Fenetre
from topics import WINDOWS
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.training.collect import partition_of
from wisebook_ml.windows.calendar import is_over, seconds
from wisebook_ml.windows.hopping import clock_of
from wisebook_ml.windows.keys import cle_of
from wisebook_ml.windows.pane import apart, decode_window, further

__all__ = ["WindowView"]


class WindowView:
    """Reads the partitions of companies that are asked for, and from then on only what is new.

    It may be used by several threads.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and what topic names begin with.
    """

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._topic = WINDOWS.full_name(prefix)
        self._lock = threading.Lock()
        self._read_to: dict[int, int] = {}
        self._values: dict[int, dict[int, dict[bytes, Fenetre]]] = {}

    def of(self, societe_id: int) -> Sequence[Fenetre]:
        """Return a company's windows that are kept, of its journals, too, by their beginnings.

        Raises
        ------
        ReadError
            Where the topic does not exist, or the brokers do not answer.
        """
        with self._lock:
            ends = end_offsets(self._bootstrap, self._topic)
            partition = partition_of(societe_id, len(ends))
            self._read_on(partition, *ends[partition])
            stored = list(self._values[partition].get(societe_id, {}).values())
        windows = [one for window in stored for one in apart(window)]
        clock = clock_of(windows)
        kept = [one for one in windows if not is_over(one.pas, seconds(one.debut), clock)]
        return sorted(kept, key=lambda one: (one.pas.value, one.debut, one.journal_code))

    def _read_on(self, partition: int, first: int, end: int) -> None:
        start = self._read_to.get(partition, first)
        if not first <= start <= end:  # the topic was made anew
            start = first
        if start == first:
            self._values[partition] = {}
        values = self._values[partition]
        # Nobody but the table's workers writes here; what is no window, they pass over as well.
        for run in read_partition(self._bootstrap, self._topic, partition, start, end):
            for raw in run:
                key = raw.key or b""
                try:
                    windows = values.setdefault(cle_of(key).societe_id, {})
                except ValueError:
                    continue
                if raw.value is None:
                    windows.pop(key, None)
                    continue
                try:
                    window = decode_window(raw.value)
                except msgspec.DecodeError:
                    continue
                known = windows.get(key)
                windows[key] = window if known is None else further(known, window)
        self._read_to[partition] = end
