"""The regression that the trees of client risk start from, and the numbers that both learn from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from msgspec import Struct
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from wisebook_ml.services.expected import Expected

__all__ = ["ATTRIBUTS", "CLIENT", "Base", "Encoder", "Rows"]

Floats = NDArray[np.float64]

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

EXPECTED_SCALE = 10.0
"""How much freer the expectation's weight is than a variable's: it has been fitted to the same days already."""

OUTCOMES = ("jours_retard", "litige")
"""Columns of the rows to learn from that tell more of what became of an invoice; without them nothing is expected."""

CLIENT = "comp_aux_num"
ADDED = "attribut_"
PAST = "passe_"


class Encoder(Struct):
    """From a frame's columns to numbers: variables as they are, categories as 0 and 1 each."""

    numbers: list[str]
    categories: dict[str, list[str]]
    clients: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame, columns: Sequence[str]) -> "Encoder":
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

    def rows(self, frame: pd.DataFrame, *, outcomes: bool = False) -> "Rows":
        """Return all that is learnt from."""
        found = None
        if outcomes and all(name in frame.columns for name in OUTCOMES):
            found = frame[list(OUTCOMES)].to_numpy(dtype=np.float64)
        return Rows(self.names, self.matrix(frame), self.owners(frame), found)

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


class Rows(Struct):
    """Rows as numbers: variables, shape (n, k), the place of the client, shape (n,), and perhaps `OUTCOMES`."""

    names: list[str]
    x: Floats
    owner: NDArray[np.int64]
    outcomes: Floats | None = None

    def part(self, rows: slice) -> "Rows":
        """Return a stretch of the rows."""
        outcomes = None if self.outcomes is None else self.outcomes[rows]
        return Rows(self.names, self.x[rows], self.owner[rows], outcomes)


class Base(Struct):
    """A logistic regression over standardised variables, a missing one at its median: what the trees start from."""

    median: Floats
    mean: Floats
    scale: Floats
    weights: Floats
    clients: Floats
    """The terms of the clients, and 0 for all others."""
    intercept: float
    expected: Expected | None = None
    slope: float = 0.0
    """Weight of the log-odds that are expected."""

    @classmethod
    def fit(cls, rows: Rows, y: Floats, strength: float | None, clients: int = 0) -> "Base":
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
        expected, odds = _expected(rows, y)
        center, width = float(odds.mean()), max(float(odds.std()), 1e-9)
        guess = ((odds - center) / width * EXPECTED_SCALE)[:, None]
        columns = np.hstack([(filled - mean) / scale, own, guess])
        fitted = LogisticRegression(C=strength, max_iter=1000).fit(columns, y)
        weights = fitted.coef_[0].astype(np.float64)
        terms = np.append(weights[x.shape[1] : -1] * CLIENT_SCALE, 0.0)
        slope = float(weights[-1]) * EXPECTED_SCALE / width if expected else 0.0
        intercept = float(fitted.intercept_[0]) - slope * center
        return cls(median, mean, scale, weights[: x.shape[1]], terms, intercept, expected, slope)

    def parts(self, rows: Rows) -> Floats:
        """Return what each variable adds to the log-odds of the mean row, shape (n, k)."""
        x = rows.x
        parts: Floats = (np.where(np.isnan(x), self.median, x) - self.mean) / self.scale * self.weights
        return parts

    def terms(self, rows: Rows) -> Floats:
        """Return what each row's client adds, shape (n,)."""
        last = len(self.clients) - 1
        terms: Floats = self.clients[np.where((rows.owner < 0) | (rows.owner >= last), last, rows.owner)]
        return terms

    def margin(self, rows: Rows) -> Floats:
        """Return the log-odds."""
        margin: Floats = self.parts(rows).sum(axis=1) + self.terms(rows) + self.intercept
        if self.expected is not None:
            margin = margin + self.slope * self.expected.odds(self.expected.select(rows.names, rows.x))
        return margin


def _expected(rows: Rows, y: Floats) -> tuple[Expected | None, Floats]:
    """Return the expectation from the clients' days, and its log-odds of these rows."""
    expected = None
    if rows.outcomes is not None:
        expected = Expected.fit(rows.names, rows.x, rows.owner, rows.outcomes[:, 0], rows.outcomes[:, 1], y)
    if expected is None:
        return None, np.zeros(len(y))
    return expected, expected.odds(expected.select(rows.names, rows.x))
