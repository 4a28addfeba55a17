"""What each kind of finding rests on, as a French reader cites it."""

from types import MappingProxyType

from schemas import CodeMotif

__all__ = ["SOURCES_FR"]

SOURCES_FR = MappingProxyType(
    {
        CodeMotif.DESEQUILIBRE: "PCG, art. 921-1 (partie double) ; FEC, art. A47 A-1 du LPF",
        CodeMotif.DOUBLON: "ISA 240 A45 ; NEP 240",
        CodeMotif.RUPTURE_NUMEROTATION: "Art. A47 A-1 du LPF (numérotation continue, sans rupture) ; PCG, art. 921-3",
        CodeMotif.HORS_EXERCICE: "Code de commerce, art. L123-12 ; art. A47 A-1 du LPF",
        CodeMotif.ANTIDATEE: "ISA 240 A45 (écritures passées après la fin de la période) ; PCG, art. 921-2",
        CodeMotif.POSTDATEE: "ISA 240 A45 ; PCG, art. 921-2",
        CodeMotif.JOUR_NON_OUVRE: "ISA 240 A45 (moments inhabituels) ; Code du travail, art. L3133-1 (jours fériés)",
        CodeMotif.HEURE_INHABITUELLE: "ISA 240 A45 ; AICPA AU-C 240",
        CodeMotif.MONTANT_ROND: "ISA 240 A45 (chiffres ronds ou terminaisons répétées)",
        CodeMotif.SOUS_SEUIL: "ACFE, Fraud Examiners Manual (achats fractionnés) ; ISA 240 A45",
        CodeMotif.MONTANT_INHABITUEL: (
            "ISA 520 (procédures analytiques) ; Lange, Little, Taylor 1989 (lois à queue lourde)"
        ),
        CodeMotif.PAIRE_RARE: "ISA 240 A45 (comptes inhabituels ou rarement utilisés) ; Bay et al., KDD 2006",
        CodeMotif.COMPTE_HORS_JOURNAL: "ISA 240 A45 (combinaisons de comptes inhabituelles)",
        CodeMotif.COMPTE_INHABITUEL: (
            "ISA 240 A45 (combinaisons de comptes inhabituelles) ; Good 1953 (probabilité d'une espèce nouvelle)"
        ),
        CodeMotif.SENS_INVERSE: "PCG (sens normal des comptes) ; ISA 240 A45",
        CodeMotif.TIERS_INCONNU: "ACFE, Fraud Examiners Manual (sociétés écrans) ; ISA 240",
        CodeMotif.LIBELLE_PAUVRE: "PCG, art. 921-2 (contenu de l'écriture) ; art. A47 A-1 du LPF (EcritureLib)",
        CodeMotif.PIECE_ABSENTE: (
            "Code de commerce, art. R123-174 (pièce justificative) ; art. A47 A-1 du LPF (PieceRef)"
        ),
        CodeMotif.TVA_TAUX: "CGI, art. 278 à 281 nonies et 297 (taux)",
        CodeMotif.TVA_SANS_BASE: "CGI, art. 266 et 271 ; PCG, art. 944-44",
        CodeMotif.RAFALE: "ISA 240 A45 ; AICPA AU-C 240",
        CodeMotif.EXTOURNE_RAPIDE: "ISA 240 A45 (écritures contre-passées après la clôture de la période) ; NEP 240",
        CodeMotif.MODIFIEE_APRES_VALIDATION: (
            "PCG, art. 921-3 (caractère définitif des écritures validées) ; CGI, art. 286"
        ),
        CodeMotif.MOT_CLE: "ISA 240 A45 (écritures peu ou pas expliquées) ; ACFE, Fraud Examiners Manual",
        CodeMotif.IBAN_PARTAGE: (
            "ACFE, Fraud Examiners Manual (rapprochement du fichier fournisseurs) ; Banque de France, fraude au RIB"
        ),
        CodeMotif.FEC_NON_CONFORME: "Art. A47 A-1 du LPF ; BOI-CF-IOR-60-40-20",
        CodeMotif.BENFORD: "Nigrini, Benford's Law, Wiley 2012 ; ISA 240 A44 (corrélations inhabituelles)",
        CodeMotif.LETTRAGE_INEGAL: (
            "BOI-CF-IOR-60-40-20 (EcritureLet, DateLet) ; PCG, art. 944-40 et 944-41 (comptes de tiers)"
        ),
        CodeMotif.RECURRENTE_ABSENTE: (
            "NEP 520 (procédures analytiques) ; ISA 520, par. 5 à 7 ; C. com., art. L123-14 (exhaustivité)"
        ),
        CodeMotif.SOLDE_INCOHERENT: "arithmétique d'un relevé bancaire",
        CodeMotif.RISQUE_LIQUIDITE: "part des trajectoires de la prévision",
    }
)
"""By code. What the code declares (`Control.source`, `Subject.source`) cites the same in English; the papers that
models rest on read alike in both languages."""
