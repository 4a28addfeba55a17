"""Baselines on the same entries: what one would try first, and the best of which has to be beaten."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.evaluate.detections.core import Scores
from bench.evaluate.detections.kinds import RULES
from schemas import Ecriture, to_minor
from wisebook_ml.controls import CONTROLS
from wisebook_ml.datasets.entries import CHUNK, EntryFeatures
from wisebook_ml.features import FEATURE_NAMES, scale
from wisebook_ml.models.half_space_trees import MASSES, WINDOW, grow_splits, hst_learn, hst_score

__all__ = ["PEERS", "peer_scores"]

Floats = npt.NDArray[np.float64]


def peer_scores(events: Sequence[Ecriture], seed: int) -> dict[str, Scores]:
    """Return what each peer makes of every revision: the higher, the more unusual.

    The features are those that scoring sees, each entry against the habits of its moment. ECOD, COPOD and the Isolation
    Forests learn from all first revisions at once, the later ones of the year too, which flatters them.
    """
    fold = EntryFeatures()
    frame = pd.concat([fold.take(list(events[k : k + CHUNK])) for k in range(0, len(events), CHUNK)], ignore_index=True)
    features = frame[list(FEATURE_NAMES)].to_numpy(np.float64)
    first = frame["premiere"].to_numpy()
    found = {
        "isolation forest": _isolated(features, first, seed),
        "ecod": _pyod("ECOD", features, first),
        "copod": _pyod("COPOD", features, first),
        "half-space trees": _streamed(scale(features), first, seed),
        "rules alone": _ruled(frame),
    }
    ids, revisions = frame["ecriture_id"].tolist(), frame["revision"].tolist()
    scores = {name: _by_entry(ids, revisions, values) for name, values in found.items()}
    plain = _plain(events)
    arrived = np.array([event.revision == 1 for event in events])
    scores["isolation forest, plain features"] = _by_entry(
        [event.ecriture_id for event in events],
        [event.revision for event in events],
        _isolated(plain, arrived, seed),
    )
    return scores


PEERS = (
    "isolation forest",
    "ecod",
    "copod",
    "half-space trees",
    "rules alone",
    "isolation forest, plain features",
)
"""Names, in the order of tables and pictures."""


def _by_entry(ids: Sequence[str], revisions: Sequence[int], values: Floats) -> Scores:
    scores: Scores = {}
    for ecriture_id, revision, value in zip(ids, revisions, values.tolist(), strict=True):
        scores.setdefault(ecriture_id, []).append((revision, value))
    return scores


def _isolated(rows: Floats, first: Any, seed: int) -> Floats:
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=100, random_state=seed).fit(rows[first])
    scores: Floats = -forest.score_samples(rows)
    return scores


def _pyod(name: str, rows: Floats, first: Any) -> Floats:
    from pyod.models.copod import COPOD
    from pyod.models.ecod import ECOD

    model: Any = {"ECOD": ECOD, "COPOD": COPOD}[name]()
    model.fit(rows[first])
    scores = np.zeros(len(rows))
    scores[first] = model.decision_scores_
    if not first.all():  # new rows are ranked among all known ones, which PyOD does by fitting them together
        scores[~first] = model.decision_function(rows[~first])
    return scores


def _streamed(rows: Floats, first: Any, seed: int) -> Floats:
    """Return the scores of river's half-space trees (our copy of it), learning as it goes."""
    splits, masses = grow_splits(seed, rows.shape[1]), np.zeros(MASSES, np.uint8)
    scores, count = np.zeros(len(rows)), 0
    for k, row in enumerate(rows):
        scores[k] = hst_score(row, splits, masses) if count >= WINDOW else 0.0
        if first[k]:
            hst_learn(row, splits, masses, count)
            count += 1
    return scores


def _ruled(frame: pd.DataFrame) -> Floats:
    """Return the evidence of those controls that a rule decides, and of no other."""
    remaining = np.ones(len(frame))
    for control in CONTROLS:
        if control.code in RULES:
            remaining *= 1.0 - control.weight * frame[f"force_{control.code.value}"].to_numpy(np.float64)
    evidence: Floats = 1.0 - remaining
    return evidence


def _plain(events: Sequence[Ecriture]) -> Floats:
    """Return what one reads off an entry without any habit: amount, size, date, time, journal, accounts, texts."""
    journals = {code: k for k, code in enumerate(sorted({event.journal_code for event in events}))}
    rows = [[column(event) for column in PLAIN] + [float(journals[event.journal_code])] for event in events]
    return np.array(rows, dtype=np.float64)


def _total(event: Ecriture) -> float:
    return float(np.log10(1 + max(sum(abs(to_minor(line.debit)) for line in event.lignes), 1)))


def _largest_account(event: Ecriture) -> float:
    line = max(event.lignes, key=lambda line: abs(to_minor(line.debit)) + abs(to_minor(line.credit)))
    digits = "".join(filter(str.isdigit, line.compte_num))[:3]
    return float(digits or 0)


def _hour(event: Ecriture) -> float:
    moment = event.saisie_le
    return 12.0 if moment is None else moment.hour + moment.minute / 60


def _days_late(event: Ecriture) -> float:
    day: dt.date = event.ecriture_date
    return 0.0 if event.saisie_le is None else float((event.saisie_le.date() - day).days)


PLAIN: tuple[Callable[[Ecriture], float], ...] = (
    _total,
    lambda event: float(len(event.lignes)),
    lambda event: float(event.ecriture_date.weekday()),
    lambda event: float(event.ecriture_date.day),
    lambda event: float(event.ecriture_date.month),
    _hour,
    _days_late,
    _largest_account,
    lambda event: float(len(event.lignes[0].ecriture_lib)),
    lambda event: float(any(line.comp_aux_num for line in event.lignes)),
    lambda event: float(any(line.piece_ref for line in event.lignes)),
)
