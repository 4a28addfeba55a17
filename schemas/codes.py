"""The closed list of reason codes, shared by controls, generator labels, evaluation and documentation."""

from enum import StrEnum

__all__ = ["CodeMotif"]


class CodeMotif(StrEnum):
    """What a detection can be explained with: a control that fired, or a model that found it unusual."""

    # Controls: facts and habits of an entry.
    DESEQUILIBRE = "DESEQUILIBRE"
    """Debits and credits of the entry differ."""
    DOUBLON = "DOUBLON"
    """The same third party, amount, and piece or near date were posted before."""
    RUPTURE_NUMEROTATION = "RUPTURE_NUMEROTATION"
    """A gap, a repetition or disorder in the numbering of a journal."""
    HORS_EXERCICE = "HORS_EXERCICE"
    """The entry's date lies outside its fiscal year."""
    ANTIDATEE = "ANTIDATEE"
    """Dated long before it was entered, against the habit."""
    POSTDATEE = "POSTDATEE"
    """Dated after the day it was entered."""
    JOUR_NON_OUVRE = "JOUR_NON_OUVRE"
    """Posted on a weekend or public holiday against the habit of the journal."""
    HEURE_INHABITUELLE = "HEURE_INHABITUELLE"
    """Entered outside the usual hours of its author."""
    MONTANT_ROND = "MONTANT_ROND"
    """A large round amount where amounts are not round."""
    SOUS_SEUIL = "SOUS_SEUIL"
    """An amount just below an approval limit."""
    MONTANT_INHABITUEL = "MONTANT_INHABITUEL"
    """An amount far from what the account (or the third party) is used to; a shifted decimal too."""
    PAIRE_RARE = "PAIRE_RARE"
    """Two accounts that hardly ever meet in one entry."""
    COMPTE_HORS_JOURNAL = "COMPTE_HORS_JOURNAL"
    """An account that this journal never uses."""
    COMPTE_INHABITUEL = "COMPTE_INHABITUEL"
    """An account that this third party is never dealt with on."""
    SENS_INVERSE = "SENS_INVERSE"
    """An account moved on the side it is not used on (debit and credit swapped)."""
    TIERS_INCONNU = "TIERS_INCONNU"
    """A third party never seen before, in a way that new ones do not appear."""
    LIBELLE_PAUVRE = "LIBELLE_PAUVRE"
    """A missing or generic label."""
    PIECE_ABSENTE = "PIECE_ABSENTE"
    """No piece reference where the journal has them."""
    TVA_TAUX = "TVA_TAUX"
    """A VAT amount that fits no legal French rate of its base."""
    TVA_SANS_BASE = "TVA_SANS_BASE"
    """A VAT account without any base in the entry."""
    BENFORD = "BENFORD"
    """The first two digits of an account's amounts deviate from Benford's law."""
    RAFALE = "RAFALE"
    """A burst of entries by one author."""
    EXTOURNE_RAPIDE = "EXTOURNE_RAPIDE"
    """An entry reversed soon after it was posted."""
    MODIFIEE_APRES_VALIDATION = "MODIFIEE_APRES_VALIDATION"
    """An entry changed or deleted after its validation."""
    MOT_CLE = "MOT_CLE"
    """A label with a word from the company's watch list."""
    LETTRAGE_INEGAL = "LETTRAGE_INEGAL"
    """A class 4 account lettered with unequal sums."""
    RECURRENTE_ABSENTE = "RECURRENTE_ABSENTE"
    """A recurring entry that was expected and did not arrive."""
    IBAN_PARTAGE = "IBAN_PARTAGE"
    """The same bank details used for several suppliers."""
    FEC_NON_CONFORME = "FEC_NON_CONFORME"
    """A field that the French audit file requires is missing, or is not as it must be."""

    # Models: an unusual combination that no single control names.
    FORET_ISOLATION = "FORET_ISOLATION"
    """The company's Isolation Forest isolates the entry quickly."""
    DETECTEUR_EN_LIGNE = "DETECTEUR_EN_LIGNE"
    """The online detector, for a company without a model, finds little mass where the entry lies."""
    COMPTE_IMPROBABLE = "COMPTE_IMPROBABLE"
    """The Random Forest gives the account that was used little probability."""
    RISQUE_CORRECTION = "RISQUE_CORRECTION"
    """Gradient Boosting expects the entry to be corrected or rejected."""
    CLASSE_SUSPECTE = "CLASSE_SUSPECTE"
    """The SVM takes the entry for an input error, or for one to be reviewed."""

    # Treasury: a day against the forecast that was made before it.
    FLUX_INHABITUEL = "FLUX_INHABITUEL"
    """More came in or went out than the forecast explains."""
    FLUX_ABSENT = "FLUX_ABSENT"
    """What should have moved on that day did not."""
    FLUX_DECALE = "FLUX_DECALE"
    """An amount that was expected, on another day."""
    SOLDE_INCOHERENT = "SOLDE_INCOHERENT"
    """A balance that does not follow from the day before and the day's flows."""
    PREVISION_DERIVE = "PREVISION_DERIVE"
    """Days have left the forecast's interval too often."""
    RISQUE_LIQUIDITE = "RISQUE_LIQUIDITE"
    """The balance will probably fall under its floor."""

    @property
    def is_model(self) -> bool:
        """Whether the code stands for a model rather than for a control."""
        return self in _MODELS

    @property
    def is_treasury(self) -> bool:
        """Whether the code is about cash, and never about an entry."""
        return self in _TREASURY


_MODELS = frozenset(
    {
        CodeMotif.FORET_ISOLATION,
        CodeMotif.DETECTEUR_EN_LIGNE,
        CodeMotif.COMPTE_IMPROBABLE,
        CodeMotif.RISQUE_CORRECTION,
        CodeMotif.CLASSE_SUSPECTE,
    }
)

_TREASURY = frozenset(
    {
        CodeMotif.FLUX_INHABITUEL,
        CodeMotif.FLUX_ABSENT,
        CodeMotif.FLUX_DECALE,
        CodeMotif.SOLDE_INCOHERENT,
        CodeMotif.PREVISION_DERIVE,
        CodeMotif.RISQUE_LIQUIDITE,
    }
)
