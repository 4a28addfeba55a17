"""The models of a partition of `sketches`: what follows for each depends on its own records in their order.

What is read elsewhere (thresholds, verdicts) may be another thing tomorrow. So a check that was published is not made
again: what was said holds (`Said`), and what follows from it follows again.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from schemas import DemandeEntrainement, Derive, Esquisse, Motif
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.report import record_of
from wisebook_ml.drift.scores import ScoreChange
from wisebook_ml.drift_checks.advice import NO_ADVICE, Advise
from wisebook_ml.drift_checks.basis import DRIFT_FOLD
from wisebook_ml.drift_checks.day import Day, told_of
from wisebook_ml.drift_checks.exceptions import DriftStateError, SketchRefused
from wisebook_ml.drift_checks.model import Kept
from wisebook_ml.drift_checks.usual import Usual, UsualOf, VersionKey
from wisebook_ml.snapshots.format import Buffer

__all__ = ["REQUESTER", "SCORE", "DriftState", "Found", "Said", "report_id"]

LOGGER = logging.getLogger(__name__)

REQUESTER = "drift"
"""Who asks for trainings."""

SCORE = "composite"
"""What scores are called in reports."""

SET_BACK = dt.timedelta(days=30)
"""A due time that lies so far before the last one follows from a clock that was put right; any other comes late."""

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/derives")

Said = Callable[[uuid.UUID], bool | None]
"""Given the id of a check: whether drift was published for it; None where nothing was."""

ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(list[Kept])


@dataclass(frozen=True, slots=True)
class Found:
    """A record to be published, its id, and the due time it is of."""

    record: Derive | DemandeEntrainement
    id: uuid.UUID
    echeance: dt.datetime


def report_id(modele_id: int, version: int, echeance: dt.datetime) -> uuid.UUID:
    """Return the id of the check of a version at a due time."""
    return uuid.uuid5(NAMESPACE, f"{modele_id}/{version}/{echeance.astimezone(dt.UTC).isoformat()}")


class DriftState:
    """Takes sketches, and says what moved once a due time is complete.

    That is when all partitions have told: of a company's model its own one, of a global one all. What is still missing
    when the next due time begins is left out, and the report says so.

    Parameters
    ----------
    partitions : int
        Of `entries`.
    usual_of : callable
        What is usual for a version.
    advise : callable
        Thresholds and verdicts at the time of a check.
    said : callable
        What was published before.
    """

    def __init__(
        self,
        partitions: int,
        usual_of: UsualOf,
        *,
        advise: Advise = lambda version, echeance: NO_ADVICE,
        said: Said = lambda check: None,
    ) -> None:
        self._partitions = partitions
        self._usual_of = usual_of
        self._advise = advise
        self._said = said
        self._models: dict[int, Kept] = {}
        self._without: set[VersionKey] = set()

    def take(self, record: Esquisse) -> list[Found]:
        """Take a sketch; return the checks that it completes, and the trainings that follow from them.

        Raises
        ------
        SketchRefused
            Where it cannot be what it says; nothing is changed then.
        """
        model = self._models.get(record.modele_id)
        self._refuse_strange(record, model)
        key = VersionKey(record.societe_id, record.modele_id, record.version)
        told = told_of(record, self._usual(key))
        if model is None:
            model = self._models[record.modele_id] = Kept(record.modele_id, record.societe_id)
        found: list[Found] = []
        last = model.work.echeance if model.work is not None else model.done
        if last is not None and record.echeance <= last - SET_BACK:
            LOGGER.warning("model %d: due time %s follows %s; begun anew", model.modele_id, record.echeance, last)
            model.done = model.work = None
            model.version = 0
        elif model.done is not None and record.echeance <= model.done:
            return []  # checked, or passed over
        if model.work is not None and record.echeance < model.work.echeance:
            return []
        if model.work is not None and record.echeance > model.work.echeance:
            found += self._check(model, model.work)
        if model.work is None:
            model.work = Day(record.echeance.astimezone(dt.UTC))
        model.work.take(told)
        if record.societe_id or len(model.work.partitions) >= self._partitions:
            found += self._check(model, model.work)
        return found

    def _refuse_strange(self, record: Esquisse, model: Kept | None) -> None:
        if record.partition >= self._partitions:
            raise SketchRefused(f"partition is {record.partition}; entries have {self._partitions}, from 0 on")
        if model is not None and model.societe_id != record.societe_id:
            raise SketchRefused(
                f"model {model.modele_id} belongs to company {model.societe_id}, not to {record.societe_id}"
            )

    def _check(self, model: Kept, day: Day) -> list[Found]:
        """Check a due time with what was told of it."""
        model.work, model.done = None, day.echeance
        key = VersionKey(model.societe_id, model.modele_id, day.version)
        usual, told = self._usual(key), day.of(day.version)
        if model.version != day.version:
            model.begin(day.version, usual)
        if usual is None or not any(one.rows for one in told):
            return []
        if any(one.rows and not one.sketch for one in told):
            return []  # begun while the reference could not be read: the next due time is whole
        model.keep(told, usual, day.echeance)
        changes = model.watched(told)
        check = report_id(model.modele_id, model.version, day.echeance)
        drifted = self._said(check)
        found: list[Found] = []
        if drifted is None:
            report = self._report(model, usual, changes, day)
            if report.derive and not model.may_ask(day.echeance):
                report = _with_remark(report, model.asked_before())
            found.append(Found(report, check, day.echeance))
            drifted = report.derive
        if drifted and model.may_ask(day.echeance):
            model.asked = day.echeance
            if found:
                found.append(_request(model, check, day.echeance))
        return found

    def _report(self, model: Kept, usual: Usual, changes: list[ScoreChange], day: Day) -> Derive:
        advice = self._advise(VersionKey(model.societe_id, model.modele_id, model.version), day.echeance)
        report = Monitor(usual.reference, advice.thresholds).check(
            model.sketches(usual), performance=advice.performance, scores=[(SCORE, change) for change in changes]
        )
        window = max((one for one in usual.reference.windows if one <= len(model.days)), default=1)
        remarks = (*report.remarks, *self._missing(model, day), *advice.remarks)
        return record_of(
            replace(report, remarks=remarks),
            modele_id=model.modele_id,
            societe_id=model.societe_id,
            version=model.version,
            threshold=advice.thresholds.precision,
            jours=[one.jour for one in model.days[-window:]],
            echeance=day.echeance,
        )

    def _missing(self, model: Kept, day: Day) -> Iterator[tuple[str, str]]:
        """Yield what is said of partitions whose sketches are not in a check."""
        if model.societe_id:
            return
        told = {one.partition for one in day.of(model.version)}
        others = sorted(day.partitions - told)
        silent = [one for one in range(self._partitions) if one not in day.partitions]
        if silent:
            which = ", ".join(map(str, silent))
            yield (
                f"Sans les écritures des partitions {which} : leur relevé n'est pas arrivé à temps.",
                f"Without the entries of partitions {which}: what they met was not told in time.",
            )
        if others:
            which = ", ".join(map(str, others))
            yield (
                f"Sans les écritures des partitions {which}, où une autre version était en service.",
                f"Without the entries of partitions {which}, where another version was in force.",
            )

    def _usual(self, key: VersionKey) -> Usual | None:
        usual = self._usual_of(key)
        if usual is not None:
            self._without.discard(key)
        elif key not in self._without:
            self._without.add(key)
            LOGGER.warning(
                "version %d of model %d has no reference for drift that can be used, so that it is not checked: "
                "train it again, or put its artefact back",
                key.version,
                key.modele_id,
            )
        return usual

    # State

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the sketches."""
        return f"{DRIFT_FOLD} of {self._partitions}"

    def dump(self) -> Iterator[tuple[str, Buffer]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield "models", ENCODER.encode([self._models[one] for one in sorted(self._models)])

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any sketches.

        Raises
        ------
        DriftStateError
            Where the parts are none of this version; the state is then of no more use.
        """
        if "models" not in parts:
            raise DriftStateError("missing part: models")
        try:
            self._models = {kept.modele_id: kept for kept in DECODER.decode(parts["models"])}
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise DriftStateError(str(error)) from error


def _with_remark(report: Derive, remark: tuple[str, str]) -> Derive:
    french, english = remark
    return msgspec.structs.replace(
        report, remarques_fr=[*report.remarques_fr, french], remarques_en=[*report.remarques_en, english]
    )


def _request(model: Kept, check: uuid.UUID, echeance: dt.datetime) -> Found:
    """Return the request that follows from a check, always with the same id."""
    id_ = uuid.uuid5(check, "training")
    request = DemandeEntrainement(
        demande_id=str(id_),
        modele_id=model.modele_id,
        societe_id=model.societe_id,
        motif=Motif.DERIVE,
        demandeur=REQUESTER,
    )
    return Found(request, id_, echeance)
