"""Invoices whose outcome is known, one row each, as they were on their date: what client risk is learnt from."""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.payment_history import VARIABLES, CompanyTally, Facture, Passe, variables
from wisebook_ml.datasets.receivables import Receivables, frame_of

__all__ = ["COLUMNS", "OUTCOMES", "frame_from_table", "invoice_frame"]

OUTCOMES = ("retard", "jours_retard", "litige")
"""What became of an invoice: late or not, the days after the due date (before it below 0; so far, where it is open),
and whether it was disputed. Never an input."""

COLUMNS = ("societe_id", "client", "ecriture_id", "date", *VARIABLES, *OUTCOMES)
"""Columns of the rows; a table's own attributes follow."""

GRACE = 15
"""Days that an open invoice must be past due at the end of the data: payments are entered after they are made."""

MOST_VALUES = 12
"""Distinct values of a column above which it is a number or a name, not a category."""

REQUIRED = ("client", "date", "echeance", "montant", "reglement")
LITIGE = "litige"


def invoice_frame(collected: Collected) -> pd.DataFrame:
    """Return one row for each customer invoice whose outcome is known, with the label `retard`.

    Parameters
    ----------
    collected : Collected
        Its `entries`; rows outside of `du` to `au` are left out, histories are made of all.

    Returns
    -------
    DataFrame
        `COLUMNS`, ordered by date. The label `retard` is 1 where the invoice was settled more than `TOLERANCE` days
        after its due date, or is still open `GRACE` days after that at the end of the data, else 0.

    Notes
    -----
    The data end on the day of the last payment: closing entries come months later, and say nothing of who pays.

    Left out are invoices whose time to be late is not over at the end of the data, also those that are paid already
    (with only these of the last weeks, nobody would seem late), and those of which nobody can say when they were
    settled.
    """
    receivables = Receivables(forget=False)
    receivables.learn(collected.entries)
    end = receivables.last_payment
    rows = [
        (societe_id, client, keys[place], *row)
        for societe_id, client, tally, keys, passe in receivables.histories()
        for place, row in _rows(passe, tally, end)
    ]
    frame = frame_of(rows, COLUMNS).astype({"retard": "int64"})
    inside = np.ones(len(frame), dtype=np.bool_)
    if collected.du is not None:
        inside &= (frame["date"] >= pd.Timestamp(collected.du)).to_numpy()
    if collected.au is not None:
        inside &= (frame["date"] <= pd.Timestamp(collected.au)).to_numpy()
    return frame[inside].sort_values(["date", "client", "ecriture_id"], kind="stable", ignore_index=True)


def frame_from_table(table: pd.DataFrame, *, tolerance: int = 0, litige_connu: bool = False) -> pd.DataFrame:
    """Return the same rows for a table of invoices, by the same code.

    Parameters
    ----------
    table : DataFrame
        One row an invoice: `client`, `date`, `echeance`, `montant`, `reglement` (NaT: open), perhaps `litige` (in the
        end, disputed). Every other column is an attribute known on the date of the invoice: one of two values becomes
        0 or 1 (in their order), one of up to 12 a category, more numbers a number; other texts are left out.
    tolerance : int
        Days after the due date that are not late yet.
    litige_connu : bool
        Whether it is known at the time of the prediction that this very invoice is disputed. If not, only the earlier
        ones of the client count, each once its outcome is known.

    Returns
    -------
    DataFrame
        `client`, `date`, `VARIABLES`, `passe_x` for each attribute x of two values (how far the client's earlier
        invoices differ), `OUTCOMES`, then `attribut_x` for all attributes, under the index of `table`, ordered by date.

    Raises
    ------
    ValueError
        Where a column is missing; the message names it.
    """
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise ValueError(f"a table of invoices needs the columns {', '.join(REQUIRED)}; missing: {', '.join(missing)}")
    attributes = _attributes(table, litige_connu)
    two_valued = [name for name, column in attributes.items() if column.dropna().isin((0.0, 1.0)).all()]
    factures = list(_factures(table, [attributes[name] for name in two_valued]))
    tally = CompanyTally(tolerance)
    for facture in factures:
        tally.change(facture, 1)
    end = max((day for one in factures for day in (one.date, one.reglement) if day is not None), default=0) + 1
    rows: list[tuple[object, ...]] = []
    index: list[object] = []
    for client, places in table.groupby("client", sort=True).indices.items():
        ordered = sorted(places, key=lambda place: factures[place].date)
        for place, row in _rows(Passe(factures[one] for one in ordered), tally, end):
            rows.append((client, *row))
            index.append(ordered[place])
    columns = ["client", "date", *VARIABLES, *(f"passe_{name}" for name in two_valued), *OUTCOMES]
    frame = frame_of(rows, columns).astype({"retard": "int64"})
    for name, column in attributes.items():
        frame[f"attribut_{name}"] = column.to_numpy()[np.array(index, dtype=np.int64)]
    frame.index = table.index[np.array(index, dtype=np.int64)]
    return frame.sort_values(["date", "client"], kind="stable")


def _rows(passe: Passe, tally: CompanyTally, end: int) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield place and date, variables, label of a client's invoices whose outcome is known before a day."""
    for place, facture in enumerate(passe.factures):
        over = facture.echeance + tally.tolerance
        if over >= end or not facture.sure or (facture.reglement is None and over + GRACE >= end):
            continue
        late = facture.reglement is None or facture.reglement > over
        days = (end if facture.reglement is None else facture.reglement) - facture.echeance
        outcomes = int(late), float(days), float(facture.litige)
        yield place, (dt.date.fromordinal(facture.date), *variables(passe, facture, tally), *outcomes)


def _attributes(table: pd.DataFrame, litige_connu: bool) -> dict[str, pd.Series]:
    found: dict[str, pd.Series] = {}
    for name in table.columns:
        if name in REQUIRED or (name == LITIGE and not litige_connu):
            continue
        column = table[name]
        values = sorted(column.dropna().unique())
        if len(values) == 2:
            found[name] = column.map({values[0]: 0.0, values[1]: 1.0}).astype("float64")
        elif 2 < len(values) <= MOST_VALUES:
            found[name] = column.astype("str")
        elif len(values) > MOST_VALUES and pd.api.types.is_numeric_dtype(column):
            found[name] = column.astype("float64")
    return found


def _factures(table: pd.DataFrame, attributes: Sequence[pd.Series]) -> Iterator[Facture]:
    columns = [table[name] for name in REQUIRED[1:]]
    disputed = table[LITIGE].astype("bool") if LITIGE in table.columns else [False] * len(table)
    extra = list(zip(*attributes, strict=True)) if attributes else [()] * len(table)
    for date, echeance, montant, reglement, litige, attributs in zip(*columns, disputed, extra, strict=True):
        yield Facture(
            date=date.toordinal(),
            echeance=max(date.toordinal(), echeance.toordinal()),
            montant=round(100 * float(montant)),
            reglement=None if pd.isna(reglement) else reglement.toordinal(),
            litige=bool(litige),
            attributs=tuple(float(one) for one in attributs),
        )
