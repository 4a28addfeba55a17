"""Where snapshots are: a folder, on this machine or wherever fsspec reaches."""

import errno
import logging
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

import fsspec
from msgspec.structs import replace

from wisebook_ml.settings import Settings, SettingsError
from wisebook_ml.snapshots.format import BadSnapshot, Identity, Snapshot, read_header, read_snapshot
from wisebook_ml.snapshots.format import write_snapshot as write

__all__ = ["KEPT", "SnapshotStore", "reason"]

LOGGER = logging.getLogger(__name__)

KEPT = 3
"""Snapshots kept of a partition: offsets are committed behind the newest, and one may be damaged.

So many of those beyond the one just written are kept, too, where there are any: see `SnapshotStore.save`.
"""

KEPT_OF_OTHERS = 1
"""Snapshots kept that another version of the program has written, or other settings: both are at work in an upgrade,
and there may be a way back."""

OFFSET_DIGITS = 20
"""Names are padded to the longest offset that Kafka has."""

SUFFIX = ".state"
WRITING = ".writing"
"""A name with this suffix is not finished, and never looked at."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

MEBIBYTE = 1024 * 1024


class SnapshotStore:
    """A folder with a file ``{topic}/{partition}/{offset}.state`` per snapshot, the newest `KEPT` of each partition.

    Parameters
    ----------
    url : str
        A path, or a URL that fsspec understands.

    Raises
    ------
    SettingsError
        Where fsspec does not know the kind of URL.
    """

    def __init__(self, url: str) -> None:
        try:
            self._fs, root = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise SettingsError(
                f"WISEBOOK_ML_STATE: snapshots cannot be kept at {url}: {error}. Name a folder, or a URL whose fsspec "
                "package is installed (s3fs for s3://, gcsfs for gs://)."
            ) from error
        self._root = root.rstrip("/")
        self.place = re.sub(r"//[^/@]*@", "//", url)
        """Where snapshots are, as a person is told: without a password."""

    @classmethod
    def of(cls, settings: Settings) -> "SnapshotStore":
        """Return the store that the settings name."""
        return cls(settings.state_url)

    def check(self) -> None:
        """Log at once what would come to light with the first snapshot only, or after a crash."""
        if "memory" in (self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,)):
            LOGGER.warning(
                "snapshots are kept in %s, the memory of this process: nothing can be recovered from them, and a "
                "restart reads the topic from its start. Name a folder, or a URL, in WISEBOOK_ML_STATE",
                self.place,
            )
            return
        probe = f"{self._root}/probe-{uuid.uuid4().hex[:8]}{WRITING}"
        try:
            self._fs.makedirs(self._root, exist_ok=True)
            with self._open(probe, "wb") as file:
                file.write(b"probe")
        except Exception as error:
            LOGGER.warning(
                "snapshots cannot be written to %s (WISEBOOK_ML_STATE): %s. Scoring goes on; until this is repaired, a "
                "restart reads more of the topic again",
                self.place,
                reason(error),
            )
        self._remove(probe)

    def save(self, identity: Identity, snapshot: Snapshot) -> int:
        """Write a snapshot, whole or not at all, and remove the oldest; return its size in bytes.

        Those that stay are the one just written and the newest before it, for they are what a recovery can use: a group
        that was rewound writes snapshots far before the newest there are, and would lose each at once if the highest
        offsets were kept. Those beyond stay, too: a state follows from the topic, so they are as true as ever, only
        ahead of the commit. They are of use when the commit is set forward again, or when it was we who were late and
        another worker has the partition; and they are removed as others are, once what is written has passed them.

        Raises
        ------
        OSError
            Where it cannot be written; what was there before is there still.
        """
        folder = self._folder(identity)
        path = f"{folder}/{snapshot.offset:0{OFFSET_DIGITS}d}{SUFFIX}"
        writing = f"{path}-{uuid.uuid4().hex[:8]}{WRITING}"
        try:
            self._fs.makedirs(folder, exist_ok=True)
            with self._open(writing, "wb") as file:
                size = write(file, identity, snapshot)
                file.flush()
                _sync(file)
            self._fs.mv(writing, path)
        except BaseException as error:
            self._remove(writing)
            # What killed processes left may be what fills the disk, so this must not wait for a success.
            self._remove_unfinished(identity, snapshot.offset)
            if isinstance(error, OSError) and error.errno in FULL:
                raise OSError(error.errno, self._full(folder, snapshot.size)) from error
            raise
        self._prune(identity, snapshot.offset)
        return size

    def newest(self, identity: Identity, after: int, at_most: int) -> Iterator[tuple[int, dict[str, memoryview]]]:
        """Yield offsets and parts of usable snapshots, the newest first: above `after`, and up to `at_most`.

        What cannot be used is passed over, and the log tells why; so is a store that does not answer.
        """
        for offset, path in self._found(identity):
            if not after < offset <= at_most:
                continue
            try:
                with self._open(path, "rb") as file:
                    stamped, parts = read_snapshot(file, self._fs.size(path), identity)
            except Exception as error:
                LOGGER.warning("snapshot %s is ignored: %s", path, error)
                continue
            if stamped == offset:
                yield offset, parts
            else:
                LOGGER.warning("snapshot %s is ignored: renamed, it is of offset %d", path, stamped)

    def ahead(self, identity: Identity, offset: int) -> int:
        """Return how many snapshots there are of offsets beyond this one."""
        return sum(found > offset and self._whose(identity, path) == identity for found, path in self._found(identity))

    def _prune(self, identity: Identity, offset: int) -> None:
        """Remove what no recovery will want: the oldest, what is of something else, what was never finished."""
        beyond = before = others = 0
        for found, path in self._found(identity):
            whose = self._whose(identity, path)
            if found > offset and beyond < KEPT and whose == identity:
                beyond += 1
            elif found <= offset and before < KEPT and whose == identity:
                before += 1
            elif others < KEPT_OF_OTHERS and whose is not None and _of_another_version(whose, identity):
                others += 1
            else:
                self._remove(path)
        self._remove_unfinished(identity, offset)

    def _remove_unfinished(self, identity: Identity, offset: int) -> None:
        """Remove what processes that were killed have begun to write of offsets before this one."""
        for path in self._names(identity):
            # A name begins with its offset; one of a later offset may be another process's, and in the making.
            name = path.rpartition("/")[2]
            if name.endswith(WRITING) and name[:OFFSET_DIGITS].isdecimal() and int(name[:OFFSET_DIGITS]) < offset:
                self._remove(path)

    def _whose(self, identity: Identity, path: str) -> Identity | None:
        """Return whose a snapshot is, this identity's where the store does not tell; None where it is no snapshot."""
        try:
            with self._open(path, "rb") as file:
                return read_header(file).identity
        except BadSnapshot:
            return None
        except Exception:  # of whatever kind the store's driver has
            return identity  # who knows

    def _found(self, identity: Identity) -> list[tuple[int, str]]:
        """Return offsets and paths, the newest first."""
        found = []
        for path in self._names(identity):
            stem, _, rest = path.rpartition("/")[2].partition(".")
            if f".{rest}" == SUFFIX and stem.isdecimal():
                found.append((int(stem), path))
        return sorted(found, reverse=True)

    def _names(self, identity: Identity) -> list[str]:
        folder = self._folder(identity)
        try:
            return [str(path) for path in self._fs.ls(folder, detail=False, refresh=True)]
        except FileNotFoundError:
            return []
        except Exception as error:
            LOGGER.warning("snapshots in %s cannot be listed: %s", folder, error)
            return []

    def _folder(self, identity: Identity) -> str:
        return f"{self._root}/{identity.topic}/{identity.partition}"

    def _open(self, path: str, mode: str) -> BinaryIO:
        return cast(BinaryIO, self._fs.open(path, mode))

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except FileNotFoundError:
            pass
        except Exception as error:
            LOGGER.debug("%s is not removed: %s", path, error)

    def _full(self, folder: str, needed: int) -> str:
        text = f"no room for a snapshot of {needed / MEBIBYTE:,.1f} MiB beside the {KEPT} that are kept in {folder}"
        try:
            return f"{text} ({shutil.disk_usage(folder).free / MEBIBYTE:,.1f} MiB free)"
        except OSError:  # not on this machine
            return text


def _of_another_version(other: Identity, ours: Identity) -> bool:
    """Tell whether snapshots are of the same place, by another version of the program or by other settings."""
    return other.fingerprint != ours.fingerprint and replace(other, fingerprint=ours.fingerprint) == ours


def reason(error: Exception) -> str:
    """Return what a person is told of an error."""
    return error.strerror if isinstance(error, OSError) and error.strerror else repr(error)


def _sync(file: Any) -> None:
    """Have a local file on its disk; what lies elsewhere is finished when it is closed."""
    try:
        descriptor = file.fileno()
    except (AttributeError, OSError):
        return
    os.fsync(descriptor)
