"""Client risk: which invoices of the later 30 % are paid late, against what one would use without much thought.

The table of receivables is evaluated twice. `risk.*` is the honest question: on the invoice's date nobody knows yet
whether the client will dispute it, so of disputes only those of earlier, finished invoices count, for all peers.
`risk.dispute_known.*` adds the invoice's own dispute, for all peers alike, as a prediction at a later day may have it.

Peers get the raw columns (amount, client, country, paper or electronic, month and weekday of the due date), the client
as a category too: that is the strongest form of each. The second comparison, usually the harder one, gives them the
same engineered variables (`*_same_variables`). Each gain is the lower end of the 95 % interval of a paired bootstrap.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xgboost
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bench.evaluate import Evaluation
from bench.results import Line, line_of
from schemas import Ecriture, Ligne
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.invoices import OUTCOMES, frame_from_table, invoice_frame
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.xgboost import XGBoostService

__all__ = ["auc", "entries_of_table", "gain_interval", "read_table", "run"]

TABLE = Path("risk") / "accounts-receivable.csv"
DRAWS = 2_000
MAX_ECE = 0.05
GENERATED_ENTRIES = 8_000

Floats = NDArray[np.float64]


def run(evaluation: Evaluation) -> None:
    """Add the lines of client risk."""
    if evaluation.data is None or not (evaluation.data / TABLE).is_file():
        evaluation.results.add(line_of("risk.skipped", None, "", error=f"no {TABLE}; give its folder with --data"))
    else:
        table = read_table(evaluation.data / TABLE)
        for known in (False, True):
            _table(evaluation, table, known)
        _through_entries(evaluation, table)
    _generated(evaluation)


def read_table(path: Path) -> pd.DataFrame:
    """Return the receivables with the columns that `frame_from_table` takes; what is known later only is left out."""
    raw = pd.read_csv(path)
    return pd.DataFrame(
        {
            "client": raw["customerID"],
            "date": pd.to_datetime(raw["InvoiceDate"], format="%m/%d/%Y"),
            "echeance": pd.to_datetime(raw["DueDate"], format="%m/%d/%Y"),
            "montant": raw["InvoiceAmount"],
            "reglement": pd.to_datetime(raw["SettledDate"], format="%m/%d/%Y"),
            "litige": raw["Disputed"] == "Yes",
            "papier": raw["PaperlessBill"],
            "pays": raw["countryCode"],
        }
    )


def auc(label: Floats, score: Floats) -> float:
    """Return the area under the ROC curve: ties count half."""
    late = float(label.sum())
    return float((rankdata(score)[label > 0].sum() - late * (late + 1) / 2) / (late * (len(label) - late)))


def gain_interval(label: Floats, ours: Floats, theirs: Floats, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference in AUC, over draws of the same rows for both."""
    rng = np.random.default_rng(seed)
    gains: list[float] = []
    while len(gains) < DRAWS:
        rows = rng.integers(0, len(label), len(label))
        if 0 < label[rows].mean() < 1:
            gains.append(auc(label[rows], ours[rows]) - auc(label[rows], theirs[rows]))
    low, high = np.percentile(gains, [2.5, 97.5])
    return float(low), float(high)


def _table(evaluation: Evaluation, table: pd.DataFrame, known: bool) -> None:
    name = "risk.dispute_known" if known else "risk"
    before, after, since = split_by_date(frame_from_table(table, litige_connu=known))
    service = XGBoostService(seed=evaluation.seed).fit(before)
    metrics = service.evaluate(after)
    label = after["retard"].to_numpy(dtype=np.float64)
    ours = service.predict(after)["probabilite"].to_numpy()
    begun = None if since is None else since.isoformat()
    add = evaluation.results.add
    add(line_of(f"{name}.auc", metrics["auc"], "", rows=len(before), hold_out=len(after), since=begun))
    for peer, score in _peers(table, before, after, known, evaluation.seed).items():
        low, high = gain_interval(label, ours, score, evaluation.seed)
        line = line_of(f"{name}.auc_gain_over_{peer}.low", low, "", high=high, peer_auc=auc(label, score), draws=DRAWS)
        add(_above(line, low, 0.0))
    add(line_of(f"{name}.ece", metrics["ece"], "", at_most=MAX_ECE, bins=10, brier=metrics["brier"],
                log_loss=metrics["log_loss"], base_rate=metrics["base_rate"]))  # fmt: skip


def _above(line: Line, value: float, target: float) -> Line:
    """Return a line with a target that the value has to be above, not at."""
    return {**line, "target": target, "target_is": "at least", "met": value > target}


def _peers(
    table: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, known: bool, seed: int
) -> Mapping[str, Floats]:
    """Return the scores of the peers on the later rows."""
    raw = table.drop(columns=["reglement", "date", "echeance"] + ([] if known else ["litige"]))
    raw = raw.assign(
        mois=table["echeance"].dt.month.astype("str"),
        jour=table["echeance"].dt.dayofweek.astype("str"),
        montant=np.log(table["montant"]),
    )
    # Numbers that are codes, and two-valued columns, are categories for both peers.
    codes = [name for name in raw.columns if name != "montant"]
    raw = raw.astype(dict.fromkeys(codes, "str")).astype(dict.fromkeys(codes, "category"))
    same = before.drop(columns=["client", "date", *OUTCOMES]).columns
    pairs = {
        "": (raw.loc[before.index], raw.loc[after.index]),
        "_same_variables": (_categorical(before[same]), _categorical(after[same])),
    }
    label = before["retard"].to_numpy()
    found: dict[str, Floats] = {}
    for suffix, (train, test) in pairs.items():
        logistic = make_pipeline(
            make_column_transformer(
                (
                    make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()),
                    make_column_selector(dtype_include="number"),
                ),
                (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_include="category")),
            ),
            LogisticRegression(max_iter=5_000),
        ).fit(train, label)
        found[f"logistic{suffix}"] = logistic.predict_proba(test)[:, 1]
        plain = xgboost.XGBClassifier(enable_categorical=True, random_state=seed % 2**31, n_jobs=1).fit(train, label)
        found[f"xgboost_defaults{suffix}"] = plain.predict_proba(test)[:, 1].astype(np.float64)
    return found


def _categorical(frame: pd.DataFrame) -> pd.DataFrame:
    texts = [name for name in frame.columns if not pd.api.types.is_numeric_dtype(frame[name])]
    return frame.astype(dict.fromkeys(texts, "category"))


def entries_of_table(table: pd.DataFrame, societe_id: int = 1) -> list[Ecriture]:
    """Return a ledger that tells the same as a table: invoices, payments, and the letterings that followed them."""
    events: list[tuple[dt.date, int, Ecriture]] = []
    for number, row in enumerate(table.sort_values("date", kind="stable").itertuples(index=False)):
        day, due = row.date.date(), row.echeance.date()
        invoice = _entry(societe_id, f"F{number}", "VE", day, row.client, debit=f"{row.montant:.2f}", due=due)
        events.append((day, 0, invoice))
        if pd.isna(row.reglement):
            continue
        paid = row.reglement.date()
        letter = (f"L{number}", paid)
        payment = _entry(societe_id, f"R{number}", "BQ", paid, row.client, credit=f"{row.montant:.2f}", letter=letter)
        lettered = _entry(
            societe_id, f"F{number}", "VE", day, row.client, debit=f"{row.montant:.2f}", due=due, letter=letter,
            revision=2,
        )  # fmt: skip
        events += [(paid, 1, payment), (paid, 2, lettered)]
    return [entry for *_, entry in sorted(events, key=lambda event: event[:2])]


def _entry(
    societe_id: int, ecriture_id: str, journal: str, day: dt.date, client: str, *, debit: str = "0.00",
    credit: str = "0.00", due: dt.date | None = None, letter: tuple[str, dt.date | None] = ("", None),
    revision: int = 1,
) -> Ecriture:  # fmt: skip
    line = Ligne(
        compte_num="411000", comp_aux_num=client, debit=debit, credit=credit, date_echeance=due,
        ecriture_let=letter[0], date_let=letter[1],
    )  # fmt: skip
    other = Ligne(compte_num="707000" if journal == "VE" else "512000", debit=credit, credit=debit)
    return Ecriture(
        societe_id=societe_id, ecriture_id=ecriture_id, revision=revision, journal_code=journal, ecriture_date=day,
        lignes=[line, other],
    )  # fmt: skip


def _through_entries(evaluation: Evaluation, table: pd.DataFrame) -> None:
    """Evaluate the same receivables as a ledger has them: no attributes, and four days that are not late yet."""
    frame = invoice_frame(Collected(entries_of_table(table)))
    _ledger(evaluation, "risk.as_ledger", frame)


def _generated(evaluation: Evaluation) -> None:
    """Evaluate a generated ledger. Its clients pay late by chance, all alike: nobody can do better than the rate."""
    ledger = generate_ledger(entries=GENERATED_ENTRIES, seed=evaluation.seed, years=2)
    frame = invoice_frame(Collected(ledger.events))
    _ledger(evaluation, "risk.generated", frame, note="late by chance in the generator: 0.5 is what can be reached")


def _ledger(evaluation: Evaluation, name: str, frame: pd.DataFrame, note: str = "") -> None:
    before, after, _ = split_by_date(frame)
    metrics = XGBoostService(seed=evaluation.seed).fit(before).evaluate(after)
    line = line_of(f"{name}.auc", metrics["auc"], "", rows=len(before), hold_out=len(after), note=note)
    evaluation.results.add({**line, "base_rate": metrics["base_rate"]})
    evaluation.results.add(line_of(f"{name}.ece", metrics["ece"], "", bins=10))
