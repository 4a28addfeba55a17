"""Findings about accounts, journals and third parties, which only many entries show."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import Description

__all__ = ["DESCRIPTIONS"]

DESCRIPTIONS = {
    CodeMotif.BENFORD: Description(
        title_fr="Premiers chiffres anormaux (Benford)",
        title_en="Abnormal first digits (Benford)",
        about_fr="Compare les premiers chiffres des montants d'un compte, sur un mois avec l'habitude du compte et sur "
        "un exercice avec la loi de Benford, que suivent les montants nés de nombreuses opérations. Des montants égaux "
        "ne comptent qu'une fois, de sorte que loyers et tarifs n'y changent rien ; un compte peu mouvementé n'est pas "
        "jugé. Trier les montants du compte par premiers chiffres et regarder ceux qui sont trop fréquents.",
        about_en="Compares the first digits of an account's amounts, over a month with the habit of the account and "
        "over a fiscal year with Benford's law, which amounts born of many operations follow. Equal amounts count "
        "once, so that rents and price lists have no say; an account of few movements is not judged. Sort the "
        "account's amounts by first digits and look at those that are too frequent.",
        value=(
            "improbabilité, en puissances de dix : 3 pour une chance sur mille",
            "improbability, in powers of ten: 3 is one chance in a thousand",
        ),
    ),
    CodeMotif.LETTRAGE_INEGAL: Description(
        title_fr="Lettrage inégal",
        title_en="Unequal lettering",
        about_fr="Compare, par tiers (ou par compte de classe 4) et par lettre, les débits et les crédits lettrés "
        "ensemble, une fois que le lettrage devrait être complet. Une lettre minuscule, lettrage partiel, ne compte "
        "pas ; des comptes couramment lettrés autrement font l'objet d'un seul constat. Délettrer, et justifier ou "
        "solder l'écart : il a disparu des postes ouverts.",
        about_en="Compares, per third party (or account of class 4) and letter, the debits and credits that were "
        "lettered together, once the lettering should be complete. A letter in lower case, a part payment, does not "
        "count; accounts that are often lettered otherwise are told of once. Undo the lettering, and explain or settle "
        "the difference: it has vanished from the open items.",
        value=("écart en euros", "difference in euros"),
        needs=("ecriture_let",),
    ),
    CodeMotif.RECURRENTE_ABSENTE: Description(
        title_fr="Écriture récurrente absente",
        title_en="Missing recurring entry",
        about_fr="Apprend les écritures qui reviennent à intervalle régulier (loyer, échéance d'emprunt, abonnement) "
        "et signale celle qui n'est pas arrivée à la date attendue, après un délai de grâce. Un contrat résilié cesse "
        "d'être attendu. Vérifier si la facture manque, ou si le contrat a pris fin.",
        about_en="Learns the entries that come at a regular interval (rent, loan instalment, subscription) and tells "
        "of one that did not come when it was expected, after a time of grace. A contract that has ended is no longer "
        "expected. See whether the invoice is missing, or the contract is over.",
        value=("jours de retard", "days late"),
    ),
}
