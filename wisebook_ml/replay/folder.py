"""The folder of a replay: its plan, results, snapshots and comparison, so that it can go on and be promoted."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from wisebook_ml.broker.exceptions import LockTimeout
from wisebook_ml.broker.locks import exclusive
from wisebook_ml.replay.comparison import Change, Comparison
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.plan import Plan

__all__ = ["ReplayFolder"]

DECODE_CHANGE = msgspec.json.Decoder(Change).decode


class ReplayFolder:
    """Where one replay lies: what is asked for in the same words goes on in the same folder.

    Parameters
    ----------
    home : Path
        Of all replays.
    asked : object
        What was asked for; its JSON decides the folder.
    """

    def __init__(self, home: Path, asked: object) -> None:
        name = hashlib.blake2b(msgspec.json.encode(asked, order="sorted"), digest_size=8).hexdigest()
        self.path = home / name

    @classmethod
    def at(cls, path: Path) -> "ReplayFolder":
        """Return the one at a path."""
        folder = cls.__new__(cls)
        folder.path = path
        return folder

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others out.

        Raises
        ------
        ReplayError
            Where another process has it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with exclusive(self.path / "lock", timeout=0.0):
                yield
        except LockTimeout as error:
            raise ReplayError(
                f"the same replay is under way in another process ({self.path}); wait for it, or end it"
            ) from error

    @property
    def plan(self) -> Plan | None:
        """The plan of the replay that lies here; None where there is none, or one of another version."""
        try:
            return msgspec.json.decode(self._plan.read_bytes(), type=Plan)
        except (OSError, msgspec.MsgspecError):
            return None

    @property
    def finished(self) -> bool:
        """Whether all of it is scored."""
        return self._finished.exists()

    def begin(self, plan: Plan) -> None:
        """Forget whatever lies here, and begin with a plan."""
        for path in self.path.iterdir():
            if path.name != "lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        replace_file(self._plan, msgspec.json.encode(plan))

    def finish(self) -> None:
        """Take note that all of it is scored; the snapshots are of no more use."""
        replace_file(self._finished, b"")
        shutil.rmtree(self.state, ignore_errors=True)

    def write_comparison(self, partition: int, figures: Comparison, changes: list[Change]) -> None:
        """Keep what differs in a partition."""
        replace_file(self._changes(partition), b"".join(msgspec.json.encode(change) + b"\n" for change in changes))
        replace_file(self._figures(partition), msgspec.msgpack.encode(figures))

    def comparison(self, partition: int) -> Comparison:
        """Return the figures of a partition."""
        return msgspec.msgpack.decode(self._figures(partition).read_bytes(), type=Comparison)

    def changes(self, partition: int) -> Iterator[Change]:
        """Yield the changes of a partition, in the order of the entries that they are about."""
        with self._changes(partition).open("rb") as file:
            yield from map(DECODE_CHANGE, file)

    def results(self, partition: int) -> Path:
        """Return where the results of a partition are (`wisebook_ml.replay.results`)."""
        return self.path / f"{partition}.results"

    @property
    def state(self) -> Path:
        """Where the snapshots of the replay are, until it is finished."""
        return self.path / "state"

    @property
    def _plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def _finished(self) -> Path:
        return self.path / "finished"

    def _figures(self, partition: int) -> Path:
        return self.path / f"{partition}.comparison"

    def _changes(self, partition: int) -> Path:
        return self.path / f"{partition}.changes.jsonl"


def replace_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = path.with_name(path.name + ".writing")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
