"""The columns that describe an entry to models: their names, in order, and the accounting attribute of each.

Data sets fill them (`wisebook_ml.datasets.entries`), services learn from them; neither knows the other.
"""

from types import MappingProxyType

from wisebook_ml.controls import CONTROLS
from wisebook_ml.features import FEATURES

__all__ = ["ATTRIBUTES", "DESCRIPTORS", "ENTRY_COLUMNS", "STRENGTHS", "VALUES"]

VALUES = tuple(f"valeur_{control.code.value}" for control in CONTROLS)
"""What each control measured; 0 where it cannot say anything."""

STRENGTHS = tuple(f"force_{control.code.value}" for control in CONTROLS)
"""How strongly each control's value counts, in [0, 1]: 1 from its threshold on."""

CLASSES = tuple(range(1, 8))
"""Classes of the French chart of accounts (PCG), from capital to income."""

ROOTS = (40, 41, 42, 43, 445, 46, 47, 51, 53, 58)
"""Accounts whose presence tells what kind of event an entry is: third parties, taxes, suspense, bank, cash."""

DESCRIPTORS = MappingProxyType(
    {
        "evidence": "controles",
        "controles_passes": "controles",
        "ecart_debit_credit": "montant",
        "lignes_negatives": "montant",
        "taux_tva": "montant",
        "proche_plafond": "montant",
        "origine_manuelle": "origine",
        "origine_import": "origine",
        "origine_automatique": "origine",
        **{f"debit_classe_{digit}": "compte_num" for digit in CLASSES},
        **{f"credit_classe_{digit}": "compte_num" for digit in CLASSES},
        **{f"compte_{root}": "compte_num" for root in ROOTS},
        "lignes_compte": "compte_num",
        "avec_tiers": "comp_aux_num",
        "lignes_tiers": "comp_aux_num",
        "ecritures_journal": "journal_code",
        "ecritures_auteur": "saisie_par",
        "rafale": "saisie_par",
        "heure_de_saisie": "saisie_le",
        "delai_signe": "saisie_le",
        "avec_piece": "piece_ref",
        "repetitions": "piece_ref",
        "jours_doublon": "piece_ref",
        "jours_extourne": "montant",
        "libelle_avoir": "ecriture_lib",
        "saut_numero": "ecriture_num",
        "lettree": "ecriture_let",
        "validee": "valid_date",
    }
)
"""Plain descriptions of an entry, and the attribute of each. The first two sum up the controls (their noisy-or, and how
many passed their threshold), so that what was learnt of some kinds of findings serves for kinds never judged before."""

ENTRY_COLUMNS = (*(feature.name for feature in FEATURES), *VALUES, *STRENGTHS, *DESCRIPTORS)
"""All columns, in order."""

ATTRIBUTES = MappingProxyType(
    {
        **{feature.name: feature.attribute for feature in FEATURES},
        **dict(zip(VALUES, (control.attribute for control in CONTROLS), strict=True)),
        **dict(zip(STRENGTHS, (control.attribute for control in CONTROLS), strict=True)),
        **DESCRIPTORS,
    }
)
"""The accounting attribute that a column's contribution is counted for."""
