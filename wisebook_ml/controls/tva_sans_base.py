"""A VAT account without any base in the entry."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.vat import is_declaration, taxable_lines, vat_lines


def measure(view: View) -> Finding:
    """Find invoiced VAT beside nothing that is taxed; declarations and transfers of VAT have none by nature."""
    batch = view.batch
    vat = vat_lines(batch)
    # VAT that is due and deductible at once (imports, self-assessment) nets to zero.
    bare = (
        batch.any_per_entry(vat)
        & ~batch.any_per_entry(taxable_lines(batch))
        & ~is_declaration(batch)
        & (batch.sum_per_entry(np.where(batch.root // 100 == 445, batch.net, 0)) != 0)
    )
    return Finding(np.where(bare, 1.0, 0.0), vat)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the account."""
    vat = vat_lines(view.batch)
    account = next(view.batch.lines[k].compte_num for k in view.batch.lines_of(entry) if vat[k])
    return (
        f"TVA au compte {account} sans aucune base (charge, produit ou immobilisation) dans l'écriture.",
        f"VAT on account {account} without any base (expense, income or asset) in the entry.",
    )


CONTROL = Control(
    code=CodeMotif.TVA_SANS_BASE,
    attribute="compte_num",
    threshold=1.0,
    weight=0.55,
    source="CGI art. 266, 271; PCG art. 944-44",
    measure=measure,
    explain=explain,
)
