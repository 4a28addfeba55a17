"""Segments of third parties: whether DBSCAN finds behaviours that are known, from the entries on."""

import numpy as np
import pandas as pd
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from bench.evaluate import Evaluation
from bench.evaluate.behaviours import make_ledger
from bench.results import line_of
from wisebook_ml.datasets.behaviour import MEASURES
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.datasets.third_parties import third_party_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.dbscan import DBSCANService

__all__ = ["run"]

SEEDS = 5
BLURS = (0.7, 1.0, 1.3)
"""How much third parties of one behaviour differ (see `make_ledger`): from easily told apart to overlapping."""

MONTHS = 18
TARGET = 0.8


def run(evaluation: Evaluation) -> None:
    """Measure the adjusted Rand index on companies of five behaviours, with one third party in twenty unlike any."""
    scores: dict[str, list[float]] = {"all": [], "later": [], "plain": []}
    by_blur: dict[float, list[float]] = {blur: [] for blur in BLURS}
    for blur in BLURS:
        for place in range(SEEDS):
            entries, truth = make_ledger(evaluation.seed + place, blur=blur, months=MONTHS)
            frame = third_party_frame(Collected(entries=entries))
            labels = frame["tiers"].map(truth)
            found = DBSCANService(seed=evaluation.seed).fit(frame).predict(frame)["segment"]
            by_blur[blur].append(adjusted_rand_score(labels, found))
            scores["later"].append(_later(frame, labels, evaluation.seed))
            scores["plain"].append(adjusted_rand_score(labels, _plain(frame)))
    scores["all"] = [score for found in by_blur.values() for score in found]
    add = evaluation.results.add
    companies = len(scores["all"])
    add(line_of("segments.ari", float(np.mean(scores["all"])), "ARI", at_least=TARGET, companies=companies))
    add(line_of("segments.ari.worst", min(scores["all"]), "ARI", at_least=TARGET, companies=companies))
    for blur, found in by_blur.items():
        add(line_of(f"segments.ari.blur_{blur:g}", float(np.mean(found)), "ARI", worst=min(found)))
    add(line_of("segments.ari.new_third_parties", float(np.mean(scores["later"])), "ARI", worst=min(scores["later"])))
    add(line_of("segments.ari.plain_dbscan", float(np.mean(scores["plain"])), "ARI", best=max(scores["plain"])))
    _ordinary(evaluation)


def _later(frame: pd.DataFrame, labels: pd.Series, seed: int) -> float:
    """Return the index of third parties that came after those that segments were learnt from."""
    before, after, _ = split_by_date(frame)
    found = DBSCANService(seed=seed).fit(before).predict(after)["segment"]
    return float(adjusted_rand_score(labels.loc[after.index], found))


def _plain(frame: pd.DataFrame) -> np.ndarray:
    """Return what scikit-learn's defaults make of standardised measures."""
    values = frame[list(MEASURES)]
    labels: np.ndarray = DBSCAN().fit_predict(StandardScaler().fit_transform(values.fillna(values.median())))
    return labels


def _ordinary(evaluation: Evaluation) -> None:
    """Say what is found in a generated ledger, whose third parties have no planted behaviours."""
    entries = generate_ledger(entries=10_000, seed=evaluation.seed, years=2).events
    frame = third_party_frame(Collected(entries=entries))
    metrics = DBSCANService(seed=evaluation.seed).fit(frame).evaluate(frame)
    evaluation.results.add(
        line_of(
            "segments.generated_ledger.outliers",
            metrics["bruit"],
            "share",
            third_parties=len(frame),
            segments=int(metrics["segments"]),
            silhouette=metrics["silhouette"],
        )
    )
