"""The words of exports, in French and English."""

from schemas import Etat, Verdict

__all__ = ["ETATS", "HEADS", "VERDICTS", "WORDS"]

VERDICTS = {
    "fr": {
        Verdict.CONFIRMEE: "confirmée",
        Verdict.FAUX_POSITIF: "faux positif",
        Verdict.RECLASSEE: "autre compte",
        Verdict.MANQUEE: "manquée",
    },
    "en": {
        Verdict.CONFIRMEE: "confirmed",
        Verdict.FAUX_POSITIF: "false positive",
        Verdict.RECLASSEE: "other account",
        Verdict.MANQUEE: "missed",
    },
}
ETATS = {
    "fr": {Etat.OUVERTE: "ouverte", Etat.CLOSE: "close"},
    "en": {Etat.OUVERTE: "open", Etat.CLOSE: "closed"},
}
HEADS = {
    "fr": (
        "Société", "Date", "Journal", "Numéro", "Écriture", "Objet", "Montant", "Score", "Gravité", "État", "Motifs",
        "Codes", "Détectée le", "Révision", "Avis", "Compte proposé", "Auteur", "Commentaire", "Avis du", "Historique",
        "Détection",
    ),
    "en": (
        "Company", "Date", "Journal", "Number", "Entry", "Object", "Amount", "Score", "Severity", "State", "Reasons",
        "Codes", "Detected", "Revision", "Verdict", "Right account", "By", "Comment", "Given", "History", "Detection",
    ),
}  # fmt: skip
WORDS = {
    "fr": {
        "title": "Rapport des anomalies",
        "company": "Société",
        "period": "Période",
        "to": "au",
        "made": "Établi le",
        "summary": "Synthèse",
        "detections": "Détections",
        "by_severity": "Par gravité",
        "by_state": "Par état",
        "by_verdict": "Par avis",
        "by_code": "Par motif",
        "unjudged": "sans avis",
        "entry": "Écriture",
        "journal": "journal",
        "score": "score",
        "amount": "montant en jeu",
        "reasons": "Motifs",
        "history": "Avis",
        "none": "Aucune détection sur cette période.",
        "no_verdict": "Aucun avis.",
        "left_out": "Les {shown} détections de plus haut score, sur {total}, sont montrées ; le CSV les a toutes.",
        "on": "le",
        "by": "par",
        "replaced": "remplacé",
        "account": "compte",
        "page": "page",
        "colon": " : ",
    },
    "en": {
        "title": "Report of anomalies",
        "company": "Company",
        "period": "Period",
        "to": "to",
        "made": "Made on",
        "summary": "Summary",
        "detections": "Detections",
        "by_severity": "By severity",
        "by_state": "By state",
        "by_verdict": "By verdict",
        "by_code": "By reason",
        "unjudged": "no verdict",
        "entry": "Entry",
        "journal": "journal",
        "score": "score",
        "amount": "amount at stake",
        "reasons": "Reasons",
        "history": "Verdicts",
        "none": "No detection in this period.",
        "no_verdict": "No verdict.",
        "left_out": "Of {total} detections, the {shown} of the highest scores are shown; the CSV has all of them.",
        "on": "on",
        "by": "by",
        "replaced": "replaced",
        "account": "account",
        "page": "page",
        "colon": ": ",
    },
}
