"""Findings about accounts, journals and third parties, which only many entries show."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import Description

__all__ = ["DESCRIPTIONS"]

DESCRIPTIONS = {
    CodeMotif.BENFORD: Description(
        title_fr="Écart à la loi de Benford",
        title_en="Deviation from Benford's law",
        about_fr="Compare les deux premiers chiffres des montants d'un compte, sur une période, avec la loi que "
        "suivent les montants nés de nombreuses opérations. Un tarif unique ou des montants réglementés s'en écartent "
        "légitimement ; un compte peu mouvementé n'est pas jugé. Trier les montants du compte par premiers chiffres "
        "et regarder ceux qui sont trop fréquents.",
        about_en="Compares the first two digits of an account's amounts, over a period, with the law that amounts "
        "born of many operations follow. A single price or regulated amounts rightly deviate; an account of few "
        "movements is not judged. Sort the account's amounts by first digits and look at those that are too frequent.",
        value=("écart entre les chiffres observés et la loi", "distance between the digits and the law"),
    ),
    CodeMotif.LETTRAGE_INEGAL: Description(
        title_fr="Lettrage inégal",
        title_en="Unequal lettering",
        about_fr="Compare, par compte de classe 4, tiers et lettre, les débits et les crédits lettrés ensemble. Un "
        "lettrage encore en cours n'est pas signalé aussitôt. Délettrer, et justifier ou solder l'écart : il a "
        "disparu des postes ouverts.",
        about_en="Compares, per class 4 account, third party and letter, the debits and credits that were lettered "
        "together. A lettering that is still under way is not flagged at once. Undo it, and explain or settle the "
        "difference: it has vanished from the open items.",
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
        value=("retard au regard de la régularité passée", "delay, compared with how regular it was"),
    ),
}
