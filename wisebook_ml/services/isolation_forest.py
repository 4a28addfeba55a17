"""Isolation Forest: which entries are unusual, by combinations that no single control names."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pandas as pd
from msgspec import Meta

from schemas import TypeModele
from wisebook_ml.drift.exceptions import NotEnoughReference
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift.variables import ENTRY_VARIABLES
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import MAX_SAMPLES, IsolationForest, fit_isolation_forest
from wisebook_ml.services.base import BaseMLService, Gate, NotEnoughData, NotFitted, Progress, no_progress
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.training_rows import Floats, by_attribute, matrix_of, shares

__all__ = ["IsolationForestParameters", "IsolationForestService"]

LOGGER = logging.getLogger(__name__)

MIN_ROWS = 200
"""Fewer entries than a tree's subsample teach it nothing that the online detector does not know."""

MOST_DAYS = 366
"""Days with rows, the latest, that a reference is made of: a year has all its months; older ones are past."""

MIN_LABELS = 20
"""Labelled rows of each kind from which on their AUC is more than chance."""


class IsolationForestParameters(Parameters, frozen=True, kw_only=True):
    """Parameters, named as scikit-learn's.

    There is no `contamination`: which scores are too high follows from the company's alert budget, not from the forest.
    """

    n_estimators: Annotated[int, Meta(ge=1, le=2_000)] = 100
    max_samples: Annotated[int, Meta(ge=2, le=MAX_SAMPLES)] = 256


class IsolationForestService(BaseMLService):
    """Isolates each entry by random splits: the fewer it takes, the more unusual the entry.

    Good at combinations of features that are each within bounds. Poor where one feature is decisive among many that are
    noise (it splits on all alike), and blind to what its training data was full of: a mistake made every day is normal.

    `predict` returns `score`, in (0, 1), and `rang`, the share of training entries at least as unusual. The artefact is
    plain arrays, no pickle: loading it cannot run code, and the scoring of entries reads it too. Where rows have a
    `date`, the artefact says what was usual of them, by which drift is told (`wisebook_ml.drift`).

    `explain` attributes a row's mean path length over the trees exactly along its paths (Saabas 2014): the values and
    `base` sum to minus that length, so that what is positive made the entry more unusual. These are not Shapley values,
    which `shap` computes from scikit-learn's trees only, and those are not kept; both sum to the same.

    References
    ----------
    Liu, Ting, Zhou: Isolation Forest. ICDM 2008.
    Shi, Horvath: Unsupervised learning with random forest predictors. JCGS 2006 (rows against permuted columns).
    """

    type_modele = TypeModele.ISOLATION_FOREST
    parameters = IsolationForestParameters
    columns: ClassVar[Sequence[str]] = FEATURE_NAMES
    gate = Gate("auc_permute", margin=-0.02, min_rows=50)

    _forest: IsolationForest | None = None
    _importance: dict[str, float] | None = None

    @property
    def forest(self) -> IsolationForest:
        """The compiled forest.

        Raises
        ------
        NotFitted
            Before `fit` or `load`.
        """
        if self._forest is None:
            raise NotFitted("the Isolation Forest has not been trained; call fit or load first")
        return self._forest

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Grow the trees.

        Raises
        ------
        NotEnoughData
            With fewer than 200 rows, or where all are the same.
        """
        matrix = matrix_of(self.checked(donnees), self.columns)
        if len(matrix) < MIN_ROWS:
            raise NotEnoughData(f"needs {MIN_ROWS} entries in the range, has {len(matrix)}; widen the range")
        if not np.ptp(matrix, axis=0).any():
            raise NotEnoughData(f"all {len(matrix)} entries are the same: nothing is unusual among them")
        forest = fit_isolation_forest(
            matrix,
            FEATURE_NAMES,
            seed=self.seed,
            n_estimators=self.parametres.n_estimators,
            max_samples=self.parametres.max_samples,
        )
        progress(0.5)
        self._forest = replace(forest, reference=_reference(matrix, donnees))
        progress(1.0)
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return `score` and `rang` of each row."""
        forest = self.forest
        scores = forest.score(matrix_of(self.checked(donnees), self.columns))
        return pd.DataFrame({"score": scores, "rang": forest.tails(scores)}, index=donnees.index)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return how well the forest tells entries from nonsense, and wrong ones from right ones where that is known.

        Returns
        -------
        dict
            `auc_permute`: rows against rows whose columns were permuted independently, which keeps what each column
            looks like and destroys what belongs together; `rows`; with 20 labels of each kind in a column
            `corrigee`, `auc` against them.

        Raises
        ------
        NotEnoughData
            Without rows.
        """
        from sklearn.metrics import roc_auc_score

        matrix = matrix_of(self.checked(donnees), self.columns)
        if not len(matrix):
            raise NotEnoughData("there are no entries to evaluate the forest on")
        rng = np.random.default_rng(self.seed)
        permuted = np.column_stack([rng.permutation(column) for column in matrix.T])
        scores = self.forest.score(matrix)
        both = np.concatenate([self.forest.score(permuted), scores])
        metrics = {
            "auc_permute": float(roc_auc_score(np.repeat([1, 0], len(matrix)), both)),
            "rows": float(len(matrix)),
        }
        if "corrigee" in donnees.columns:
            label = donnees["corrigee"].to_numpy(np.float64)
            if min((label == 1).sum(), (label == 0).sum()) >= MIN_LABELS:
                known = ~np.isnan(label)
                metrics["auc"] = float(roc_auc_score(label[known], scores[known]))
        return metrics

    def feature_importance(self) -> dict[str, float]:
        """Return how often the trees' nodes split on each attribute, weighed by how much that shortens paths.

        A tree splits at random; where a split sends few rows aside, it isolates them. The weight of a node is the
        difference that it makes to the expected path length on either side.
        """
        forest = self.forest
        if self._importance is None:
            self._importance = shares(
                {name: float(total) for name, total in by_attribute(self.columns, _gains(forest)).items()}
            )
        return self._importance

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return the exact path attribution of each row; see the class."""
        forest = self.forest
        matrix = matrix_of(self.checked(donnees), self.columns)
        values = np.array([forest.attribute(row) for row in matrix]).reshape(len(matrix), len(self.columns))
        explained = pd.DataFrame(by_attribute(self.columns, values), index=donnees.index)
        explained["base"] = -float(forest.expected[forest.starts[:-1]].mean(dtype=np.float64))
        return explained

    def state(self) -> object:
        """Return the artefact's bytes."""
        return self.forest.dump()

    def restore(self, state: Any) -> None:
        """Take the artefact's bytes."""
        self._forest = IsolationForest.load(state, FEATURE_NAMES)
        self._importance = None

    def dump(self) -> bytes:
        """Return the artefact's bytes: arrays, which the scoring of entries reads as well."""
        return self.forest.dump()

    @classmethod
    def load(cls, data: bytes) -> Self:
        """Return the service of an artefact; its parameters follow from the trees, its seed is not kept.

        Raises
        ------
        ValueError
            Where it is no Isolation Forest, or was trained on other features.
        """
        forest = IsolationForest.load(data, FEATURE_NAMES)
        trees = len(forest.starts) - 1
        service = cls({"n_estimators": trees, "max_samples": _samples(forest.scale / trees)})
        service._forest = forest
        return service


def _reference(matrix: Floats, donnees: pd.DataFrame) -> bytes:
    """Return what is usual of rows, cut into their days; nothing where they have no dates, or are too few."""
    if "date" not in donnees.columns:
        return b""
    days = donnees["date"].to_numpy("datetime64[D]").astype(np.int64)
    order = np.argsort(days, kind="stable")
    matrix, days = matrix[order], days[order]
    # Counted, not measured: a single entry that is dated far ahead would leave a reference of one day.
    recent = days >= np.unique(days)[-MOST_DAYS:][0]
    try:
        columns = dict(zip(FEATURE_NAMES, matrix[recent].T, strict=True))
        return reference_of(ENTRY_VARIABLES, columns, days[recent]).dump()
    except NotEnoughReference as error:
        LOGGER.warning("drift of this version will not be watched: its training has %s", error)
        return b""


def _samples(average_path: float) -> int:
    """Return the rows a tree was grown on: those whose average path length it is (equation 1 of the paper)."""
    if average_path <= 1.0:
        return 2
    n = np.arange(3, MAX_SAMPLES + 1, dtype=np.float64)
    paths = 2.0 * (np.log(n - 1.0) + np.euler_gamma) - 2.0 * (n - 1.0) / n
    return int(n[np.abs(paths - average_path).argmin()])


def _gains(forest: IsolationForest) -> Floats:
    """Return the difference that splits on each feature make, summed over all nodes."""
    nodes, expected = forest.nodes, forest.expected.astype(np.float64)
    starts = np.repeat(forest.starts[:-1], np.diff(forest.starts))
    left = starts + nodes["left"]
    inner = np.flatnonzero(left != np.arange(len(nodes)))
    gain = np.abs(expected[left[inner]] - expected[left[inner] + 1])
    # Few rows reach a deep node: half as many at each level is what a balanced tree would send there.
    depth = _depths(left, inner, len(nodes))
    weighed = gain * 0.5 ** depth[inner]
    return np.bincount(nodes["feature"][inner], weighed, minlength=len(forest.features)).astype(np.float64)


def _depths(left: Any, inner: Any, size: int) -> Any:
    """Return the level of each node; children come after their parents."""
    depth = np.zeros(size, np.int64)
    for node in inner.tolist():
        depth[left[node]] = depth[left[node] + 1] = depth[node] + 1
    return depth
