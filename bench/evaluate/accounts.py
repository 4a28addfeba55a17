"""Account recommendation: the Random Forest beside a plain one, on later lines of ledgers, and how long it trains."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.evaluate import Evaluation
from bench.results import line_of
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.lines import line_frame, lines_of
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.fec import FecError, read_fec
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.random_forest import RandomForestService

__all__ = ["run"]

TOP1, TOP3 = 0.90, 0.96
SECONDS, SIZE = 60.0, 100_000
LINES_PER_SECOND = 3_000.0
GENERATED_ENTRIES = 2_000
ENTRIES_PER_LINE = 0.35
"""The generator writes somewhat fewer than three lines an entry; what is too much is cut off."""

BATCH = 1_000
PLAIN = "plain TF-IDF Random Forest"


def run(evaluation: Evaluation) -> None:
    """Evaluate on every FEC there is and on a generated ledger, then measure training and prediction."""
    for name, frame in _ledgers(evaluation):
        _evaluate(evaluation, name, frame)
    _measure_time(evaluation)


def _ledgers(evaluation: Evaluation) -> Iterator[tuple[str, pd.DataFrame]]:
    folder = None if evaluation.data is None else evaluation.data / "fec"
    paths: list[Path] = sorted(folder.glob("*.[tT][xX][tT]")) if folder is not None and folder.is_dir() else []
    if not paths:
        evaluation.results.add(line_of("accounts.fec", None, "", error="no fec/*.txt in the data folder: passed over"))
    for path in paths:
        try:
            yield path.stem, lines_of(read_fec(path, societe_id=1))
        except FecError as error:
            evaluation.results.add(line_of(f"accounts.{path.stem}", None, "", error=str(error)))
    ledger = generate_ledger(entries=GENERATED_ENTRIES, seed=evaluation.seed)
    yield "generated", line_frame(Collected(entries=ledger.events))


def _evaluate(evaluation: Evaluation, name: str, frame: pd.DataFrame) -> None:
    before, after, since = split_by_date(frame)
    begun = time.perf_counter()
    service = RandomForestService(seed=evaluation.seed).fit(before)
    seconds = time.perf_counter() - begun
    metrics = service.evaluate(after)
    plain = _plain(before, after, evaluation.seed)
    details: dict[str, Any] = {
        "lines": len(before),
        "tested": len(after),
        "since": str(since),
        "unseen": metrics["unseen"],
        "training_seconds": seconds,
    }
    add = evaluation.results.add
    for metric, target in (("top1", TOP1), ("top3", TOP3)):
        seen, everything = metrics[metric], metrics[f"{metric}_all"]
        add(line_of(f"accounts.{name}.{metric}_seen", seen, "", at_least=target, plain=plain[metric], **details))
        gain = everything - plain[f"{metric}_all"]
        add(line_of(f"accounts.{name}.{metric}_all", everything, "", plain=plain[f"{metric}_all"]))
        add(line_of(f"accounts.{name}.{metric}_all.gain", gain, "", at_least=0.0, compared_with=PLAIN))
    add(line_of(f"accounts.{name}.log_loss", metrics["log_loss"], "nats"))
    add(line_of(f"accounts.{name}.ece", metrics["ece"], ""))


def _plain(before: pd.DataFrame, after: pd.DataFrame, seed: int) -> dict[str, float]:
    """Return the metrics of a forest on words of the label, third party, journal, side and amount."""

    def text(frame: pd.DataFrame) -> pd.Series:
        side = np.where(frame["debit"] != 0, " side_d", " side_c")
        third = " third_" + frame["comp_aux_num"].str.replace(r"\W", "", regex=True)
        return frame["ecriture_lib"] + " journal_" + frame["journal_code"] + third + side

    def amount(frame: pd.DataFrame) -> sparse.csr_matrix:
        return sparse.csr_matrix(np.log1p((frame["debit"] + frame["credit"]).abs().to_numpy(float))[:, None])

    words = TfidfVectorizer(max_features=5_000)
    known = sparse.hstack([words.fit_transform(text(before)), amount(before)]).tocsr()
    asked = sparse.hstack([words.transform(text(after)), amount(after)]).tocsr()
    forest = RandomForestClassifier(200, random_state=seed, n_jobs=2).fit(known, before["compte_num"])
    shares = forest.predict_proba(asked)
    best = forest.classes_[np.argsort(-shares, axis=1, kind="stable")[:, :3]]
    right = best == after["compte_num"].to_numpy(object)[:, None]
    seen = after["compte_num"].isin(before["compte_num"]).to_numpy()
    first, among = right[:, 0], right.any(axis=1)
    return {
        "top1": float(first[seen].mean()),
        "top3": float(among[seen].mean()),
        "top1_all": float(first.mean()),
        "top3_all": float(among.mean()),
    }


def _measure_time(evaluation: Evaluation) -> None:
    ledger = generate_ledger(entries=int(SIZE * ENTRIES_PER_LINE), seed=evaluation.seed)
    frame = line_frame(Collected(entries=ledger.events)).head(SIZE)
    details: dict[str, Any] = {"lines": len(frame), "accounts": int(frame["compte_num"].nunique())}
    begun = time.perf_counter()
    service = RandomForestService(seed=evaluation.seed).fit(frame)
    seconds = time.perf_counter() - begun
    evaluation.results.add(line_of("accounts.training", seconds, "s", at_most=SECONDS, **details))
    batches = [frame.iloc[place : place + BATCH] for place in range(0, min(5 * BATCH, len(frame)), BATCH)]
    service.predict(batches[0])
    begun = time.perf_counter()
    for batch in batches:
        service.predict(batch)
    speed = sum(map(len, batches)) / (time.perf_counter() - begun)
    evaluation.results.add(line_of("accounts.prediction", speed, "lines/s", at_least=LINES_PER_SECOND, batch=BATCH))
