"""XGBoost: the risk that a client pays an invoice late."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pandas as pd
import xgboost as xgb
from msgspec import Meta, Struct
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from schemas import TypeModele
from wisebook_ml.services.base import BaseMLService, Gate, NotEnoughData, NotFitted, Progress, no_progress
from wisebook_ml.services.calibration import expected_calibration_error, fit_sigmoid
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.risk_base import ATTRIBUTS, CLIENT, Base, Encoder, Rows

__all__ = ["XGBoostParameters", "XGBoostService"]

Floats = NDArray[np.float64]

MIN_ROWS = 100
"""Invoices of known outcome below which a client's habit cannot be told from chance."""

EXPLAINED_ROWS = 2_000
"""Rows, the last ones, that the importance is the mean of: more do not change it."""

MIN_OF_EACH = 10
"""Late invoices, and invoices in time, below which nothing can be compared."""

INNER_CUTS = (0.5, 0.65, 0.8, 1.0)
"""Shares of the rows, in time: each stretch is predicted by what was learnt before it. So the number of
trees and the regression's strength are chosen and the probabilities calibrated, on half of the rows, not on a tenth."""

BASE_STRENGTHS: tuple[float | None, ...] = (None, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse penalties of the regression to choose from; None is the rate alone, where nothing else can be known."""

RISING = frozenset({
    "taux_retard", "taux_retard_recent", "derniers_retards", "ecart_moyen", "ecart_recent", "ecart_dernier",
    "ecart_max", "echu", "echu_factures", "taux_societe", "attribut_litige",
})  # fmt: skip
"""Variables with which the trees may only raise the risk: whoever paid later before is no better a payer."""


class XGBoostParameters(Parameters, frozen=True, kw_only=True):
    """Parameters of `XGBoostService`; the defaults are for hundreds to some ten thousands of invoices."""

    n_estimators: Annotated[int, Meta(ge=1, le=5000)] = 300
    """Rounds at most: as many are kept as help on later rows."""
    max_depth: Annotated[int, Meta(ge=1, le=15)] = 2
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.03
    subsample: Annotated[float, Meta(gt=0, le=1)] = 0.7
    colsample_bytree: Annotated[float, Meta(gt=0, le=1)] = 0.5
    min_child_weight: Annotated[float, Meta(ge=0, le=10_000)] = 10.0
    reg_lambda: Annotated[float, Meta(ge=0, le=10_000)] = 10.0
    reg_alpha: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    gamma: Annotated[float, Meta(ge=0, le=10_000)] = 0.0
    num_parallel_tree: Annotated[int, Meta(ge=1, le=20)] = 3
    """Trees a round, each on its own sample: their mean follows chance less."""
    base: bool = True
    """Whether the trees start from a regression over the same variables, and correct it."""
    seuil_moyen: Annotated[float, Meta(gt=0, lt=1)] = 0.25
    seuil_eleve: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    n_jobs: Annotated[int, Meta(ge=1, le=64)] = 1

    def __post_init__(self) -> None:
        if self.seuil_moyen >= self.seuil_eleve:
            raise ValueError(f"seuil_moyen ({self.seuil_moyen}) must be below seuil_eleve ({self.seuil_eleve})")


class _Learnt(Struct):
    encoder: Encoder
    base: Base
    trees: bytes
    slope: float
    intercept: float
    importance: dict[str, float]


class XGBoostService(BaseMLService):
    """The probability that an invoice is paid late, from how its client and all clients have paid before.

    Boosted trees that start from a regularised logistic regression over the same variables and correct it: on the few
    hundred invoices of a small company most of what can be known is a sum of habits, which trees approximate badly,
    and the trees add where it is not. One of the regression's variables is a model of days (`Expected`), where the rows
    to learn from tell them (`jours_retard`, `litige`). Columns named ``attribut_*`` (known of the invoice) and
    ``passe_*`` (how the client's earlier invoices differ in it) are learnt from as well.

    Good for companies whose clients have habits. It fails where there are none (then it says the company's rate for
    everybody), for a client's first invoices, and when a client's situation changes from one day to the next.

    `predict` returns `probabilite`, calibrated, and `classe`: FAIBLE below `seuil_moyen` (0.25), ELEVE from
    `seuil_eleve` (0.5) on, MOYEN between. `explain` is on the scale of the log-odds of `probabilite`: exact TreeSHAP
    of the trees plus the regression's parts (those of `Expected` by exact Shapley values) against the mean row, both
    times the slope of the calibration.

    `fit` takes the rows in the order of their column `date`, where there is one; else they must be ordered by time.

    References
    ----------
    T. Chen, C. Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
    S. Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020.
    """

    type_modele: ClassVar[TypeModele] = TypeModele.XGBOOST
    parameters: ClassVar[type[Parameters]] = XGBoostParameters
    columns: ClassVar[Sequence[str]] = tuple(name for names in ATTRIBUTS.values() for name in names)
    label: ClassVar[str | None] = "retard"
    gate: ClassVar[Gate] = Gate("auc", margin=-0.01, min_rows=50, floor=0.5)
    libraries: ClassVar[Sequence[str]] = ("scikit-learn", "xgboost")

    def __init__(self, parametres: Mapping[str, object] | None = None, **options: Any) -> None:
        super().__init__(parametres, **options)
        self._learnt: _Learnt | None = None
        self._trees: xgb.Booster | None = None

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn from invoices whose outcome is known.

        Raises
        ------
        NotEnoughData
            With fewer than 100 invoices, or fewer than 10 of them late, or in time.
        """
        rows = self.checked(donnees, label=True)
        if "date" in rows.columns:
            rows = rows.sort_values("date", kind="stable")
        y = rows[self.label].to_numpy(dtype=np.float64)
        _enough(y)
        encoder = Encoder.of(rows, self.columns)
        x = encoder.rows(rows, outcomes=True)
        strength, clients, rounds, slope, intercept = self._validate(encoder, x, y, progress)
        base = Base.fit(x, y, strength, clients)
        trees = self._boost(encoder, x, y, base, rounds)
        progress(0.95)
        self._trees = trees
        self._learnt = _Learnt(encoder, base, bytes(trees.save_raw("ubj")), slope, intercept, {})
        self._learnt.importance = self._importance(rows.tail(EXPLAINED_ROWS))
        progress(1.0)
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return `probabilite` (of being late) and `classe` (FAIBLE, MOYEN, ELEVE) of each row."""
        learnt, trees = self._fitted()
        rows = self.checked(donnees)
        if not len(rows):
            return pd.DataFrame({"probabilite": np.empty(0), "classe": pd.Series(dtype="str")}, index=rows.index)
        margin = _margin(trees, learnt.encoder.rows(rows), learnt.base)
        probability = expit(learnt.slope * margin + learnt.intercept)
        limits = (self.parametres.seuil_moyen, self.parametres.seuil_eleve)
        classes = np.array(["FAIBLE", "MOYEN", "ELEVE"])[np.searchsorted(limits, probability, side="right")]
        return pd.DataFrame({"probabilite": probability, "classe": classes}, index=rows.index)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return metrics on later invoices.

        Returns
        -------
        dict
            `auc` (NaN where all have the same outcome: then it tells nothing), `ece` (10 bins of equal mass, see
            `expected_calibration_error`), `brier`, `log_loss`, `base_rate`, `rows`.
        """
        y = self.checked(donnees, label=True)[self.label].to_numpy(dtype=np.float64)
        p = self.predict(donnees)["probabilite"].to_numpy()
        if not len(y):
            return {"auc": float("nan"), "rows": 0.0}
        cut = np.clip(p, 1e-9, 1 - 1e-9)
        return {
            "auc": float(roc_auc_score(y, p)) if 0 < y.mean() < 1 else float("nan"),
            "ece": expected_calibration_error(p, y),
            "brier": float(np.mean((p - y) ** 2)),
            "log_loss": float(-np.mean(y * np.log(cut) + (1 - y) * np.log(1 - cut))),
            "base_rate": float(y.mean()),
            "rows": float(len(y)),
        }

    def feature_importance(self) -> dict[str, float]:
        """Return the mean size of each accounting attribute's SHAP values over the last rows learnt from."""
        return dict(self._fitted()[0].importance)

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return SHAP values per accounting attribute, and `base`; a row sums to the log-odds of `probabilite`."""
        learnt, trees = self._fitted()
        rows = self.checked(donnees)
        encoder, base = learnt.encoder, learnt.base
        attributes = list(dict.fromkeys(encoder.attributes))
        if not len(rows):
            return pd.DataFrame(columns=[*attributes, "base"], index=rows.index, dtype="float64")
        x = encoder.rows(rows)
        start = base.margin(x)
        found = trees.predict(_dmatrix(x, base), pred_contribs=True).astype(np.float64)
        parts = (found[:, :-1] + base.parts(x)) * learnt.slope
        # XGBoost counts the margin that the trees started from with its own base value.
        constant = float(np.mean(found[:, -1] - start)) + base.intercept
        of = np.array(encoder.attributes)
        values = {name: parts[:, of == name].sum(axis=1) for name in attributes}
        values[CLIENT] = values[CLIENT] + base.terms(x) * learnt.slope
        if base.expected is not None:
            constant += base.slope * float(base.expected.odds(base.expected.reference[None, :])[0])
            for name, part in base.expected.parts(base.expected.select(x.names, x.x)).items():
                values[name] = values[name] + part * base.slope * learnt.slope
        constant = constant * learnt.slope + learnt.intercept
        return pd.DataFrame({**values, "base": np.full(len(rows), constant)}, index=rows.index)

    def state(self) -> object:
        """Return what was learnt."""
        return self._fitted()[0]

    def restore(self, state: Any) -> None:
        """Take what `state` returned."""
        if not isinstance(state, _Learnt):
            raise ValueError(f"not the state of an XGBoost model: {type(state).__name__}")  # noqa: TRY004
        trees = xgb.Booster()
        trees.load_model(bytearray(state.trees))
        trees.set_param({"nthread": self.parametres.n_jobs})
        self._learnt, self._trees = state, trees

    def _fitted(self) -> tuple[_Learnt, xgb.Booster]:
        if self._learnt is None or self._trees is None:
            raise NotFitted("the XGBoost model was neither fitted nor loaded")
        return self._learnt, self._trees

    def _validate(
        self, encoder: Encoder, x: Rows, y: Floats, progress: Progress
    ) -> tuple[float | None, int, int, float, float]:
        """Return the regression's strength and clients, the rounds, and slope and intercept of the calibration."""
        cuts = [int(share * len(y)) for share in INNER_CUTS]
        folds = [
            (slice(0, first), slice(first, last))
            for first, last in itertools.pairwise(cuts)
            if 0 < y[:first].mean() < 1
        ]
        if not folds:
            return None, 0, 1, 1.0, 0.0
        strength, clients = self._strength(x, y, folds, len(encoder.clients))
        curve, fitted = np.zeros(self.parametres.n_estimators), []
        for k, (before, after) in enumerate(folds):
            base = Base.fit(x.part(before), y[before], strength, clients)
            seen: dict[str, dict[str, list[float]]] = {}
            check = _dmatrix(x.part(after), base, y[after])
            trees = self._boost(encoder, x.part(before), y[before], base, self.parametres.n_estimators, check, seen)
            curve += np.array(seen["later"]["logloss"]) * (after.stop - after.start)
            fitted.append((trees, check))
            progress(0.1 + 0.6 * (k + 1) / len(folds))
        rounds = int(curve.argmin()) + 1
        margin = np.concatenate(
            [
                trees.predict(check, output_margin=True, iteration_range=(0, rounds)).astype(np.float64)
                for trees, check in fitted
            ]
        )
        label = np.concatenate([y[after] for _, after in folds])
        return strength, clients, rounds, *fit_sigmoid(margin, label)

    def _strength(
        self, x: Rows, y: Floats, folds: Sequence[tuple[slice, slice]], clients: int
    ) -> tuple[float | None, int]:
        """Return the strength with the least loss on later rows, and for how many clients a term of their own helps."""
        if not self.parametres.base:
            return None, 0

        def loss(choice: tuple[float | None, int]) -> float:
            margin = np.concatenate(
                [Base.fit(x.part(before), y[before], *choice).margin(x.part(after)) for before, after in folds]
            )
            label = np.concatenate([y[after] for _, after in folds])
            return float(np.logaddexp(0.0, margin).sum() - label @ margin)

        best = min(((strength, 0) for strength in BASE_STRENGTHS), key=loss)
        return min((best, (best[0], clients)), key=loss) if clients else best

    def _boost(
        self, encoder: Encoder, x: Rows, y: Floats, base: Base, rounds: int,
        check: xgb.DMatrix | None = None, seen: dict[str, dict[str, list[float]]] | None = None,
    ) -> xgb.Booster:  # fmt: skip
        given = self.parametres
        rising = ",".join("1" if name in RISING else "0" for name in encoder.names)
        return xgb.train(
            {
                "objective": "binary:logistic",
                "eval_metric": "logloss",
                "tree_method": "hist",
                "max_depth": given.max_depth,
                "learning_rate": given.learning_rate,
                "subsample": given.subsample,
                "colsample_bytree": given.colsample_bytree,
                "min_child_weight": given.min_child_weight,
                "reg_lambda": given.reg_lambda,
                "reg_alpha": given.reg_alpha,
                "gamma": given.gamma,
                "num_parallel_tree": given.num_parallel_tree,
                "monotone_constraints": f"({rising})",
                "base_score": 0.5,
                "seed": self.seed % 2**31,
                "nthread": given.n_jobs,
            },
            _dmatrix(x, base, y),
            num_boost_round=rounds,
            evals=[] if check is None else [(check, "later")],
            evals_result=seen,
            verbose_eval=False,
        )

    def _importance(self, rows: pd.DataFrame) -> dict[str, float]:
        sizes = self.explain(rows).drop(columns="base").abs().mean()
        total = float(sizes.sum())
        shares = {str(name): float(size) / total if total else 1 / len(sizes) for name, size in sizes.items()}
        return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _enough(y: Floats) -> None:
    late = int(y.sum())
    if len(y) < MIN_ROWS:
        raise NotEnoughData(
            f"XGBOOST needs {MIN_ROWS} customer invoices whose outcome is known, has {len(y)}; letter payments with "
            "their invoices, or wait for more to fall due"
        )
    if late < MIN_OF_EACH or len(y) - late < MIN_OF_EACH:
        raise NotEnoughData(
            f"XGBOOST needs {MIN_OF_EACH} invoices that were paid late and {MIN_OF_EACH} in time, has {late} and "
            f"{len(y) - late}; with one outcome alone there is nothing to tell apart"
        )


def _dmatrix(rows: Rows, base: Base, y: Floats | None = None) -> xgb.DMatrix:
    return xgb.DMatrix(rows.x, label=y, base_margin=base.margin(rows), nthread=1)


def _margin(trees: xgb.Booster, rows: Rows, base: Base) -> Floats:
    margin: Floats = trees.predict(_dmatrix(rows, base), output_margin=True).astype(np.float64)
    return margin
