"""Support vector machine: whether an entry is correct, an input error, or to be reviewed by a person."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from msgspec import Meta

from schemas import ClasseEcriture, TypeModele
from wisebook_ml.entry_columns import ATTRIBUTES, ENTRY_COLUMNS
from wisebook_ml.services.base import (
    BaseMLService,
    Gate,
    NotDefined,
    NotEnoughData,
    NotFitted,
    Progress,
    no_progress,
)
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.training_rows import Floats, Folds, Scale, by_attribute, drawn, matrix_of, said, shares

__all__ = ["SVMParameters", "SVMService"]

CLASSES = tuple(sorted(one.value for one in ClasseEcriture))
CORRECTE = ClasseEcriture.CORRECTE.value

MIN_OF_EACH = 3
"""Entries of each class below which a fold of the calibration could be fitted to a single one. So few tell little:
whether it is enough, the gate sees on the hold-out."""

MIN_JUDGED = 10
"""Judged entries of a hold-out below which a single one moves the F1 of a class from nothing to all."""

FOLDS = 5
"""Fits for the calibration, besides the one that is kept."""

IMPORTANCE_ROWS, REPETITIONS = 1_000, 3
"""Rows whose attributes are shuffled to tell how much each matters, and how often."""


class SVMParameters(Parameters, frozen=True, kw_only=True):
    """Parameters, named as scikit-learn's, and what bounds the time of a training.

    A linear kernel trains in time proportional to the rows, an RBF kernel in their square or worse: of more judged
    entries than `max_rows`, that many are learnt from, of each class at least its share, and rare classes whole.
    """

    kernel: Literal["linear", "rbf"] = "linear"
    C: Annotated[float, Meta(gt=0, le=1_000)] = 0.1
    gamma: Annotated[float, Meta(gt=0, le=100)] | Literal["scale"] = "scale"
    class_weight: Literal["balanced"] | None = None
    """`balanced` finds more of the rare classes, and takes more correct entries for them."""
    max_iter: Annotated[int, Meta(ge=100, le=1_000_000)] = 5_000
    unlabelled_weight: Annotated[float, Meta(ge=0, le=1)] = 0.3
    """What an entry that nobody judged counts as a correct one; 0 leaves them out."""
    max_unlabelled: Annotated[int, Meta(ge=0, le=100_000)] = 2_000
    max_rows: Annotated[int, Meta(ge=100, le=100_000)] = 10_000


class _State(NamedTuple):
    """What was learnt: the scale of columns, the machine, and the logistic model that makes decisions probabilities."""

    scale: Scale
    machine: Any
    weights: Floats
    intercepts: Floats
    importance: dict[str, float]


class SVMService(BaseMLService):
    """Borders between three classes of entries, as wide as the judged entries leave room for.

    Good with few verdicts on many columns, since it looks at the cases near a border only, and with findings that add
    up. It fails where a class is made of things that have nothing in common but its name, and a linear kernel (the
    default: on generated companies it is the better one, and it can be explained) knows no "only if".

    `predict` returns `classe`, the most likely one, and `probabilite_<CLASSE>`, which sum to 1: a multinomial logistic
    model of the decision values of rows that the machine was not fitted on (Platt 1999, for several classes).
    `explain` returns, with a linear kernel, the exact SHAP values of the log of how much more likely `classe` is than
    the second most likely class.

    References
    ----------
    Cortes, Vapnik: Support-vector networks. Machine Learning 1995. Fan et al.: LIBLINEAR. JMLR 2008.
    """

    type_modele = TypeModele.SVM
    parameters = SVMParameters
    columns: ClassVar[Sequence[str]] = ENTRY_COLUMNS
    label = "classe"
    gate = Gate("macro_f1", margin=-0.02, min_rows=30, floor=0.4)

    _learnt: _State | None = None

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Find the borders, and calibrate them.

        Parameters
        ----------
        donnees : DataFrame
            `columns` and `classe`: a `ClasseEcriture`, or nothing where nobody said.
        progress : callable
            Told the share that is done.

        Raises
        ------
        NotEnoughData
            With fewer than three entries of a class.
        """
        label = self.checked(donnees, label=True)["classe"]
        known = label.notna().to_numpy()
        _check_labels(label[known])
        rng = np.random.default_rng(self.seed)
        judged = _bounded(label.to_numpy(object), np.flatnonzero(known), self.parametres.max_rows, rng)
        open_ = np.zeros(0, np.int64)
        if self.parametres.unlabelled_weight > 0.0:
            open_ = drawn(np.flatnonzero(~known), self.parametres.max_unlabelled, rng)
        rows = np.concatenate([judged, open_])
        raw = matrix_of(donnees.iloc[rows], self.columns)
        target = np.searchsorted(CLASSES, label.fillna(CORRECTE).to_numpy(str)[rows])
        weight = np.concatenate([np.ones(len(judged)), np.full(len(open_), self.parametres.unlabelled_weight)])
        scale = Scale.of(raw, weight)
        matrix = scale.scaled(raw)
        outside = np.zeros((len(rows), len(CLASSES)))
        folds = Folds.stratified(np.where(known[rows], target, len(CLASSES)), FOLDS, rng)
        for k in range(FOLDS):
            inside = folds.of != k
            machine = self._machine(matrix[inside], target[inside], weight[inside])
            outside[~inside] = machine.decision_function(matrix[~inside])
            progress((k + 1) / (FOLDS + 2))
        weights, intercepts = _multinomial(outside, target, weight)
        machine = self._machine(matrix, target, weight)
        progress((FOLDS + 1) / (FOLDS + 2))
        self._learnt = _State(scale, machine, weights, intercepts, {})
        some = drawn(np.arange(len(judged)), IMPORTANCE_ROWS, rng)
        self._learnt = self._learnt._replace(importance=self._importance(matrix[some], target[some], rng))
        progress(1.0)
        return self

    def _machine(self, matrix: Floats, target: Any, weight: Floats) -> Any:
        from sklearn.svm import SVC, LinearSVC

        parameters = self.parametres
        if parameters.kernel == "linear":
            machine = LinearSVC(
                C=parameters.C,
                class_weight=parameters.class_weight,
                max_iter=parameters.max_iter,
                random_state=self.seed % 2**32,
                dual="auto",
            )
        else:
            machine = SVC(
                kernel="rbf",
                C=parameters.C,
                gamma=parameters.gamma,
                class_weight=parameters.class_weight,
                max_iter=20 * parameters.max_iter,
                decision_function_shape="ovr",
            )
        return machine.fit(matrix, target, sample_weight=weight)

    @property
    def _fitted(self) -> _State:
        if self._learnt is None:
            raise NotFitted("the SVM has not been trained; call fit or load first")
        return self._learnt

    def _odds(self, matrix: Floats) -> Floats:
        """Return the unnormalised log-probabilities of scaled rows, shape (n, classes)."""
        learnt = self._fitted
        if not len(matrix):
            return np.zeros((0, len(CLASSES)))
        odds: Floats = learnt.machine.decision_function(matrix) @ learnt.weights.T + learnt.intercepts
        return odds

    def _matrix(self, donnees: pd.DataFrame) -> Floats:
        scale = self._fitted.scale
        return scale.scaled(matrix_of(self.checked(donnees), self.columns))

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return `classe` and `probabilite_<CLASSE>` of each row."""
        odds = self._odds(self._matrix(donnees))
        probability = _softmax(odds)
        columns: dict[str, Any] = {"classe": np.array(CLASSES, dtype=object)[odds.argmax(axis=1)]}
        columns |= {f"probabilite_{name}": probability[:, k] for k, name in enumerate(CLASSES)}
        return pd.DataFrame(columns, index=donnees.index)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return metrics on the rows that somebody judged.

        Returns
        -------
        dict
            `macro_f1` (the mean over the classes that occur), `f1_<CLASSE>` of those, `accuracy`, `rows`.

        Raises
        ------
        NotEnoughData
            Where these rows are of one class only.
        """
        from sklearn.metrics import f1_score

        judged = said(self.checked(donnees, label=True), "classe")
        truth = judged["classe"].to_numpy(str)
        occurring = sorted(set(truth.tolist()))
        if len(occurring) < 2 or len(truth) < MIN_JUDGED:
            raise NotEnoughData(
                f"the hold-out needs {MIN_JUDGED} judged entries of several classes, has {len(truth)} of "
                f"{', '.join(occurring) or 'none'}; give more verdicts"
            )
        found = self.predict(judged)["classe"].to_numpy(str)
        each = f1_score(truth, found, labels=occurring, average=None, zero_division=0.0)
        return {
            "macro_f1": float(np.mean(each)),
            **{f"f1_{name}": float(value) for name, value in zip(occurring, each, strict=True)},
            "accuracy": float((truth == found).mean()),
            "rows": float(len(truth)),
        }

    def _importance(self, matrix: Floats, target: Any, rng: np.random.Generator) -> dict[str, float]:
        """Return how much worse the log-probability of the right class gets where an attribute's columns are shuffled.

        All columns of an attribute are shuffled together, since one could stand in for another.
        """
        of = np.array([ATTRIBUTES[name] for name in self.columns])
        picked = np.arange(len(matrix)), target

        def loss(rows: Floats) -> float:
            return -float(np.log(np.maximum(_softmax(self._odds(rows))[picked], 1e-12)).mean())

        usual, worse = loss(matrix), {}
        for attribute in dict.fromkeys(of.tolist()):
            columns, losses = of == attribute, []
            for _ in range(REPETITIONS):
                shuffled = matrix.copy()
                shuffled[:, columns] = matrix[rng.permutation(len(matrix))][:, columns]
                losses.append(loss(shuffled))
            worse[attribute] = float(np.mean(losses)) - usual
        return shares(worse)

    def feature_importance(self) -> dict[str, float]:
        """Return each attribute's permutation importance (log loss), as a share, on rows that were learnt from."""
        return dict(self._fitted.importance)

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return SHAP values of the log of how much more likely `classe` is than the second most likely class.

        The model is linear in its scaled columns, so that SHAP values are exact: coefficient times distance from the
        mean of what was learnt from (Štrumbelj, Kononenko 2014), columns taken as independent.

        Raises
        ------
        NotDefined
            With an RBF kernel.
        """
        learnt = self._fitted
        if self.parametres.kernel != "linear":
            raise NotDefined(
                "SHAP values of an RBF kernel are only estimates from samples; a model with kernel 'linear' has exact "
                "ones, and feature_importance is defined for both"
            )
        matrix = self._matrix(donnees)
        order = np.argsort(-self._odds(matrix), axis=1, kind="stable")[:, :2]
        coefficients = learnt.weights @ learnt.machine.coef_
        constants = learnt.weights @ learnt.machine.intercept_ + learnt.intercepts
        first, second = order[:, 0], order[:, 1]
        explained = pd.DataFrame(
            by_attribute(self.columns, matrix * (coefficients[first] - coefficients[second])), index=donnees.index
        )
        explained["base"] = constants[first] - constants[second]
        return explained

    def state(self) -> object:
        """Return what was learnt."""
        return tuple(self._fitted)

    def restore(self, state: Any) -> None:
        """Take what was learnt."""
        self._learnt = _State(*state)


def _check_labels(label: "pd.Series[Any]") -> None:
    counts = label.value_counts()
    unknown = set(counts.index) - set(CLASSES)
    if unknown:
        raise ValueError(f"unknown classes: {', '.join(sorted(map(str, unknown)))}; there are {', '.join(CLASSES)}")
    if any(int(counts.get(name, 0)) < MIN_OF_EACH for name in CLASSES):
        have = ", ".join(f"{int(counts.get(name, 0))} {name}" for name in CLASSES)
        raise NotEnoughData(f"needs {MIN_OF_EACH} judged entries of each class, has {have}; give more verdicts")


def _bounded(label: Any, rows: Any, number: int, rng: np.random.Generator) -> Any:
    """Return at most a number of rows: rare classes whole, the others cut alike."""
    if len(rows) <= number:
        return rows
    groups = sorted((rows[label[rows] == name] for name in CLASSES), key=len)
    kept, left = [], number
    for k, group in enumerate(groups):
        kept.append(drawn(group, left // (len(groups) - k), rng))
        left -= len(kept[-1])
    return np.sort(np.concatenate(kept))


def _multinomial(decisions: Floats, target: Any, weight: Floats) -> tuple[Floats, Floats]:
    """Return weights (classes, decisions) and intercepts of the log-probabilities of classes."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1.0, max_iter=1_000).fit(decisions, target, sample_weight=weight)
    return np.asarray(fitted.coef_, dtype=np.float64), np.asarray(fitted.intercept_, dtype=np.float64)


def _softmax(odds: Floats) -> Floats:
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares_: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares_
