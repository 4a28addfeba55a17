"""What a replay found in a partition, in a file: records behind one another, each with its length and a check sum.

A process may be killed in the middle of a record, and a machine may lose the end of the file. So what counts is up to
the last run of which everything is there, and a replay goes on from a snapshot that is not ahead of it.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

__all__ = ["Found", "Reached", "ResultLog", "read_results"]

HEAD = struct.Struct(">II")
"""Length and CRC-32 of what follows."""

LONGEST = 64 * 1024 * 1024
"""No record is as long; a length beyond is damage."""


class Found(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """A detection: the offset and the event time of what it follows from, its correlation id, and its value."""

    decalage: int
    instant: str
    correlation: bytes | None
    value: bytes


class Reached(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """The end of a run: the next offset, and what was scored so far: records, entry lines, dead letters."""

    next_offset: int
    records: int
    lines: int
    refused: int


ENCODE = msgspec.msgpack.Encoder().encode
DECODE = msgspec.msgpack.Decoder(Found | Reached).decode


class ResultLog:
    """The file while it is written.

    Parameters
    ----------
    path : Path
        Made where it is not there. What is not whole at its end is cut off.

    Attributes
    ----------
    reached : Reached
        The last run that is whole.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b" if path.exists() else "w+b")
        self._ends: dict[int, tuple[int, Reached]] = {}
        self.reached = Reached(-1, 0, 0, 0)
        end = 0
        for one, behind in _records(self._file):
            if isinstance(one, Reached):
                end, self.reached = behind, one
                self._ends[one.next_offset] = (behind, one)
        self._cut(end)

    def holds(self, next_offset: int) -> bool:
        """Tell whether a run ended at an offset: there one can go on."""
        return next_offset in self._ends

    def go_on_from(self, next_offset: int | None) -> None:
        """Forget what is behind the run that ended at an offset; None: everything."""
        end, self.reached = (0, Reached(-1, 0, 0, 0)) if next_offset is None else self._ends[next_offset]
        self._ends = {offset: told for offset, told in self._ends.items() if told[0] <= end}
        self._cut(end)

    def append(self, found: Sequence[Found], reached: Reached) -> None:
        """Write what a run found; whoever kills this process afterwards does not undo it."""
        parts = []
        for one in (*found, reached):
            data = ENCODE(one)
            parts += [HEAD.pack(len(data), zlib.crc32(data)), data]
        self._file.write(b"".join(parts))
        self._file.flush()
        self.reached = reached
        self._ends[reached.next_offset] = (self._file.tell(), reached)

    def close(self) -> None:
        """Have it on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def _cut(self, end: int) -> None:
        self._file.seek(end)
        self._file.truncate()


def read_results(path: Path) -> Iterator[Found | Reached]:
    """Yield what a finished file has, in its order."""
    with path.open("rb") as file:
        for one, _ in _records(file):
            yield one


def _records(file: BinaryIO) -> Iterator[tuple[Found | Reached, int]]:
    """Yield the records that are whole, with the position behind each; the first that is not ends it."""
    file.seek(0)
    behind = 0
    while len(head := file.read(HEAD.size)) == HEAD.size:
        length, checksum = HEAD.unpack(head)
        data = file.read(length) if length <= LONGEST else b""
        if len(data) < length or zlib.crc32(data) != checksum or not data:
            return
        behind += HEAD.size + length
        yield DECODE(data), behind
