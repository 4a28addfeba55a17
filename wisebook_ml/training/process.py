"""A training in a process of its own: it can be watched and ended, and ends with the process that started it."""

import contextlib
import errno
import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import Connection
from types import FrameType, TracebackType
from typing import NoReturn, Self

import msgspec

from schemas import Campagne, DemandeEntrainement, StatutCampagne
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.monitoring.logs import configure_logging
from wisebook_ml.services.base import NotEnoughData
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.settings import Settings, SettingsError
from wisebook_ml.storage import DatabaseUnreachable, StorageError
from wisebook_ml.training.exceptions import TrainingFailed
from wisebook_ml.training.learn import campaign_of, learn
from wisebook_ml.training.resources import resident_bytes

__all__ = ["Passing", "Report", "TrainingProcess"]

LOGGER = logging.getLogger(__name__)

GRACE_SECONDS = 2.0
"""How long a process may take to end when it is asked to (it removes what it was writing); then it is killed."""

PASSING = (ReadError, ConnectError, DatabaseUnreachable)
"""What may be over when it is tried again."""

FINAL = (TrainingFailed, NotEnoughData, InvalidParameters, MissingLibrary, SettingsError, StorageError)
"""What would end the same if it were tried again, with a message for people."""

TO_MEND = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST})
"""Errors of files that do not pass by themselves: a full disk, missing rights."""


class Passing(msgspec.Struct, frozen=True, tag="passing"):
    """The training came to no end, for a reason that may pass: something was away, or the process died."""

    erreur: str


class _Told(msgspec.Struct, frozen=True, tag="told"):
    campagne: Campagne


class _Failed(msgspec.Struct, frozen=True, tag="failed"):
    erreur: str


Message = _Told | _Failed | Passing
Report = Campagne | Passing
"""What a training tells: a step of its campaign (EN_COURS), its end (REUSSIE, ECHEC), or that it came to none."""


class TrainingProcess:
    """Runs one training; a context manager, after whose end the process has ended.

    Parameters
    ----------
    request : DemandeEntrainement
        What to train.
    tentative : int
        Which attempt it is.
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    """

    def __init__(self, request: DemandeEntrainement, tentative: int, settings: Settings, bootstrap: str) -> None:
        self.campaign = campaign_of(request, StatutCampagne.EN_COURS, tentative)
        """The campaign, as far as the process has told."""
        context = multiprocessing.get_context("spawn")
        self._reports, self._sending = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_main,
            # As talkative as the trainer is.
            args=(self._sending, request, tentative, settings, bootstrap, logging.getLogger().level),
            name="training",
        )
        self._decode = msgspec.json.Decoder(Message).decode

    def __enter__(self) -> Self:
        self._process.start()
        self._sending.close()  # so that the end of the process is the end of the pipe
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal(signal.SIGTERM)
        self._process.join(GRACE_SECONDS)
        if self._process.exitcode is None:
            self._signal(signal.SIGKILL)
            self._process.join()
        self._process.close()
        self._reports.close()

    @property
    def pid(self) -> int | None:
        """The process's number, once it is started."""
        return self._process.pid

    @property
    def memory(self) -> int:
        """Resident memory of the process and of those that it has started, in bytes."""
        pid = self._process.pid
        return 0 if pid is None else resident_bytes(pid)

    def next_report(self, timeout: float) -> Report | None:
        """Wait for what the training tells next; None where it tells nothing in that time."""
        try:
            if not self._reports.poll(timeout):
                return None
            message: Message = self._decode(self._reports.recv_bytes())
        except (EOFError, OSError):  # it has ended, perhaps in the middle of a word
            self._process.join(GRACE_SECONDS)
            return Passing(_how_it_ended(self._process.exitcode))
        if isinstance(message, _Failed):
            return msgspec.structs.replace(self.campaign, statut=StatutCampagne.ECHEC, erreur=message.erreur)
        if isinstance(message, _Told):
            self.campaign = message.campagne
            return message.campagne
        return message

    def _signal(self, number: signal.Signals) -> None:
        """Signal the process and those that it has started, which are of its group once it has one (`_main`)."""
        pid = self._process.pid
        if pid is None or self._process.exitcode is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return (
            f"the training process was ended by {name}; perhaps the machine ran out of memory (its kernel log tells): "
            "give it more, or narrow the dates"
        )
    return f"the training process ended with status {exitcode}; the trainer's log tells more"


def _main(
    reports: Connection, request: DemandeEntrainement, tentative: int, settings: Settings, bootstrap: str, level: int
) -> None:
    """Train; the process's whole life."""
    os.setsid()  # a group of its own: it can be ended with all that it starts, and Ctrl-C is for the trainer only
    signal.signal(signal.SIGTERM, _leave)
    _end_with_parent()
    configure_logging("training", settings.log_format, level)

    def send(message: Message) -> None:
        reports.send_bytes(msgspec.json.encode(message))

    def tell(campaign: Campagne) -> None:
        send(_Told(campaign))

    end: Message
    try:
        end = _Told(learn(request, tentative, settings, bootstrap, tell))
    except Exception as error:
        end = _message_of(error)
    # Nothing is being written any more; an interruption now would only show in the log, as an error.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    send(end)


def _message_of(error: Exception) -> Message:
    """Tell whether what went wrong may pass, and what to do if not."""
    if isinstance(error, PASSING):
        return Passing(str(error))
    if isinstance(error, FINAL):
        return _Failed(str(error))
    if isinstance(error, MemoryError):
        return _Failed(
            "the machine gave the training no more memory; narrow the dates, or train where there is more "
            "(WISEBOOK_ML_TRAINING_MEMORY_MB is the limit that trainers set themselves)"
        )
    if isinstance(error, OSError):
        told = error.strerror or str(error)
        where = f" ({error.filename})" if error.filename else ""
        return _Failed(f"{told}{where}") if error.errno in TO_MEND else Passing(f"{told}{where}")
    LOGGER.error("the training failed", exc_info=error)
    return _Failed(f"{type(error).__name__}: {error}; the trainer's log has the place")


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End as an error does, so that what is being written is removed."""
    raise SystemExit(128 + number)


def _end_with_parent() -> None:
    """Let this process and what it starts end when the trainer does, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a trainer starts us

    def wait() -> None:
        parent.join()
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True, name="end-with-trainer").start()
