"""Models that scoring asks about entries in doubt: trained services, made into what the scoring core can ask."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from schemas import ClasseEcriture, Ecriture, Ligne, TypeModele, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.entry_columns import ENTRY_COLUMNS
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.models.boosted_trees import BoostedTrees
from wisebook_ml.models.grown_trees import GrownTrees
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.linear_classes import LinearClasses
from wisebook_ml.models.opinion import Answers, Asked, Opinion, Told
from wisebook_ml.models.scaled_rows import RowScale
from wisebook_ml.pipeline.account_opinion import AccountOpinion
from wisebook_ml.pipeline.attribute_names import attribute_shares, named
from wisebook_ml.services.catalogue import MissingLibrary, service_class
from wisebook_ml.services.training_rows import FARTHEST, Scale

__all__ = [
    "SCORED_BY",
    "ClassOpinion",
    "CorrectionOpinion",
    "boosted_trees",
    "linear_classes",
    "model_loader",
    "opinion_of",
]

CORRECTE = ClasseEcriture.CORRECTE.value

CLASS_NAMES = MappingProxyType(
    {
        ClasseEcriture.ERREUR_SAISIE.value: ("les erreurs de saisie", "input errors"),
        ClasseEcriture.A_REVOIR.value: ("les écritures à revoir", "entries to be reviewed"),
    }
)


def model_loader(store: ArtefactStore) -> Callable[[VersionModele], IsolationForest | Opinion]:
    """Return what loads a version that takes part in the score; it raises `ValueError` where it cannot.

    The artefact's digest and signature are checked before anything is unpickled.
    """

    def load(version: VersionModele) -> IsolationForest | Opinion:
        if version.type_modele not in SCORED_BY:
            return store.load_forest(version)
        data = store.read(version)
        try:
            opinion = opinion_of(version.type_modele, data)
            _try(opinion)
        except MissingLibrary as error:
            raise ValueError(str(error)) from error
        except (ValueError, OSError):
            raise
        except Exception as error:  # whatever the bytes of an artefact make a library raise
            raise ValueError(f"it cannot be asked: {type(error).__name__}: {error}; train the model again") from error
        return opinion

    return load


def _try(opinion: Opinion) -> None:
    """Ask a model about an entry of our own: what goes wrong goes wrong before it is in force."""
    lines = [Ligne(compte_num="606300", debit="100.00"), Ligne(compte_num="401000", credit="100.00")]
    entry = Ecriture(societe_id=1, ecriture_id="E1", journal_code="AC", ecriture_date=dt.date(2024, 3, 5), lignes=lines)
    only = np.zeros(1, np.int64)
    rows = np.zeros((1, len(ENTRY_COLUMNS)))
    opinion.answer(Asked(EntryBatch.from_entries([entry]), only, rows, only, {})).tell(0)


def opinion_of(type_modele: TypeModele, data: bytes) -> Opinion:
    """Return the model of an artefact, as scoring asks it; whoever calls has checked where `data` is from.

    Raises
    ------
    ValueError
        Where it is no artefact of this algorithm, was trained on other columns, or cannot be asked.
    """
    return SCORED_BY[type_modele](service_class(type_modele).load(data))


def _row_scale(scale: Scale) -> RowScale:
    return RowScale(np.asarray(scale.mean, np.float64), np.asarray(scale.spread, np.float64), FARTHEST)


def _check_columns(found: int) -> None:
    if found != len(ENTRY_COLUMNS):
        raise ValueError(
            f"it was trained on {found} columns, and this version describes entries in {len(ENTRY_COLUMNS)}; train the "
            "model again"
        )


def boosted_trees(service: Any) -> BoostedTrees:
    """Return what a fitted `GradientBoostingService` has learnt, as arrays."""
    (trees, scale, slopes, intercept), slope, offset, _ = service.state()
    _check_columns(len(slopes))
    grown = [step[0].tree_ for step in trees.estimators_]
    table = GrownTrees.of(grown, trees.n_features_in_, lambda tree: tree.value[:, 0, 0])
    nowhere = np.zeros((1, trees.n_features_in_), np.float32)
    start = float(trees.decision_function(nowhere)[0] - trees.learning_rate * table.sums(nowhere)[0])
    return BoostedTrees(
        table, start, float(trees.learning_rate), _row_scale(scale), slopes, float(intercept), (slope, offset)
    )


def linear_classes(service: Any) -> LinearClasses:
    """Return what a fitted `SVMService` with a linear kernel has learnt, as arrays.

    Raises
    ------
    ValueError
        With another kernel.
    """
    if service.parametres.kernel != "linear":
        raise ValueError(
            f"an SVM with kernel {service.parametres.kernel!r} cannot take part in the score, since asking it costs as "
            "much as everything else together; train one with kernel 'linear'"
        )
    scale, machine, weights, intercepts, _ = service.state()
    coefficients = weights @ machine.coef_
    _check_columns(coefficients.shape[1])
    classes = tuple(sorted(one.value for one in ClasseEcriture))
    return LinearClasses(classes, _row_scale(scale), coefficients, weights @ machine.intercept_ + intercepts)


@dataclass(frozen=True, slots=True)
class CorrectionOpinion:
    """Gradient Boosting: the probability that the entry will be corrected or rejected."""

    model: BoostedTrees

    def chosen(self, batch: EntryBatch, entries: Ints) -> Ints:
        """See `Opinion`: all of them."""
        return entries

    def answer(self, asked: Asked) -> Answers:
        """See `Opinion`."""
        assert asked.rows is not None
        return _Corrections(self.model.probability(asked.rows), self.model, asked.rows)


@dataclass(frozen=True, slots=True)
class _Corrections:
    values: Floats
    model: BoostedTrees
    rows: Floats

    def tell(self, place: int) -> Told:
        """See `Answers`."""
        shares = attribute_shares(self.model.attribute(self.rows[place]))
        french, english = named(shares)
        percent = _percent(float(self.values[place]))
        return Told(
            f"D'après les avis déjà donnés, cette écriture sera corrigée ou rejetée avec une probabilité de {percent} "
            f"% ({french}).",
            f"By the verdicts given so far, this entry will be corrected or rejected with probability {percent} % "
            f"({english}).",
            [],
            shares,
        )


@dataclass(frozen=True, slots=True)
class ClassOpinion:
    """A linear SVM: the probability that the entry is not one of the correct ones."""

    model: LinearClasses

    def chosen(self, batch: EntryBatch, entries: Ints) -> Ints:
        """See `Opinion`: all of them."""
        return entries

    def answer(self, asked: Asked) -> Answers:
        """See `Opinion`."""
        assert asked.rows is not None
        probabilities = self.model.probabilities(asked.rows)
        correct = self.model.classes.index(CORRECTE)
        return _Classes(1.0 - probabilities[:, correct], probabilities, self.model, asked.rows)


@dataclass(frozen=True, slots=True)
class _Classes:
    values: Floats
    probabilities: Floats
    model: LinearClasses
    rows: Floats

    def tell(self, place: int) -> Told:
        """See `Answers`."""
        correct = self.model.classes.index(CORRECTE)
        others = [k for k in range(len(self.model.classes)) if k != correct]
        found = max(others, key=lambda k: float(self.probabilities[place, k]))
        shares = attribute_shares(self.model.attribute(self.rows[place], found, correct))
        french, english = named(shares)
        among_fr, among_en = CLASS_NAMES[self.model.classes[found]]
        percent, right = (_percent(float(self.probabilities[place, k])) for k in (found, correct))
        return Told(
            f"Ressemble à ce que les avis déjà donnés rangent parmi {among_fr} (probabilité {percent} % ; "
            f"écriture correcte : {right} %) : {french}.",
            f"Looks like what the verdicts given so far put among {among_en} (probability {percent} %; a correct "
            f"entry: {right} %): {english}.",
            [],
            shares,
        )


def _percent(probability: float) -> int:
    return round(100.0 * probability)


SCORED_BY: Mapping[TypeModele, Callable[[Any], Opinion]] = MappingProxyType(
    {
        TypeModele.GRADIENT_BOOSTING: lambda service: CorrectionOpinion(boosted_trees(service)),
        TypeModele.SVM: lambda service: ClassOpinion(linear_classes(service)),
        TypeModele.RANDOM_FOREST: AccountOpinion,
    }
)
"""The kinds of models that are asked, and what makes a fitted service one."""
