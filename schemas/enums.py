"""The closed lists of values that records use (DESIGN vocabulary; French terms as accountants know them)."""

from enum import StrEnum

__all__ = [
    "ClasseEcriture",
    "Direction",
    "DomaineApplication",
    "Etape",
    "Etat",
    "Motif",
    "Operation",
    "Origine",
    "RoleModele",
    "Severite",
    "SourcePosition",
    "Statut",
    "StatutCampagne",
    "StatutExecution",
    "TypeModele",
    "TypeObjet",
    "Verdict",
]


class Operation(StrEnum):
    """What happened to an entry in WiseBook."""

    CREATION = "CREATION"
    MODIFICATION = "MODIFICATION"
    VALIDATION = "VALIDATION"
    SUPPRESSION = "SUPPRESSION"


class Origine(StrEnum):
    """How an entry came into the books."""

    MANUELLE = "MANUELLE"
    IMPORT = "IMPORT"
    AUTOMATIQUE = "AUTOMATIQUE"


class SourcePosition(StrEnum):
    """Who says what a bank account holds."""

    BANQUE = "BANQUE"
    COMPTABILITE = "COMPTABILITE"


class TypeModele(StrEnum):
    """The algorithms a model can be made with."""

    LSTM = "LSTM"
    RANDOM_FOREST = "RANDOM_FOREST"
    XGBOOST = "XGBOOST"
    GRADIENT_BOOSTING = "GRADIENT_BOOSTING"
    DBSCAN = "DBSCAN"
    PROPHET = "PROPHET"
    ISOLATION_FOREST = "ISOLATION_FOREST"
    SVM = "SVM"


class DomaineApplication(StrEnum):
    """What a model or a detection is about."""

    ECRITURES_COMPTABLES = "ECRITURES_COMPTABLES"
    FLUX_TRESORERIE = "FLUX_TRESORERIE"
    RISQUE_CLIENT = "RISQUE_CLIENT"
    SCORING_PREDICTIF = "SCORING_PREDICTIF"
    SEGMENTATION = "SEGMENTATION"
    CLASSIFICATION = "CLASSIFICATION"
    ANOMALIES = "ANOMALIES"


class Statut(StrEnum):
    """Life cycle of a model."""

    BROUILLON = "BROUILLON"
    EN_ENTRAINEMENT = "EN_ENTRAINEMENT"
    PRET = "PRET"
    OBSOLETE = "OBSOLETE"
    ECHEC = "ECHEC"
    ARCHIVE = "ARCHIVE"


class StatutCampagne(StrEnum):
    """Life cycle of one training. The last four are ends.

    `REJOINTE`: another campaign of the same model was open already; it is the one to follow.
    """

    DEMANDEE = "DEMANDEE"
    EN_COURS = "EN_COURS"
    REUSSIE = "REUSSIE"
    ECHEC = "ECHEC"
    ANNULEE = "ANNULEE"
    REJOINTE = "REJOINTE"


class StatutExecution(StrEnum):
    """What became of a timer's run. `ARMEE`: none yet, the timer is due from that moment on."""

    ARMEE = "ARMEE"
    REUSSIE = "REUSSIE"
    ECHEC = "ECHEC"


class Etape(StrEnum):
    """What a training in work is doing."""

    COLLECTE = "COLLECTE"
    APPRENTISSAGE = "APPRENTISSAGE"
    EVALUATION = "EVALUATION"
    PUBLICATION = "PUBLICATION"


class RoleModele(StrEnum):
    """Whether a version decides, or only predicts in shadow, to be compared with the one that does."""

    CHAMPION = "CHAMPION"
    CHALLENGER = "CHALLENGER"


class ClasseEcriture(StrEnum):
    """What the classification says of an entry: correct, an input error, or to be reviewed by a person."""

    CORRECTE = "CORRECTE"
    ERREUR_SAISIE = "ERREUR_SAISIE"
    A_REVOIR = "A_REVOIR"


class Direction(StrEnum):
    """To which side an amount is unusual: above what was expected, or below."""

    HAUT = "HAUT"
    BAS = "BAS"


class Etat(StrEnum):
    """Whether a detection still stands."""

    OUVERTE = "OUVERTE"
    CLOSE = "CLOSE"


class Severite(StrEnum):
    """How serious a detection is, from least to most."""

    INFO = "INFO"
    FAIBLE = "FAIBLE"
    MOYENNE = "MOYENNE"
    ELEVEE = "ELEVEE"
    CRITIQUE = "CRITIQUE"


class TypeObjet(StrEnum):
    """What kind of thing a detection is about."""

    ECRITURE = "ECRITURE"
    COMPTE = "COMPTE"
    JOURNAL = "JOURNAL"
    TIERS = "TIERS"
    COMPTE_BANCAIRE = "COMPTE_BANCAIRE"
    TRESORERIE = "TRESORERIE"
    """All bank accounts of a company in one currency."""


class Verdict(StrEnum):
    """What a person says of a detection, or of one that should have been made."""

    CONFIRMEE = "CONFIRMEE"
    FAUX_POSITIF = "FAUX_POSITIF"
    RECLASSEE = "RECLASSEE"
    MANQUEE = "MANQUEE"


class Motif(StrEnum):
    """Why a training was asked for."""

    MANUEL = "MANUEL"
    PLANIFIE = "PLANIFIE"
    DERIVE = "DERIVE"
    AGE = "AGE"
