"""How late an invoice is to be expected, by a model of clients' habits: what a small company's few invoices allow."""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.special import logit, ndtr

__all__ = ["Expected"]

Floats = NDArray[np.float64]

FIRST = ("ecart_moyen", "confiance", "part_litiges")
KNOWN = "attribut_litige"
LONGEST = 60.0
"""Days late, or early, beyond which a payment tells no more of the habit."""

MIN_ROWS = 50
"""Invoices of clients with several below which the effects of attributes are chance."""

MOST_ATTRIBUTES = 6
"""Attributes whose effect is estimated: explanations look at each combination of them."""

PRIOR_ROWS = 3.0
SURE = 0.005
"""How close to certain the expectation gets: the tails of payments are longer than a normal distribution's."""


class Expected(Struct):
    """The log-odds that an invoice is late, from the days that its client usually takes.

    Days late are the client's mean, plus an effect of each two-valued attribute and of a dispute, plus noise. Effects
    are estimated within clients, so that a client that always gets paper does not make paper late; the client's mean is
    freed of them, and a dispute that is not known yet counts with the client's share of disputes. Good where few
    payments a client are known, and a rate of late ones loses what the days say. It fails where days late are far from
    normal: the regression above it then gives it no weight.

    Attributes
    ----------
    columns : list of str
        What it is made from.
    effects : ndarray
        Days by which a dispute, then each attribute, makes an invoice later.
    """

    columns: list[str]
    names: list[str]
    known: bool
    effects: Floats
    shift: Floats
    spread: Floats
    disputes: float
    limit: float
    reference: Floats

    @classmethod
    def fit(
        cls, names: Sequence[str], x: Floats, owner: NDArray[np.int64], days: Floats, disputed: Floats, late: Floats
    ) -> "Expected | None":
        """Learn from invoices; None where there are too few of clients with several.

        Parameters
        ----------
        names : sequence of str
            Columns of `x`, shape (n, k).
        owner : ndarray, shape (n,)
            Number of the client; below 0, one with few invoices.
        days, disputed, late : ndarray, shape (n,)
            What became of the invoices.
        """
        several = owner >= 0
        if several.sum() < MIN_ROWS or not (late == 0).any():
            return None
        pairs = [name.removeprefix("passe_") for name in names if name.startswith("passe_") and name != "passe_litige"]
        pairs = [name for name in pairs if f"attribut_{name}" in names][:MOST_ATTRIBUTES]
        known = KNOWN in names
        columns = [*FIRST, *([KNOWN] if known else []), *(f"{kind}_{name}" for name in pairs for kind in _KINDS)]
        y = np.clip(days, -LONGEST, LONGEST)
        model = cls(columns, pairs, known, np.zeros(1 + len(pairs)), np.zeros(2 + len(pairs)), np.array([1.0, 0.0]),
                    float(disputed.mean()), float(y[late == 0].max()) + 0.5, np.zeros(len(columns)))  # fmt: skip
        z = np.nan_to_num(model.select(names, x))
        model.reference = z.mean(axis=0)
        causes = np.column_stack([disputed, *(model.of(z, f"attribut_{name}") for name in pairs)])[several]
        within, target = _within(causes, owner[several]), _within(y[several, None], owner[several])[:, 0]
        model.effects = _solve(within, target, PRIOR_ROWS)
        rest = y - model.effects[0] * disputed - model.offset(z)
        model.shift = _solve(model.beginning(z), rest, 1.0)
        noise = (rest - model.beginning(z) @ model.shift) ** 2
        model.spread = _solve(np.column_stack([np.ones(len(z)), 1 - model.of(z, "confiance")]), noise, 1.0)
        return model

    def select(self, names: Sequence[str], x: Floats) -> Floats:
        """Return the columns that it is made from, shape (n, len(columns))."""
        selected: Floats = x[:, [list(names).index(name) for name in self.columns]]
        return selected

    def of(self, z: Floats, name: str) -> Floats:
        """Return one of the columns."""
        column: Floats = z[:, self.columns.index(name)]
        return column

    def offset(self, z: Floats) -> Floats:
        """Return the client's mean days late, freed of earlier disputes and set to this invoice's attributes."""
        days: Floats = self.of(z, "ecart_moyen") - self.effects[0] * self.of(z, "part_litiges")
        for effect, name in zip(self.effects[1:], self.names, strict=True):
            days = days - effect * self.of(z, f"passe_{name}")
        return days

    def beginning(self, z: Floats) -> Floats:
        """Return what the mean of a client without history is corrected by."""
        new = 1 - self.of(z, "confiance")
        attributes = (new * self.of(z, f"attribut_{name}") for name in self.names)
        columns: Floats = np.column_stack([np.ones(len(z)), new, *attributes])
        return columns

    def odds(self, z: Floats) -> Floats:
        """Return the log-odds of being late, shape (n,), of the selected columns."""
        z = np.where(np.isnan(z), self.reference, z)
        days = self.offset(z) + self.beginning(z) @ self.shift - self.limit
        new = 1 - self.of(z, "confiance")
        spread = np.sqrt(np.maximum(self.spread[0] + self.spread[1] * new, 1.0))
        share = self.of(z, KNOWN) if self.known else self.of(z, "part_litiges") + new * self.disputes
        share = np.clip(share, 0.0, 1.0)
        late = (1 - share) * ndtr(days / spread) + share * ndtr((days + self.effects[0]) / spread)
        odds: Floats = logit(np.clip(late, SURE, 1 - SURE))
        return odds

    def parts(self, z: Floats) -> dict[str, Floats]:
        """Return the exact Shapley values of the log-odds against the mean row, by the kind of column.

        Keys are ``reglements``, ``litiges``, ``litige`` and the attributes. All combinations are looked at, 512 at
        most.
        """
        groups = {
            "reglements": ["ecart_moyen", "confiance"],
            "litiges": ["part_litiges"],
            **({"litige": [KNOWN]} if self.known else {}),
            **{name: [f"{kind}_{name}" for kind in _KINDS] for name in self.names},
        }
        members = [[self.columns.index(name) for name in names] for names in groups.values()]
        count = len(groups)
        value: dict[frozenset[int], Floats] = {}
        for size in range(count + 1):
            for chosen in itertools.combinations(range(count), size):
                mixed = np.tile(self.reference, (len(z), 1))
                for group in chosen:
                    mixed[:, members[group]] = z[:, members[group]]
                value[frozenset(chosen)] = self.odds(mixed)
        found = {}
        for group, name in enumerate(groups):
            total = np.zeros(len(z))
            for others, odds in value.items():
                if group not in others:
                    weight = math.factorial(len(others)) * math.factorial(count - len(others) - 1)
                    total += weight / math.factorial(count) * (value[others | {group}] - odds)
            found[name] = total
        return found


_KINDS = ("passe", "attribut")


def _within(values: Floats, owner: NDArray[np.int64]) -> Floats:
    """Return the differences to the mean of each client."""
    count = np.bincount(owner).astype(np.float64)
    sums = np.column_stack([np.bincount(owner, weights=column) for column in values.T])
    means = sums / np.maximum(count, 1.0)[:, None]
    differences: Floats = values - means[owner]
    return differences


def _solve(a: Floats, b: Floats, prior: float) -> Floats:
    """Return least squares with a little shrinkage, `prior` rows' worth."""
    solution: Floats = np.linalg.solve(a.T @ a + prior * np.eye(a.shape[1]), a.T @ b).astype(np.float64)
    return solution
