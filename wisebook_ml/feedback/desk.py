"""Where verdicts are taken in: checked, kept in SQL, and put to use."""

import datetime as dt
import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec

from schemas import Avis, Detection, Parametres, Verdict
from topics import DEAD_LETTER, FEEDBACK
from wisebook_ml.clock import utc_now
from wisebook_ml.controls import CONTROLS
from wisebook_ml.controls.settings_table import Weighed
from wisebook_ml.feedback.judgement import Contradiction, Judgement, Refused, UnknownDetection, judge, judged
from wisebook_ml.feedback.lowering import attenuations, motif
from wisebook_ml.feedback.standing import Outcome, subject_of
from wisebook_ml.messaging.events import Decoder, RawRecord, Reason, Undecodable, dead_letter
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.storage import DetectionStore, VerdictStore
from wisebook_ml.subjects import SUBJECTS
from wisebook_ml.subjects.base import context_of

__all__ = ["AUTHOR", "Desk", "Tuning"]

LOGGER = logging.getLogger(__name__)

AUTHOR = "wisebook-ml"
"""Who makes the versions of settings that follow from verdicts."""

WAIT_SECONDS = 5.0
"""How long a batch waits for detections that are not stored yet: a subscriber may be faster than the database."""

POLL_SECONDS = 0.2

LOWERED: Sequence[Weighed] = (*CONTROLS, *SUBJECTS)
"""What verdicts may lower, beside the models."""


class Tuning(Protocol):
    """Makes a company's next version of settings; see `wisebook_ml.tuning.change.Tuner`."""

    def change(
        self, societe_id: int, edit: Callable[[Parametres], Parametres], *, auteur: str, motif: str, origine: str
    ) -> Parametres | None:
        """Put in force what `edit` returns; a ValueError refuses it."""


class Desk:
    """Takes the records of `feedback`.

    Whatever is done is done again without a trace after a crash: verdicts are known by their record, settings are made
    only where they differ from those in force. Dead letters may come twice, as everywhere.

    Parameters
    ----------
    prefix : str
        The deployment's topic prefix.
    producer : EventProducer
        Publishes dead letters.
    detections, verdicts
        What is judged, and what was said.
    tuning : Tuning
        Makes versions of settings.
    in_force : callable
        ``societe_id -> Parametres``: the settings in force.
    wait_seconds : float
        How long a batch waits for detections that are not stored yet.
    """

    def __init__(
        self,
        prefix: str,
        producer: EventProducer,
        detections: DetectionStore,
        verdicts: VerdictStore,
        tuning: Tuning,
        in_force: Callable[[int], Parametres],
        *,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._name = FEEDBACK.full_name(prefix)
        self._decoder = Decoder(FEEDBACK)
        self._producer = producer
        self._detections = detections
        self._verdicts = verdicts
        self._tuning = tuning
        self._in_force = in_force
        self._wait = wait_seconds

    def take(self, partition: int, records: Sequence[RawRecord]) -> None:
        """Take a batch of one partition; when it returns, all that follows from it is delivered.

        Raises
        ------
        PublishError, ReadError, StorageError
            Where brokers or database are away; the batch is to be taken again.
        """
        opened, refused = self._open(records)
        accepted, causes = self._judge(partition, opened, refused)
        self._bury(partition, refused)
        self._verdicts.write(accepted)
        for societe_id, cause in causes.items():
            self._lower(societe_id, cause)

    def take_again(self, partition: int, records: Sequence[RawRecord]) -> int:
        """Store what was taken once and lost with a database; return how many verdicts that are.

        Nothing is published: what was refused is a dead letter already, and what the verdicts taught is in force.
        """
        opened, refused = self._open(records)
        accepted, _ = self._judge(partition, opened, refused)
        self._verdicts.write(accepted)
        return len(accepted)

    def _open(
        self, records: Sequence[RawRecord]
    ) -> tuple[list[tuple[RawRecord, Avis]], list[tuple[RawRecord, str, str]]]:
        """Return the verdicts among some records, and what cannot be read."""
        opened: list[tuple[RawRecord, Avis]] = []
        refused: list[tuple[RawRecord, str, str]] = []
        for raw in records:
            try:
                avis = self._decoder.decode(raw)
            except Undecodable as error:
                refused.append((raw, error.reason, error.detail))
            else:
                assert isinstance(avis, Avis)  # what FEEDBACK declares
                opened.append((raw, avis))
        return opened, refused

    def _judge(
        self, partition: int, opened: Sequence[tuple[RawRecord, Avis]], refused: list[tuple[RawRecord, str, str]]
    ) -> tuple[list[Judgement], dict[int, str]]:
        """Return the verdicts that count, and of each company concerned the last record; add to the refused."""
        prints = [_print(self._name, partition, raw) for raw, _ in opened]
        known = self._verdicts.known(prints)
        new = [avis for (_, avis), one in zip(opened, prints, strict=True) if one not in known]
        found = self._find(new)
        told = self._verdicts.told({subject_of(avis) for avis in new})
        accepted: list[Judgement] = []
        causes: dict[int, str] = {}
        for (raw, avis), empreinte in zip(opened, prints, strict=True):
            if empreinte in known:
                # Stored before a crash; what follows from it may be missing.
                causes[avis.societe_id] = empreinte
                continue
            subject = subject_of(avis)
            detection, before = found.get(subject), told.setdefault(subject, [])
            try:
                stamped, outcome = judge(avis, detection, before)
            except Refused as error:
                refused.append((raw, _reason(error), str(error)))
                continue
            if outcome is Outcome.REPEATED:
                continue
            one = judged(stamped, detection, before, donne_le=_given(raw), empreinte=empreinte)
            if one.en_vigueur:
                before[:] = [msgspec.structs.replace(other, en_vigueur=False) for other in before]
            before.append(one)
            accepted.append(one)
            causes[avis.societe_id] = empreinte
        return accepted, causes

    def _find(self, said: Sequence[Avis]) -> dict[uuid.UUID, Detection]:
        """Return the detections that verdicts are about; wait for those that are not stored yet."""
        found: dict[uuid.UUID, Detection] = {}
        wanted: dict[uuid.UUID, int] = {}
        for avis in said:
            subject = subject_of(avis)
            needed = 0 if avis.verdict is Verdict.MANQUEE else avis.revision or 1
            wanted[subject] = max(needed, wanted.get(subject, 0))
        deadline = time.monotonic() + self._wait
        while True:
            self._look(wanted, found)
            wanted = {
                subject: revision
                for subject, revision in wanted.items()
                if revision and (subject not in found or found[subject].revision < revision)
            }
            if not wanted or time.monotonic() >= deadline:
                return found
            time.sleep(POLL_SECONDS)

    def _look(self, wanted: Collection[uuid.UUID], found: dict[uuid.UUID, Detection]) -> None:
        for stored in self._detections.get_many(wanted):
            found[stored.detection.detection_id] = stored.detection

    def _bury(self, partition: int, refused: Sequence[tuple[RawRecord, str, str]]) -> None:
        """Deliver the dead letters, before anything is stored that would make them look right after a crash."""
        for raw, reason, detail in sorted(refused, key=lambda one: one[0].offset):
            letter = dead_letter(DEAD_LETTER, raw, topic=self._name, partition=partition, reason=reason, detail=detail)
            self._producer.send(letter)
        if refused:
            self._producer.flush()

    def _in_context(self, said: Sequence[Judgement]) -> list[Judgement]:
        """Return verdicts with what they count within: a journal, else the account or third party they are about."""
        without = {one.detection_id for one in said if not one.journal_code}
        about = {
            stored.detection.detection_id: context_of(stored.detection.objet, stored.detection.journal_code)
            for stored in self._detections.get_many(without)
        }
        return [
            msgspec.structs.replace(one, journal_code=one.journal_code or about.get(one.detection_id)) for one in said
        ]

    def _lower(self, societe_id: int, cause: str) -> None:
        """Put in force what a company's verdicts teach, where it is something new."""
        said = self._in_context(self._verdicts.judged(societe_id))
        before = self._in_force(societe_id).attenuations
        after = attenuations(said, LOWERED, before)
        if after == before:
            return

        def edit(parametres: Parametres) -> Parametres:
            # Those in force may be others by now.
            learnt = attenuations(said, LOWERED, parametres.attenuations)
            return msgspec.structs.replace(parametres, attenuations=learnt)

        why = motif(before, after)
        try:
            self._tuning.change(societe_id, edit, auteur=AUTHOR, motif=why, origine=f"{self._name}/{cause}")
        except ValueError as error:
            # Something else in the company's settings is not accepted any more: verdicts go on being counted.
            LOGGER.warning("settings of company %d stay as they are (%s): %s", societe_id, why, error)


def _print(topic: str, partition: int, raw: RawRecord) -> str:
    """Return what identifies a verdict, so that it counts once.

    That is its CloudEvents source and id, under which a file that is published again comes again; without them, its
    place. Its value is a part of it: a topic that was made anew has other records at the same offsets.
    """
    told = {name: value for name, value in raw.headers if name in ("ce_source", "ce_id") and value}
    place = f"{topic}/{partition}/{raw.offset}".encode()
    identity = [told["ce_source"], told["ce_id"]] if len(told) == 2 else [place]
    return hashlib.blake2b(b"\0".join([*identity, raw.value or b""]), digest_size=16).hexdigest()


def _given(raw: RawRecord) -> dt.datetime:
    """Return when a verdict was given, or now for a producer that did not say."""
    for name, value in raw.headers:
        if name == "ce_time" and value is not None:
            try:
                time_ = dt.datetime.fromisoformat(value.decode())
            except ValueError:
                break
            return time_ if time_.tzinfo is not None else time_.replace(tzinfo=dt.UTC)
    return utc_now()


def _reason(error: Refused) -> str:
    if isinstance(error, UnknownDetection):
        return Reason.UNKNOWN_DETECTION
    return Reason.CONTRADICTION if isinstance(error, Contradiction) else Reason.REFUSED
