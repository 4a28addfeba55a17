"""DBSCAN: segments of third parties by their behaviour; what fits none is an outlier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from msgspec import Meta
from sklearn.cluster import DBSCAN
from sklearn.metrics import silhouette_samples
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from schemas import TypeModele
from wisebook_ml.services.base import BaseMLService, Gate, NotDefined, NotEnoughData, NotFitted, Progress, no_progress
from wisebook_ml.services.learnt_metric import NOISE, NOISE_SHARE, directions, learnt_metric, medians_of, scaled
from wisebook_ml.services.parameters import Parameters

__all__ = ["ATYPICAL", "DBSCANParameters", "DBSCANService"]

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

ATYPICAL = "ATYPIQUE"
"""Class of a third party that fits no segment."""

SIDES = (1.0, 0.0)
"""Clients, suppliers. A segment is of one side: how clients pay us, and how we pay, are different behaviours."""

MIN_ROWS = 20
"""Third parties below which density says nothing: two segments of twice `min_samples`."""

QUANTILES = np.arange(0.5, 1.0, 0.02)
"""Quantiles of the k-distance that are tried as `eps`."""

SATURATION = 5.0
"""Median k-distances beyond which two third parties are simply different when partitions are compared: otherwise one
segment far away makes all others look like one."""

NO_STRUCTURE = 0.45
"""Silhouette below which a side is one segment: below it, structure is weak and could be artificial (Kaufman and
Rousseeuw); single behaviours with a few odd ones among them reach 0.43."""

AS_CLEAR = 0.02
"""How much less clear a partition into as many segments may be that places more rows: the edge of a segment belongs to
it, though a silhouette is better without."""

SAMPLE = 2_000
"""Rows that a silhouette is taken from: it compares all with all."""

FARTHEST = 1_000.0
"""Largest distance that `predict` returns; also that of a side without segments."""


class DBSCANParameters(Parameters, frozen=True, kw_only=True):
    """Parameters of `DBSCANService`.

    `eps` is in the learnt metric, where 1 is about what third parties alike differ by; without it, it is chosen.
    """

    eps: Annotated[float, Meta(gt=0, le=100)] | None = None
    min_samples: Annotated[int, Meta(ge=2, le=100)] = 5
    metric: Literal["euclidean", "manhattan", "chebyshev"] = "euclidean"
    dimensions: Annotated[int, Meta(ge=1, le=len(NOISE))] = 5


@dataclass(slots=True)
class _Side:
    """What was learnt of one side; arrays only, so that an artefact holds no scikit-learn object."""

    medians: Floats
    projection: Floats
    eps: float
    cores: Floats
    segments: Labels


class DBSCANService(BaseMLService):
    """Segments of third parties that behave alike, and those that behave like no other.

    Clients and suppliers are segmented apart. Measures are brought to scales on which errors are alike; then the metric
    is learnt in which third parties alike are at distance one in every direction (Art, Gnanadesikan and Kettenring:
    the covariance of differences between nearest neighbours, in turns), and the directions are kept along which third
    parties differ most in this metric. This is what makes DBSCAN work here: on standardised measures, a dozen of which
    tell nothing about a given company, all third parties are equally far from each other.

    `eps`, unless given, is the quantile of the k-distance (of which people otherwise look for the elbow) whose
    partition has the best silhouette times the share of rows that it places. Nothing is random.

    Good for behaviours that differ in rhythm, amounts, regularity, delay, credit notes or round amounts, without
    knowing how many there are. Fails where behaviours shade into each other (everything is one segment, which is then
    the truth), for behaviours of fewer than `min_samples` third parties (they are outliers), and for third parties
    with a handful of invoices, whose measures are mostly error.

    `evaluate` measures in the version's own metric: silhouettes of two versions compare how clearly each separates
    *its* segments, not whether these are the same.

    Parameters
    ----------
    parametres : mapping, optional
        See `DBSCANParameters`.
    seed : int
        Unused; the algorithm is deterministic.

    References
    ----------
    Ester, Kriegel, Sander and Xu, A density-based algorithm for discovering clusters, KDD 1996.
    Art, Gnanadesikan and Kettenring, Data-based metrics for cluster analysis, Utilitas Mathematica 21A, 1982.
    Kaufman and Rousseeuw, Finding Groups in Data, 1990 (silhouette).
    """

    type_modele = TypeModele.DBSCAN
    parameters = DBSCANParameters
    columns: ClassVar[Sequence[str]] = ("client", *NOISE)
    gate = Gate(metric="silhouette_ponderee", margin=-0.05, min_rows=10)

    parametres: DBSCANParameters

    def __init__(self, parametres: Mapping[str, object] | None = None, **options: Any) -> None:
        super().__init__(parametres, **options)
        self._sides: dict[float, _Side] | None = None
        self._profiles: list[dict[str, float]] = []

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn the segments of third parties (rows); see `wisebook_ml.datasets.third_parties` for the columns."""
        donnees = self.checked(donnees)
        if len(donnees) < MIN_ROWS:
            raise NotEnoughData(f"needs {MIN_ROWS} third parties with invoices and payments, has {len(donnees)}")
        sides: dict[float, _Side] = {}
        self._profiles = []
        first = 0
        for place, client in enumerate(SIDES):
            rows = donnees[donnees["client"] == client]
            if len(rows) >= 2 * self.parametres.min_samples:
                side, labels = self._segments(rows, first)
                sides[client] = side
                self._profile(rows, labels)
                first = max(first, int(labels.max()) + 1)
            progress((place + 1) / len(SIDES))
        if not sides:
            raise NotEnoughData(
                f"needs {2 * self.parametres.min_samples} clients or as many suppliers, has "
                f"{int((donnees['client'] == 1).sum())} and {int((donnees['client'] == 0).sum())}"
            )
        self._sides = sides
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return the segment of each third party: that of the nearest core sample within `eps`.

        Returns
        -------
        DataFrame
            `segment` (from 0; -1 for an outlier), `distance` to the nearest core sample in units of `eps` (at most 1
            in a segment; 1,000 at most), and `classe`: ``SEGMENT_1`` for segment 0, or ``ATYPIQUE``.
        """
        sides = self._fitted()
        donnees = self.checked(donnees)
        segments = np.full(len(donnees), -1, dtype=np.int64)
        distances = np.full(len(donnees), FARTHEST)
        for client, side in sides.items():
            place = np.flatnonzero(donnees["client"].to_numpy(dtype=np.float64) == client)
            if len(place) and len(side.cores):
                near, distance = self._nearest(side, scaled(donnees.iloc[place], side.medians) @ side.projection)
                segments[place] = np.where(distance <= 1.0, near, -1)
                distances[place] = np.minimum(distance, FARTHEST)
        names = [f"SEGMENT_{segment + 1}" if segment >= 0 else ATYPICAL for segment in segments]
        return pd.DataFrame({"segment": segments, "distance": distances, "classe": names}, index=donnees.index)

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return how clearly new third parties fall into the segments.

        Returns
        -------
        dict of str to float
            `silhouette` of the rows that are in a segment (0 with one segment), `bruit` the share of those that are
            in none, `silhouette_ponderee` their product with what is placed, which the gate looks at, since a version
            could otherwise win by calling most third parties outliers; `segments` and `rows`, numbers.
        """
        sides = self._fitted()
        found = self.predict(donnees)
        labels = found["segment"].to_numpy()
        total = placed = 0.0
        for client, side in sides.items():
            place = np.flatnonzero((donnees["client"].to_numpy(dtype=np.float64) == client) & (labels >= 0))
            if len(place):
                points = scaled(donnees.iloc[place], side.medians) @ side.projection
                total += _silhouette(points, labels[place], side.eps) * len(place)
                placed += len(place)
        silhouette = total / placed if placed else 0.0
        share = placed / len(donnees) if len(donnees) else 0.0
        return {
            "silhouette": silhouette,
            "silhouette_ponderee": silhouette * share,
            "bruit": 1.0 - share,
            "segments": float(sum(len(np.unique(side.segments)) for side in sides.values())),
            "rows": float(len(donnees)),
        }

    def profiles(self) -> pd.DataFrame:
        """Return the medians of each segment's measures, and how many third parties it had (`tiers`)."""
        self._fitted()
        return pd.DataFrame(self._profiles)

    def feature_importance(self) -> dict[str, float]:
        """Not defined: segments predict nothing that a measure could be important for."""
        raise NotDefined(
            "DBSCAN has no feature importance: it predicts no outcome that a measure could be important for; "
            "the medians of each segment (`profiles`) say how segments differ"
        )

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Not defined: being near a core sample is no sum of what measures add."""
        raise NotDefined(
            "SHAP values are not defined for DBSCAN: being near a third party of a segment is no sum over measures; "
            "compare the third party with the medians of its segment (`profiles`)"
        )

    def state(self) -> object:
        """Return what was learnt of each side, as arrays."""
        sides = self._fitted()
        return {
            "profiles": self._profiles,
            "sides": {
                client: (side.medians, side.projection, side.eps, side.cores, side.segments)
                for client, side in sides.items()
            },
        }

    def restore(self, state: Any) -> None:
        """Take what `state` returned."""
        self._profiles = state["profiles"]
        self._sides = {client: _Side(*side) for client, side in state["sides"].items()}

    def _fitted(self) -> dict[float, _Side]:
        if self._sides is None:
            raise NotFitted("DBSCAN was neither fitted nor loaded")
        return self._sides

    def _segments(self, rows: pd.DataFrame, first: int) -> tuple[_Side, Labels]:
        """Segment the third parties of one side, numbered from `first`, the largest segment first."""
        medians = medians_of(rows)
        measures = scaled(rows, medians)
        projection = directions(measures, learnt_metric(measures), self.parametres.dimensions)
        points = measures @ projection
        eps = self.parametres.eps or self._choose(points)
        labels, cores = self._cluster(points, eps)
        labels = np.where(labels >= 0, labels + first, -1)
        return _Side(medians, projection, eps, points[cores], labels[cores]), labels

    def _cluster(self, points: Floats, eps: float) -> tuple[Labels, Labels]:
        """Return the labels at `eps`, the largest segment as 0, and the places of the core samples."""
        found = DBSCAN(eps=eps, min_samples=self.parametres.min_samples, metric=self.parametres.metric).fit(points)
        labels = found.labels_.astype(np.int64)
        sizes = np.bincount(labels[labels >= 0])
        rank = np.empty(len(sizes) + 1, dtype=np.int64)
        rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
        rank[-1] = -1
        return rank[labels], found.core_sample_indices_

    def _choose(self, points: Floats) -> float:
        """Return the `eps` of the clearest partition; of one segment where none is clear."""
        count = self.parametres.min_samples
        finder = NearestNeighbors(n_neighbors=count, metric=self.parametres.metric).fit(points)
        distances = finder.kneighbors(points)[0][:, -1]
        scale = max(float(np.median(distances)), NOISE_SHARE)
        tried = []
        for quantile in QUANTILES:
            eps = max(float(np.quantile(distances, quantile)), NOISE_SHARE)
            labels, _ = self._cluster(points, eps)
            placed = labels >= 0
            score = _silhouette(points[placed], labels[placed], scale) * float(placed.mean())
            tried.append((score, int(labels.max()) + 1, eps))
        best, segments, _ = max(tried)
        if best < NO_STRUCTURE:
            return max(float(np.quantile(distances, QUANTILES[-1])), NOISE_SHARE)
        return max(eps for score, count, eps in tried if count == segments and score >= best - AS_CLEAR)

    def _nearest(self, side: _Side, points: Floats) -> tuple[Labels, Floats]:
        """Return the segment of the nearest core sample, and the distance to it in units of eps."""
        finder = NearestNeighbors(n_neighbors=1, metric=self.parametres.metric).fit(side.cores)
        distance, place = finder.kneighbors(points)
        return side.segments[place[:, 0]], distance[:, 0] / side.eps

    def _profile(self, rows: pd.DataFrame, labels: Labels) -> None:
        """Note the medians of each segment."""
        for segment in np.unique(labels[labels >= 0]).tolist():
            members = rows[labels == segment]
            medians = members[list(self.columns)].median()
            self._profiles.append({"segment": segment, "tiers": len(members), **medians.to_dict()})


def _silhouette(points: Floats, labels: Labels, scale: float) -> float:
    """Return the mean silhouette with distances that saturate at a few times `scale`; 0 with one segment."""
    step = -(-len(points) // SAMPLE) or 1
    points, labels = points[::step], labels[::step]
    count = len(np.unique(labels))
    if count < 2 or count >= len(labels):
        return 0.0
    distances = 1.0 - np.exp(-((euclidean_distances(points) / (SATURATION * scale)) ** 2) / 2)
    np.fill_diagonal(distances, 0.0)
    return float(silhouette_samples(distances, labels, metric="precomputed").mean())
