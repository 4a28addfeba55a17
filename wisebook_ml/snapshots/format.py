"""The bytes of a snapshot: a header that says what it is, the parts as they lie in memory, and a digest of both.

========  ==========================================
bytes     what
========  ==========================================
8         ``WBSTATE1``
4         length of the header, big-endian
…         header, msgpack: `Header`
…         the parts, one behind the other
32        BLAKE2b of everything before
========  ==========================================
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = [
    "BadSnapshot",
    "Buffer",
    "Header",
    "Identity",
    "Parts",
    "Snapshot",
    "read_header",
    "read_snapshot",
    "write_snapshot",
]

MAGIC = b"WBSTATE1"
"""The last character is the version of this layout."""

LENGTH = struct.Struct(">I")
DIGEST_BYTES = 32

MAX_HEADER = 1024 * 1024
"""A header names a few dozen parts; a length beyond this is damage, and would be memory wasted."""

CHUNK = 8 * 1024 * 1024
"""Bytes written or hashed at once: large enough to be fast, small enough for other threads to get their turn."""

Buffer = bytes | bytearray | memoryview | npt.NDArray[np.uint8]

Parts = Mapping[str, Buffer]
"""Names and bytes, in an order; what they mean is the scorer's own affair."""


class BadSnapshot(ValueError):
    """A file that cannot be used as a snapshot; the message says why."""


class Identity(msgspec.Struct, frozen=True):
    """What a snapshot must agree on with those who use it.

    Attributes
    ----------
    topic : str
        Full name.
    topic_id : str
        Kafka's own id: a topic that was deleted and created again has another, and other records at the same offsets.
    partition : int
        Which.
    fingerprint : str
        Of the code's state format and of the settings that state depends on.
    """

    topic: str
    topic_id: str
    partition: int
    fingerprint: str

    def difference(self, other: "Identity") -> str:
        """Say in what another identity differs; empty where it does not."""
        for name, what in (
            ("topic", "topic"),
            ("topic_id", "topic of the same name (it was deleted and created again)"),
            ("partition", "partition"),
            ("fingerprint", "version of the program, or other settings"),
        ):
            if getattr(self, name) != getattr(other, name):
                return f"made from another {what}: {getattr(other, name)!r}, not {getattr(self, name)!r}"
        return ""


class Header(msgspec.Struct, frozen=True):
    """What stands before the parts; `offset` is the next one that the state does not include."""

    identity: Identity
    offset: int
    parts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state that includes all records before `offset`."""

    offset: int
    parts: Parts

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(_as_bytes(content).nbytes for content in self.parts.values())


def write_snapshot(file: BinaryIO, identity: Identity, snapshot: Snapshot) -> int:
    """Write a snapshot; return its size in bytes."""
    parts = [(name, _as_bytes(content)) for name, content in snapshot.parts.items()]
    header = msgspec.msgpack.encode(
        Header(identity, snapshot.offset, [(name, content.nbytes) for name, content in parts])
    )
    digest, size = hashlib.blake2b(digest_size=DIGEST_BYTES), 0
    for content in (memoryview(MAGIC + LENGTH.pack(len(header)) + header), *(content for _, content in parts)):
        for chunk in _chunks(content):
            digest.update(chunk)
            file.write(chunk)
            size += chunk.nbytes
    file.write(digest.digest())
    return size + DIGEST_BYTES


def read_header(file: BinaryIO) -> Header:
    """Read what a snapshot says of itself; whether it is whole is not known by that.

    Raises
    ------
    BadSnapshot
        Where it is no snapshot.
    """
    return _read_header(file)[0]


def read_snapshot(file: BinaryIO, size: int, identity: Identity) -> tuple[int, dict[str, memoryview]]:
    """Read and check a snapshot; return its offset, and its parts in memory that may be kept and written to.

    Parameters
    ----------
    file : file
        At its start.
    size : int
        Of the file, in bytes.
    identity : Identity
        What it must be of.

    Raises
    ------
    BadSnapshot
        Where it is torn, altered, or of something else.
    """
    header, prefix = _read_header(file)
    difference = identity.difference(header.identity)
    if difference:
        raise BadSnapshot(difference)
    expected = len(prefix) + sum(length for _, length in header.parts) + DIGEST_BYTES
    if size != expected:
        raise BadSnapshot(f"torn: {size:,} bytes, it should have {expected:,}")
    digest = hashlib.blake2b(prefix, digest_size=DIGEST_BYTES)
    parts = {}
    for name, length in header.parts:
        content = parts[name] = memoryview(bytearray(length))
        for chunk in _chunks(content):
            _fill(file, chunk)
            digest.update(chunk)
    if file.read(DIGEST_BYTES) != digest.digest():
        raise BadSnapshot("damaged: its digest is not that of its content")
    return header.offset, parts


def _read_header(file: BinaryIO) -> tuple[Header, bytes]:
    start = file.read(len(MAGIC) + LENGTH.size)
    if len(start) < len(MAGIC) + LENGTH.size or not start.startswith(MAGIC):
        raise BadSnapshot("no snapshot of this format")
    (length,) = LENGTH.unpack(start[len(MAGIC) :])
    encoded = file.read(length) if length <= MAX_HEADER else b""
    try:
        header = msgspec.msgpack.decode(encoded, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadSnapshot(f"damaged: its header cannot be read ({error})") from error
    if any(length < 0 for _, length in header.parts):
        raise BadSnapshot("damaged: a part of negative length")
    return header, start + encoded


def _as_bytes(content: Buffer) -> memoryview:
    view = memoryview(content)  # type: ignore[arg-type]  # arrays are buffers; typed so from Python 3.12 on
    return view.cast("B") if view.nbytes else memoryview(b"")


def _chunks(content: memoryview) -> Iterator[memoryview]:
    for start in range(0, content.nbytes, CHUNK):
        yield content[start : start + CHUNK]


def _fill(file: BinaryIO, into: memoryview) -> None:
    """Read until a buffer is full: a file may return less than asked."""
    while into.nbytes:
        read = file.readinto(into)  # type: ignore[attr-defined]  # all files of ours have it
        if not read:
            raise BadSnapshot("torn: it ends before its last part")
        into = into[read:]
