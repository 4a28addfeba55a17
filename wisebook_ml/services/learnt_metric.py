"""The metric in which third parties alike are at distance one: scales, error of measures, directions that tell most.

References
----------
Art, Gnanadesikan and Kettenring, Data-based metrics for cluster analysis, Utilitas Mathematica 21A, 1982.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.neighbors import NearestNeighbors

__all__ = ["NOISE", "NOISE_SHARE", "directions", "learnt_metric", "medians_of", "scaled"]

Floats = npt.NDArray[np.float64]

LOGS = {
    "intervalle": 0.0,
    "montant": 0.0,
    "irregularite": 0.1,
    "dispersion": 0.1,
    "delai_dispersion": 1.0,
}
"""Measures taken by their logarithm, and what is added before; it keeps those that may be zero from minus infinity."""

SHARES = (
    "part_ronds",
    "part_avoirs",
    "part_regle",
    "concentration_semaine",
    "concentration_mois",
    "part_fin_de_mois",
)
"""Measures in [0, 1], taken by the arcsine of their root: so a share's error does not depend on the share."""

ROOTS = ("delai",)
"""Measures taken by their root: between the linear scale, on which late payers are all unlike each other, and the
logarithm, on which paying at 60 days is nearly the same as at 30."""

NOISE = {
    "intervalle": 0.1,
    "montant": 0.15,
    "irregularite": 0.15,
    "dispersion": 0.15,
    "delai_dispersion": 0.2,
    "part_ronds": 0.1,
    "part_avoirs": 0.1,
    "part_regle": 0.15,
    "concentration_semaine": 0.2,
    "concentration_mois": 0.2,
    "part_fin_de_mois": 0.15,
    "delai": 0.3,
}
"""Differences, on the scales above, that mean nothing: about the error of each measure with twenty invoices. They keep
a measure that hardly varies (no credit notes but one) from being blown up until it decides everything."""

NOISE_SHARE = 0.25
"""How much of the variance of `NOISE` is added to what third parties alike differ by: half of its deviation."""

NEIGHBOURS = 5
ROUNDS = 10
TRIM = 0.7
"""How third parties alike are found: the five nearest, ten times anew in the metric that follows from them, of these
pairs the nearest 70 % (the others may well join different segments)."""

OUTLYING = 0.9
"""Quantile of the distance from the centre beyond which rows are pulled in before directions are chosen, so that a few
odd ones do not choose them."""


def _transformed(rows: pd.DataFrame) -> Floats:
    """Return the measures on scales where their errors are alike, in the order of `NOISE`; NaN where unknown."""
    values = rows[list(NOISE)].astype("float64")
    columns = []
    for name in NOISE:
        value = values[name].to_numpy()
        if name in LOGS:
            columns.append(np.log(np.maximum(value, 0.01) + LOGS[name]))
        elif name in SHARES:
            columns.append(np.arcsin(np.sqrt(np.clip(value, 0.0, 1.0))))
        else:
            columns.append(np.sqrt(np.maximum(value, 0.0)))
    return np.column_stack(columns)


def medians_of(rows: pd.DataFrame) -> Floats:
    """Return the medians of the measures, on their scales; 0 of one that is known of nobody."""
    values = pd.DataFrame(_transformed(rows))
    medians: Floats = values.median().fillna(0.0).to_numpy(dtype=np.float64)
    return medians


def scaled(rows: pd.DataFrame, medians: Floats) -> Floats:
    """Return the transformed measures around their medians, which stand for what is unknown."""
    values = _transformed(rows) - medians
    return np.where(np.isnan(values), 0.0, values)


def learnt_metric(scaled: Floats) -> Floats:
    """Return the matrix that takes rows to where third parties alike differ by one in every direction."""
    floor = np.array(list(NOISE.values()))
    low, high = np.percentile(scaled, [10, 90], axis=0)
    within: Floats = np.diag(np.maximum((high - low) / 2.56, floor) ** 2)
    count = min(NEIGHBOURS + 1, len(scaled))
    for _ in range(ROUNDS):
        points = scaled @ np.linalg.cholesky(np.linalg.inv(within))
        distance, neighbour = NearestNeighbors(n_neighbors=count).fit(points).kneighbors(points)
        near = distance[:, 1:] <= np.quantile(distance[:, 1:], TRIM)
        difference = np.repeat(scaled, count - 1, axis=0)[near.ravel()] - scaled[neighbour[:, 1:][near]]
        pooled = difference.T @ difference / (2 * len(difference))
        within = np.asarray(pooled + np.diag(floor**2) * NOISE_SHARE, dtype=np.float64)
    metric: Floats = np.linalg.cholesky(np.linalg.inv(within))
    return metric


def directions(scaled: Floats, metric: Floats, dimensions: int) -> Floats:
    """Return the projection to the directions along which third parties differ most in the learnt metric."""
    points = scaled @ metric
    centred = points - np.median(points, axis=0)
    length = np.linalg.norm(centred, axis=1)
    pulled = centred * np.minimum(1.0, np.quantile(length, OUTLYING) / np.maximum(length, 1e-9))[:, None]
    values, vectors = np.linalg.eigh(pulled.T @ pulled / len(pulled))
    chosen = vectors[:, np.argsort(-values, kind="stable")[:dimensions]]
    # The sign of an eigenvector is the library's choice.
    chosen = chosen * np.where(chosen[np.abs(chosen).argmax(axis=0), np.arange(chosen.shape[1])] < 0, -1.0, 1.0)
    projection: Floats = metric @ chosen
    return projection
