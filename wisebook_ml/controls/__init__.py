"""The controls, one file each, and the one table that registers them.

Adding a control is adding its file and its line in `CONTROLS`; its code must be in `schemas.CodeMotif`.
"""

from wisebook_ml.controls import (
    antidatee,
    compte_hors_journal,
    compte_inhabituel,
    desequilibre,
    doublon,
    extourne_rapide,
    fec_non_conforme,
    heure_inhabituelle,
    hors_exercice,
    iban_partage,
    jour_non_ouvre,
    libelle_pauvre,
    modifiee_apres_validation,
    montant_inhabituel,
    montant_rond,
    mot_cle,
    paire_rare,
    piece_absente,
    postdatee,
    rafale,
    rupture_numerotation,
    sens_inverse,
    sous_seuil,
    tiers_inconnu,
    tva_sans_base,
    tva_taux,
)
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.settings_table import SettingsTable

__all__ = ["CONTROLS", "Control", "Finding", "SettingsTable", "View"]

CONTROLS: tuple[Control, ...] = (
    desequilibre.CONTROL,
    doublon.CONTROL,
    rupture_numerotation.CONTROL,
    hors_exercice.CONTROL,
    antidatee.CONTROL,
    postdatee.CONTROL,
    jour_non_ouvre.CONTROL,
    heure_inhabituelle.CONTROL,
    montant_rond.CONTROL,
    sous_seuil.CONTROL,
    montant_inhabituel.CONTROL,
    paire_rare.CONTROL,
    compte_hors_journal.CONTROL,
    sens_inverse.CONTROL,
    tiers_inconnu.CONTROL,
    libelle_pauvre.CONTROL,
    piece_absente.CONTROL,
    tva_taux.CONTROL,
    tva_sans_base.CONTROL,
    rafale.CONTROL,
    extourne_rapide.CONTROL,
    modifiee_apres_validation.CONTROL,
    mot_cle.CONTROL,
    iban_partage.CONTROL,
    compte_inhabituel.CONTROL,
    fec_non_conforme.CONTROL,
)
