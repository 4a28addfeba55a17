"""(k) The core with every kind of model in force, in one process: what it costs to ask them about entries in doubt."""

import statistics
import time
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from bench.context import Context
from bench.results import line_of
from schemas import Activation, Ecriture, Parametres, TypeModele, VersionModele
from wisebook_ml.clock import utc_now
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.datasets.verdicts import verdict_frame
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger, judge_ledger
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.pipeline.opinions import SCORED_BY, opinion_of
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.services.catalogue import service_class

__all__ = ["run"]

TARGET = 80_000.0
COMPANIES, ENTRIES = 20, 3_000
"""Companies of a partition, as where the whole is measured, and entries of each."""

BATCH = 4_000
"""Records in a batch: what a busy worker is given at once."""

SEED = 20_221_231
FIRST = TypeModele.ISOLATION_FOREST
Models = Mapping[TypeModele, IsolationForest | Opinion]


def run(context: Context) -> None:
    """Score the same records with a forest alone, with each kind of model beside it, and with all of them."""
    entries, trained = _ledger()
    events = _mixed(entries)
    lines = sum(len(entry.lignes) for entry in events)
    warm_up()
    wanted = {"forest": (FIRST,), **{one.value.lower(): (FIRST, one) for one in SCORED_BY}, "all": (FIRST, *SCORED_BY)}
    seconds: dict[str, list[float]] = {name: [] for name in wanted}
    found: dict[str, int] = {}
    for _ in range(max(2, context.sizes.repetitions)):  # by turns, so that a busy machine slows all alike
        for name, kinds in wanted.items():
            taken, found[name] = _scored(events, trained, kinds)
            seconds[name].append(taken)
    for name, taken_ in seconds.items():
        context.results.add(
            line_of(
                f"opinions.{name}",
                lines / statistics.median(taken_),
                "lines/s",
                at_least=TARGET if name == "all" else None,
                entries=len(events),
                lines_per_entry=round(lines / len(events), 2),
                companies=COMPANIES,
                detections=found[name],
                processes=1,
            )
        )


def _ledger() -> tuple[Sequence[Ecriture], Models]:
    """Return a company's entries, and models that learnt from all of them and an accountant's verdicts."""
    ledger = generate_ledger(entries=ENTRIES, seed=SEED, anomaly_rate=0.03)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=SEED, share=0.10)
    collected = Collected(ledger.events, [one.avis for one in judged.avis])
    frames = {
        TypeModele.GRADIENT_BOOSTING: verdict_frame,
        TypeModele.SVM: verdict_frame,
        TypeModele.RANDOM_FOREST: line_frame,
    }
    forest = service_class(FIRST)({}, seed=1).fit(entry_frame(collected)).dump()
    models: dict[TypeModele, IsolationForest | Opinion] = {FIRST: IsolationForest.load(forest, FEATURE_NAMES)}
    for kind, frame in frames.items():
        models[kind] = opinion_of(kind, service_class(kind)({}, seed=1).fit(frame(collected)).dump())
    # Scored are the entries of another year of a like company, with as many anomalies as there usually are.
    return generate_ledger(entries=ENTRIES, seed=SEED + 1).events, models


def _mixed(entries: Sequence[Ecriture]) -> list[Ecriture]:
    """Return the entries of all companies in turns."""
    return [replace(entry, societe_id=1 + number) for entry in entries for number in range(COMPANIES)]


def _scored(events: Sequence[Ecriture], models: Models, kinds: Sequence[TypeModele]) -> tuple[float, int]:
    """Return how many seconds of a processor a new pipeline takes for all records, and how many records follow."""
    scorer = LedgerScorer(
        load_model=lambda version: models[version.type_modele], parametres=Parametres(societe_id=0), seed=SEED
    )
    pipeline = PartitionPipeline("bench", 0, scorer, utc_now)
    markers = [_activation(1 + number, kind) for number in range(COMPANIES) for kind in kinds]
    stream: list[Ecriture | Activation] = [*markers, *events]
    records = [_record(offset, event) for offset, event in enumerate(stream)]
    pipeline.process(records[: len(markers)])
    began, published = time.process_time(), 0
    for start in range(len(markers), len(records), BATCH):
        published += len(pipeline.process(records[start : start + BATCH]))
    return time.process_time() - began, published


def _record(offset: int, event: Ecriture | Activation) -> RawRecord:
    headers = [("ce_type", event.ce_type.encode())]
    return RawRecord(offset, str(event.societe_id).encode(), msgspec.json.encode(event), headers)


def _activation(societe_id: int, kind: TypeModele) -> Activation:
    version = VersionModele(
        modele_id=1 + list(TypeModele).index(kind),
        version=1,
        societe_id=societe_id,
        type_modele=kind,
        artefact="none",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=version)
