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
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from schemas import TypeModele
from wisebook_ml.services.base import BaseMLService, Gate, NotEnoughData, NotFitted, Progress, no_progress
from wisebook_ml.services.calibration import expected_calibration_error, fit_sigmoid
from wisebook_ml.services.parameters import Parameters

__all__ = ["XGBoostParameters", "XGBoostService"]

Floats = NDArray[np.float64]

MIN_ROWS = 100
"""Invoices of known outcome below which a client's habit cannot be told from chance."""

MIN_OF_EACH = 10
"""Late invoices, and invoices in time, below which nothing can be compared."""

INNER_CUTS = (0.5, 0.65, 0.8, 1.0)
"""Shares of the rows, in time: each stretch is predicted by what was learnt before it. So the number of
trees and the regression's strength are chosen and the probabilities calibrated, on half of the rows, not on a tenth."""

BASE_STRENGTHS: tuple[float | None, ...] = (None, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""Inverse penalties of the regression to choose from; None is the rate alone, where nothing else can be known."""

MOST_CATEGORIES = 12

MOST_CLIENTS = 200
MIN_OF_CLIENT = 5
"""Clients, those of most invoices, and invoices of each from which on the regression has a term of the client's own:
what it paid long ago, which recent payments say less well."""

CLIENT_SCALE = 2.0
"""How much freer a client's term is than a variable's: clients differ more than one standard deviation of these."""

ATTRIBUTS = {
    "montant": ("montant_log", "montant_relatif"),
    "date_echeance": ("delai", "mois_echeance", "jour_echeance"),
    "comp_aux_num": ("factures", "anciennete", "intervalle"),
    "reglements": (
        "issues", "confiance", "taux_retard", "taux_retard_recent", "derniers_retards", "ecart_moyen", "ecart_recent",
        "ecart_dernier", "ecart_max", "ecart_dispersion", "tendance", "delai_reglement", "jours_sans_reglement",
    ),
    "litiges": ("part_litiges",),
    "encours": ("encours", "encours_factures", "echu", "echu_factures"),
    "societe": ("taux_societe",),
}  # fmt: skip
"""Accounting attributes, and the variables that come from each."""

RISING = frozenset({
    "taux_retard", "taux_retard_recent", "derniers_retards", "ecart_moyen", "ecart_recent", "ecart_dernier",
    "ecart_max", "echu", "echu_factures", "taux_societe", "attribut_litige",
})  # fmt: skip
"""Variables with which the trees may only raise the risk: whoever paid later before is no better a payer."""

CLIENT = "comp_aux_num"
ADDED = "attribut_"
PAST = "passe_"


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


class _Encoder(Struct):
    """From a frame's columns to numbers: variables as they are, categories as 0 and 1 each."""

    numbers: list[str]
    categories: dict[str, list[str]]
    clients: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "_Encoder":
        """Find the columns to learn from: those of every ledger, and a table's own."""
        numbers, categories = list(columns), {}
        for name in (name for name in map(str, frame.columns) if name.startswith((PAST, ADDED))):
            if pd.api.types.is_numeric_dtype(frame[name]):
                numbers.append(name)
            else:
                counts = frame[name].dropna().astype("str").value_counts()
                ordered = sorted(counts.index, key=lambda value: (-int(counts[value]), value))
                categories[name] = ordered[:MOST_CATEGORIES]
        counts = frame["client"].astype("str").value_counts() if "client" in frame.columns else {}
        ordered = sorted((-int(count), str(name)) for name, count in counts.items() if count >= MIN_OF_CLIENT)
        return cls(numbers, categories, [name for _, name in ordered[:MOST_CLIENTS]])

    def owners(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return the place of each row's client in `clients`, -1 for others, shape (n,)."""
        if "client" not in frame.columns:
            return np.full(len(frame), -1, dtype=np.int64)
        places = {name: place for place, name in enumerate(self.clients)}
        return np.array([places.get(str(name), -1) for name in frame["client"]], dtype=np.int64)

    def rows(self, frame: pd.DataFrame) -> "_Rows":
        """Return all that is learnt from."""
        return _Rows(self.matrix(frame), self.owners(frame))

    @property
    def names(self) -> list[str]:
        """The columns of the matrix."""
        return [*self.numbers, *(f"{name}={value}" for name, values in self.categories.items() for value in values)]

    @property
    def attributes(self) -> list[str]:
        """The accounting attribute of each column of the matrix."""
        of = {variable: attribute for attribute, variables in ATTRIBUTS.items() for variable in variables}
        found = [of.get(name, name.removeprefix(PAST).removeprefix(ADDED)) for name in self.numbers]
        return found + [name.removeprefix(ADDED) for name, values in self.categories.items() for _ in values]

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """Return the rows as numbers, shape (n, len(names)); NaN where something is unknown."""
        columns = [
            frame[name].to_numpy(dtype=np.float64) if name in frame.columns else np.full(len(frame), np.nan)
            for name in self.numbers
        ]
        for name, values in self.categories.items():
            here = frame[name].astype("str") if name in frame.columns else pd.Series([""] * len(frame))
            columns += [(here == value).to_numpy(dtype=np.float64) for value in values]
        matrix: Floats = np.column_stack(columns)
        return matrix


class _Rows(Struct):
    """Rows as numbers: variables, shape (n, k), and the place of the client, shape (n,)."""

    x: Floats
    owner: NDArray[np.int64]

    def part(self, rows: slice) -> "_Rows":
        """Return a stretch of the rows."""
        return _Rows(self.x[rows], self.owner[rows])


class _Base(Struct):
    """A logistic regression over standardised variables, a missing one at its median: what the trees start from."""

    median: Floats
    mean: Floats
    scale: Floats
    weights: Floats
    clients: Floats
    """The terms of the clients, and 0 for all others."""
    intercept: float

    @classmethod
    def fit(cls, rows: _Rows, y: Floats, strength: float | None, clients: int = 0) -> "_Base":
        """Fit with an inverse penalty, and the terms of so many clients; without a strength, the rate alone."""
        x = rows.x
        known = ~np.isnan(x)
        median = np.array([np.median(x[k, j]) if (k := known[:, j]).any() else 0.0 for j in range(x.shape[1])])
        filled = np.where(known, x, median)
        mean, scale = filled.mean(axis=0), filled.std(axis=0)
        scale[scale < 1e-9] = np.inf
        if strength is None:
            rate = float(y.mean())
            return cls(median, mean, scale, np.zeros(x.shape[1]), np.zeros(1), float(np.log(rate / (1 - rate))))
        own = (rows.owner[:, None] == np.arange(clients)) * CLIENT_SCALE
        fitted = LogisticRegression(C=strength, max_iter=1000).fit(np.hstack([(filled - mean) / scale, own]), y)
        weights = fitted.coef_[0].astype(np.float64)
        terms = np.append(weights[x.shape[1] :] * CLIENT_SCALE, 0.0)
        return cls(median, mean, scale, weights[: x.shape[1]], terms, float(fitted.intercept_[0]))

    def parts(self, rows: _Rows) -> Floats:
        """Return what each variable adds to the log-odds of the mean row, shape (n, k)."""
        x = rows.x
        parts: Floats = (np.where(np.isnan(x), self.median, x) - self.mean) / self.scale * self.weights
        return parts

    def terms(self, rows: _Rows) -> Floats:
        """Return what each row's client adds, shape (n,)."""
        last = len(self.clients) - 1
        terms: Floats = self.clients[np.where((rows.owner < 0) | (rows.owner >= last), last, rows.owner)]
        return terms

    def margin(self, rows: _Rows) -> Floats:
        """Return the log-odds."""
        return self.parts(rows).sum(axis=1) + self.terms(rows) + self.intercept


class _Learnt(Struct):
    encoder: _Encoder
    base: _Base
    trees: bytes
    slope: float
    intercept: float
    importance: dict[str, float]


class XGBoostService(BaseMLService):
    """The probability that an invoice is paid late, from how its client and all clients have paid before.

    Boosted trees that start from a regularised logistic regression over the same variables and correct it: on the few
    hundred invoices of a small company most of what can be known is a sum of habits, which trees approximate badly,
    and the trees add where it is not. Columns named ``attribut_*`` (known of the invoice) and ``passe_*`` (how the
    client's earlier invoices differ in it) are learnt from as well.

    Good for companies whose clients have habits. It fails where there are none (then it says the company's rate for
    everybody), for a client's first invoices, and when a client's situation changes from one day to the next.

    `predict` returns `probabilite`, calibrated, and `classe`: FAIBLE below `seuil_moyen` (0.25), ELEVE from
    `seuil_eleve` (0.5) on, MOYEN between. `explain` is on the scale of the log-odds of `probabilite`: exact TreeSHAP
    of the trees plus the regression's parts against the mean row, both times the slope of the calibration.

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
    gate: ClassVar[Gate] = Gate("auc", margin=-0.01, min_rows=50)
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
        encoder = _Encoder.of(rows, self.columns)
        x = encoder.rows(rows)
        strength, clients, rounds, slope, intercept = self._validate(encoder, x, y, progress)
        base = _Base.fit(x, y, strength, clients)
        trees = self._boost(encoder, x, y, base, rounds)
        progress(0.95)
        self._trees = trees
        self._learnt = _Learnt(encoder, base, bytes(trees.save_raw("ubj")), slope, intercept, {})
        self._learnt.importance = self._importance(rows)
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
            `auc` (0.5 where all have the same outcome: then it tells nothing), `ece` (10 bins of equal mass, see
            `expected_calibration_error`), `brier`, `log_loss`, `base_rate`, `rows`.
        """
        y = self.checked(donnees, label=True)[self.label].to_numpy(dtype=np.float64)
        p = self.predict(donnees)["probabilite"].to_numpy()
        if not len(y):
            return {"auc": 0.5, "rows": 0.0}
        cut = np.clip(p, 1e-9, 1 - 1e-9)
        return {
            "auc": float(roc_auc_score(y, p)) if 0 < y.mean() < 1 else 0.5,
            "ece": expected_calibration_error(p, y),
            "brier": float(np.mean((p - y) ** 2)),
            "log_loss": float(-np.mean(y * np.log(cut) + (1 - y) * np.log(1 - cut))),
            "base_rate": float(y.mean()),
            "rows": float(len(y)),
        }

    def feature_importance(self) -> dict[str, float]:
        """Return the mean size of each accounting attribute's SHAP values over the rows that were learnt from."""
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
        constant = learnt.slope * (float(np.mean(found[:, -1] - start)) + base.intercept) + learnt.intercept
        of = np.array(encoder.attributes)
        values = {name: parts[:, of == name].sum(axis=1) for name in attributes}
        values[CLIENT] = values[CLIENT] + base.terms(x) * learnt.slope
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
        self, encoder: _Encoder, x: _Rows, y: Floats, progress: Progress
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
            base = _Base.fit(x.part(before), y[before], strength, clients)
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
        self, x: _Rows, y: Floats, folds: Sequence[tuple[slice, slice]], clients: int
    ) -> tuple[float | None, int]:
        """Return the strength with the least loss on later rows, and for how many clients a term of their own helps."""
        if not self.parametres.base:
            return None, 0

        def loss(choice: tuple[float | None, int]) -> float:
            margin = np.concatenate(
                [_Base.fit(x.part(before), y[before], *choice).margin(x.part(after)) for before, after in folds]
            )
            label = np.concatenate([y[after] for _, after in folds])
            return float(np.logaddexp(0.0, margin).sum() - label @ margin)

        best = min(((strength, 0) for strength in BASE_STRENGTHS), key=loss)
        return min((best, (best[0], clients)), key=loss) if clients else best

    def _boost(
        self, encoder: _Encoder, x: _Rows, y: Floats, base: _Base, rounds: int,
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


def _dmatrix(rows: _Rows, base: _Base, y: Floats | None = None) -> xgb.DMatrix:
    return xgb.DMatrix(rows.x, label=y, base_margin=base.margin(rows), nthread=1)


def _margin(trees: xgb.Booster, rows: _Rows, base: _Base) -> Floats:
    margin: Floats = trees.predict(_dmatrix(rows, base), output_margin=True).astype(np.float64)
    return margin
