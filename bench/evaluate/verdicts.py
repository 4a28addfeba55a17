"""Gradient Boosting and the SVM on generated companies with verdicts on 5 % of the entries, later 30 % held out.

The first figures are of the held-out entries that have a verdict; what is planted is known of all entries, so that
those nobody looked at are told too. The peer is a logistic regression on the same columns and rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.evaluate import Evaluation
from bench.results import line_of
from schemas import ClasseEcriture, Etat, TypeModele
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.datasets.verdicts import verdict_frame
from wisebook_ml.generator import Label, Ledger, generate_ledger, judge_ledger
from wisebook_ml.generator.corrections import is_mistake
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import service_class
from wisebook_ml.settings import get_settings

__all__ = ["run"]

ENTRIES = 20_000
COMPANIES = 5
"""Generated companies, with seeds from the evaluation's on: parameters were chosen on others (101 to 104)."""

RUN = 1_000

AUC, MACRO_F1 = 0.90, 0.75
"""Targets, in the mean over the companies."""


@dataclass(frozen=True, slots=True)
class _Company:
    """One company: what is learnt from, what is held out, and what was planted in the held-out entries."""

    before: pd.DataFrame
    after: pd.DataFrame
    truth: "pd.Series[Any]"


def run(evaluation: Evaluation) -> None:
    """Evaluate both services and the peer."""
    figures = []
    for number in range(COMPANIES):
        company = _company(evaluation.seed + number)
        figures.append({**_boosting(company, evaluation.seed), **_svm(company, evaluation.seed)})
    for name in figures[0]:
        values = [figure[name] for figure in figures]
        target = {"verdicts.gradient_boosting.auc": AUC, "verdicts.svm.macro_f1": MACRO_F1}.get(name)
        evaluation.results.add(
            line_of(
                name,
                float(np.mean(values)),
                "rows" if name.endswith(".rows") else "",
                at_least=target,
                least=float(min(values)),
                most=float(max(values)),
                companies=COMPANIES,
                entries=ENTRIES,
            )
        )


def _company(seed: int) -> _Company:
    ledger = generate_ledger(entries=ENTRIES, seed=seed)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=seed, flagged=_flagged(ledger))
    events = sorted([*ledger.publications, *judged.corrections], key=lambda one: one.le)
    frame = verdict_frame(Collected([one.ecriture for one in events], [one.avis for one in judged.avis]))
    before, after, _ = split_by_date(frame)
    truth = after["ecriture_id"].map(_planted(ledger.labels)).fillna(ClasseEcriture.CORRECTE.value)
    return _Company(before, after, truth)


def _flagged(ledger: Ledger) -> set[str]:
    """Return the entries on which scoring opened a detection."""
    scorer, events, found = new_scorer(get_settings()), ledger.events, set()
    for start in range(0, len(events), RUN):
        for _, detection in scorer.process(events[start : start + RUN]).detections:
            if detection.etat is Etat.OUVERTE and detection.ecriture_id is not None:
                found.add(detection.ecriture_id)
    return found


def _planted(labels: list[Label]) -> dict[str, str]:
    """Return the class of the entries that were wrong when they arrived."""
    return {
        label.ecriture_id: (ClasseEcriture.ERREUR_SAISIE if is_mistake(label) else ClasseEcriture.A_REVOIR).value
        for label in labels
        if label.ecriture_id is not None and not label.jumeau and label.revision == 1
    }


def _boosting(company: _Company, seed: int) -> dict[str, float]:
    service = service_class(TypeModele.GRADIENT_BOOSTING)({}, seed=seed).fit(company.before)
    metrics = service.evaluate(company.after)
    found = {f"verdicts.gradient_boosting.{name}": value for name, value in metrics.items()}
    wrong = (company.truth != ClasseEcriture.CORRECTE.value).to_numpy()
    found["verdicts.gradient_boosting.auc_planted"] = _auc(wrong, service.predict(company.after)["probabilite"])
    peer = _peer(service, company.before, "corrigee")
    judged = company.after[company.after["avis"]]
    found["verdicts.logistic_regression.auc"] = _auc(
        judged["corrigee"], peer.predict_proba(_rows(service, judged))[:, 1]
    )
    found["verdicts.logistic_regression.auc_planted"] = _auc(
        wrong, peer.predict_proba(_rows(service, company.after))[:, 1]
    )
    return found


def _svm(company: _Company, seed: int) -> dict[str, float]:
    service = service_class(TypeModele.SVM)({}, seed=seed).fit(company.before)
    metrics = service.evaluate(company.after)
    found = {f"verdicts.svm.{name}": value for name, value in metrics.items() if name != "rows"}
    found["verdicts.svm.macro_f1_planted"] = _macro_f1(company.truth, service.predict(company.after)["classe"])
    peer = _peer(service, company.before, "classe")
    judged = company.after[company.after["avis"]]
    found["verdicts.logistic_regression.macro_f1"] = _macro_f1(judged["classe"], peer.predict(_rows(service, judged)))
    found["verdicts.logistic_regression.macro_f1_planted"] = _macro_f1(
        company.truth, peer.predict(_rows(service, company.after))
    )
    return found


def _peer(service: BaseMLService, before: pd.DataFrame, label: str) -> Any:
    """Return a logistic regression on the judged rows, as one would first try it."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = before[before[label].notna()]
    peer = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5_000))
    return peer.fit(_rows(service, known), known[label])


def _rows(service: BaseMLService, frame: pd.DataFrame) -> Any:
    return frame[list(service.columns)].to_numpy(np.float64)


def _auc(truth: Any, scores: Any) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, scores))


def _macro_f1(truth: Any, found: Any) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, found, average="macro"))
