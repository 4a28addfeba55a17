"""What was published on `drift` before: a check that was told is not told otherwise."""

import threading
import uuid

import msgspec

from topics import DRIFT
from wisebook_ml.messaging.events import Headers
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["Published"]


class _Verdict(msgspec.Struct):
    derive: bool


DECODER = msgspec.json.Decoder(_Verdict)


class Published:
    """The ids of all checks on the topic, and whether they found drift; read as far as it goes when one is not known.

    Whoever publishes fences others first, so that what is not there by then is not going to be published by them.

    Parameters
    ----------
    bootstrap, prefix : str
        Where the topic is.
    """

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._topic = DRIFT.full_name(prefix)
        self._known: dict[uuid.UUID, bool] = {}
        self._read: dict[int, int] = {}
        self._stale = True
        self._lock = threading.Lock()

    def look_again(self) -> None:
        """Take note that others may have published since."""
        self._stale = True

    def __call__(self, check: uuid.UUID) -> bool | None:
        """Return whether a check found drift; None where it was not published.

        Raises
        ------
        ReadError
            Where the topic cannot be read.
        """
        with self._lock:
            if check not in self._known and self._stale:
                self._catch_up()
            return self._known.get(check)

    def _catch_up(self) -> None:
        self._stale = False
        try:
            for partition, (first, end) in end_offsets(self._bootstrap, self._topic).items():
                start = max(first, self._read.get(partition, 0))
                for run in read_partition(self._bootstrap, self._topic, partition, start, end):
                    for raw in run:
                        self._take(raw.value, raw.headers)
                self._read[partition] = max(start, end)
        except BaseException:
            self._stale = True
            raise

    def _take(self, value: bytes | None, headers: Headers) -> None:
        told = next((content for name, content in headers if name == "ce_id"), None)
        try:
            self._known[uuid.UUID((told or b"").decode())] = DECODER.decode(value or b"").derive
        except (ValueError, msgspec.MsgspecError):
            return  # none of ours
