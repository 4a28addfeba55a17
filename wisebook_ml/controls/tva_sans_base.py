"""A VAT account without any base in the entry."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of, chosen
from wisebook_ml.controls.vat import has_vat, taxable_lines, vat_lines
from wisebook_ml.ledger.accounts import accounts_under

VAT = accounts_under(445)


def measure(view: View) -> Finding:
    """Find invoiced VAT beside nothing that is taxed; declarations and transfers of VAT have none by nature."""
    bare = has_vat(view) & ~any_of(view, taxable_lines(view))
    if bare.any():
        # VAT that is due and deductible at once (imports, self-assessment) nets to zero.
        vat = view.batch.sum_per_entry(np.where(VAT[view.batch.root], view.batch.net, 0))
        bare &= vat != 0
    return Finding(bare.astype(np.float64), vat_lines(view))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account."""
    account = view.batch.line(chosen(view, entry, vat_lines(view))[0]).compte_num
    return (
        f"TVA au compte {account} sans aucune base (charge, produit ou immobilisation) dans l'écriture.",
        f"VAT on account {account} without any base (expense, income or asset) in the entry.",
    )


CONTROL = Control(
    code=CodeMotif.TVA_SANS_BASE,
    attribute="compte_num",
    threshold=1.0,
    weight=0.9,
    source="CGI art. 266, 271; PCG art. 944-44",
    measure=measure,
    explain=explain,
    rule=True,
)
