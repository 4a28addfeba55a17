"""Having everything compiled before the first record comes."""

import datetime as dt
import logging

import msgspec
import numpy as np

from schemas import (
    Activation,
    ClasseEcriture,
    Detection,
    DetectionReprise,
    DomaineApplication,
    Ecriture,
    Etat,
    Ligne,
    Objet,
    Parametres,
    Reprise,
    Severite,
    TypeModele,
    TypeObjet,
    VersionModele,
    detection_id,
)
from topics import DEAD_LETTER
from wisebook_ml.compiled import is_compiled
from wisebook_ml.entry_columns import ENTRY_COLUMNS
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.models.boosted_trees import BoostedTrees
from wisebook_ml.models.grown_trees import NODE as GROWN
from wisebook_ml.models.grown_trees import GrownTrees
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.isolation_walk import NODE
from wisebook_ml.models.linear_classes import LinearClasses
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.models.ranks import CELLS
from wisebook_ml.models.scaled_rows import RowScale
from wisebook_ml.pipeline.opinions import ClassOpinion, CorrectionOpinion
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer

__all__ = ["warm_up"]

LOGGER = logging.getLogger(__name__)

SCORED = (TypeModele.ISOLATION_FOREST, TypeModele.GRADIENT_BOOSTING, TypeModele.SVM)
"""Kinds of models that the warm-up puts in force."""

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def warm_up() -> int:
    """Score a few entries of our own, so that every compiled function is compiled or loaded.

    The first time on a machine, and after an update, this takes a minute or two; what is compiled is kept in the
    user's cache folder (``NUMBA_CACHE_DIR`` names another), from where it is loaded in a second.

    Returns
    -------
    int
        The records that followed from them.
    """
    if not is_compiled():
        LOGGER.warning("compiling the scoring core for this machine, once; this takes a minute or two")
    scorer = _new_scorer()
    pipeline = PartitionPipeline("warm-up", 0, scorer, lambda: LONG_AGO)
    records = [
        *(_record(k, _entry(societe_id=1 + k % 2, number=k)) for k in range(4)),
        *(_record(4 + k, _activation(type_modele)) for k, type_modele in enumerate(SCORED)),
        *(_record(8 + k, _entry(societe_id=1, number=4 + k)) for k in range(4)),
        _record(12, _entry(societe_id=1, number=0)),  # delivered again
        _record(13, _replay(societe_id=1)),
    ]
    published = [record for run in (records[:3], records[3:]) for record in pipeline.process(run)]
    if any(record.topic is DEAD_LETTER for record in published):
        raise RuntimeError("an event of the warm-up was refused, so that what it would compile is not compiled")
    _new_scorer().load({name: bytes(part) for name, part in scorer.dump()})
    return len(published)


def _new_scorer() -> LedgerScorer:
    boosted, linear = _opinions()
    models: dict[TypeModele, IsolationForest | Opinion] = dict(zip(SCORED, (_stump(), boosted, linear), strict=True))
    return LedgerScorer(
        load_model=lambda version: models[version.type_modele], parametres=Parametres(societe_id=0), seed=0
    )


def _record(offset: int, event: Ecriture | Activation | Reprise) -> RawRecord:
    key = str(event.societe_id).encode()
    return RawRecord(offset, key, msgspec.json.encode(event), [("ce_type", event.ce_type.encode())])


def _entry(societe_id: int, number: int) -> Ecriture:
    """Return an entry that does not balance, so that it is explained."""
    return Ecriture(
        societe_id=societe_id,
        ecriture_id=f"E{number}",
        exercice="2024",
        journal_code="AC",
        ecriture_num=str(number),
        ecriture_date=dt.date(2024, 3, 5),
        saisie_par="A",
        saisie_le=LONG_AGO,
        lignes=[
            Ligne(compte_num="606300", piece_ref="F100", ecriture_lib="Facture", debit="100.00"),
            Ligne(compte_num="445660", piece_ref="F100", ecriture_lib="Facture", debit="19.00"),
            Ligne(compte_num="401000", comp_aux_num="X", piece_ref="F100", ecriture_lib="Facture", credit="120.00"),
        ],
    )


def _activation(type_modele: TypeModele) -> Activation:
    version = VersionModele(
        modele_id=1,
        version=1,
        societe_id=1,
        type_modele=type_modele,
        artefact="none",
        sha256="0" * 64,
    )
    return Activation(societe_id=1, version=version)


def _replay(societe_id: int) -> Reprise:
    """Return the marker by which a replay closes the detection of an entry."""
    objet = Objet(type=TypeObjet.ECRITURE, id="E0")
    closed = Detection(
        detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=Etat.CLOSE,
        revision=1,
        montant="0.00",
        score=0.0,
        severite=Severite.INFO,
        motifs=[],
        contributions={},
        modeles=[],
        parametres_version=0,
    )
    found = DetectionReprise(decalage=0, instant=LONG_AGO, detection=closed)
    return Reprise(societe_id=societe_id, reprise_id="warm-up", detections=[found])


def _opinions() -> tuple[CorrectionOpinion, ClassOpinion]:
    """Return models that take every entry for wrong. Those of all kinds go by the same compiled functions."""
    columns = len(ENTRY_COLUMNS)
    leaf = np.zeros(1, GROWN)
    leaf["threshold"] = np.inf
    nothing = np.zeros(1)
    trees = GrownTrees(np.array([0, 1], np.int64), np.zeros(1, np.int64), leaf, nothing, nothing, columns)
    scale = RowScale(np.zeros(columns), np.ones(columns), 5.0)
    boosted = BoostedTrees(trees, 9.0, 1.0, scale, np.zeros(columns), 0.0, (1.0, 0.0))
    classes = tuple(sorted(one.value for one in ClasseEcriture))
    odds = np.array([0.0 if name == ClasseEcriture.CORRECTE.value else 9.0 for name in classes])
    linear = LinearClasses(classes, scale, np.zeros((len(classes), columns)), odds)
    return CorrectionOpinion(boosted), ClassOpinion(linear)


def _stump() -> IsolationForest:
    """Return a forest of one leaf, to which every entry is as unusual as one in a thousand."""
    leaf = np.zeros(1, NODE)
    leaf["threshold"] = np.inf
    as_large = np.zeros(CELLS, np.int64)
    as_large[0] = 1_000
    return IsolationForest(
        features=FEATURE_NAMES,
        scale=1.0,
        starts=np.array([0, 1], np.int64),
        nodes=leaf,
        path=np.zeros(1, np.uint16),
        lengths=np.zeros(1, np.int64),
        expected=np.zeros(1, np.float32),
        as_large=as_large,
        depth=0,
    )
