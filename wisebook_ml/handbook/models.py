"""Models: an unusual combination that no single control names."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import Description

__all__ = ["DESCRIPTIONS"]

_TAIL = (
    "rareté parmi les écritures de la société, en puissances de dix : 2 pour une écriture sur cent",
    "rarity among the company's entries, in powers of ten: 2 is one entry in a hundred",
)
_IMPROBABILITY = (
    "combien de fois moins probable que le compte proposé, en puissances de dix : 2 pour cent fois",
    "how many times less likely than the account it proposes, in powers of ten: 2 is a hundred times",
)
_PROBABILITY = ("probabilité, de 0 à 1", "probability, from 0 to 1")

DESCRIPTIONS = {
    CodeMotif.FORET_ISOLATION: Description(
        title_fr="Combinaison inhabituelle (forêt d'isolement)",
        title_en="Unusual combination (Isolation Forest)",
        about_fr="Le modèle de la société isole l'écriture des autres en peu de questions : montant, comptes, tiers, "
        "date et libellé forment une combinaison rare, même si chacun est ordinaire. Il faut un modèle entraîné ; "
        "avant, le détecteur en ligne le remplace. Regarder les critères cités, du plus au moins marquant.",
        about_en="The company's model sets the entry apart from the others in few questions: amount, accounts, third "
        "party, date and label make a rare combination, even where each is ordinary. It takes a trained model; "
        "before, the online detector stands in. Look at the features that are named, most telling first.",
        value=_TAIL,
    ),
    CodeMotif.DETECTEUR_EN_LIGNE: Description(
        title_fr="Combinaison inhabituelle (détecteur en ligne)",
        title_en="Unusual combination (online detector)",
        about_fr="Apprend à chaque écriture, dès la première, quelles combinaisons sont courantes dans la société, et "
        "relève celles qui ne le sont pas. Sert tant que la société n'a pas de modèle entraîné. Regarder les critères "
        "cités, du plus au moins marquant.",
        about_en="Learns with every entry, from the first one on, which combinations are common in the company, and "
        "finds those that are not. It serves until the company has a trained model. Look at the features that are "
        "named, most telling first.",
        value=_TAIL,
    ),
    CodeMotif.COMPTE_IMPROBABLE: Description(
        title_fr="Compte improbable",
        title_en="Improbable account",
        about_fr="La forêt aléatoire de la société prévoit le compte de chaque ligne d'après le journal, le tiers, le "
        "libellé et le montant, et en juge un autre bien plus probable que celui qui a été utilisé. Interrogée "
        "seulement sur les écritures encore en doute après les autres modèles ; muette sans modèle entraîné. Comparer "
        "avec le compte proposé et reclasser si besoin.",
        about_en="The company's Random Forest foresees the account of each line from the journal, the third party, "
        "the label and the amount, and takes another for much likelier than the one that was used. Asked only about "
        "entries that are in doubt after the other models; silent without a trained model. Compare with the account it "
        "proposes, and reclassify where needed.",
        value=_IMPROBABILITY,
    ),
    CodeMotif.RISQUE_CORRECTION: Description(
        title_fr="Risque de correction",
        title_en="Likely to be corrected",
        about_fr="Le gradient boosting estime, d'après les écritures corrigées ou rejetées par le passé, la "
        "probabilité que celle-ci le soit aussi. Interrogé seulement sur les écritures en doute après les contrôles ; "
        "muet sans modèle entraîné, donc sans corrections passées. Relire l'écriture avant sa validation.",
        about_en="Gradient boosting estimates, from entries that were corrected or rejected in the past, how likely "
        "this one is to be. Asked only about entries that are in doubt after the controls; silent without a trained "
        "model, and so without past corrections. Read the entry again before it is validated.",
        value=_PROBABILITY,
    ),
    CodeMotif.CLASSE_SUSPECTE: Description(
        title_fr="Écriture classée suspecte",
        title_en="Entry classed as suspect",
        about_fr="Le classifieur (SVM) range l'écriture parmi les erreurs de saisie ou les écritures à revoir, "
        "d'après les avis donnés par le passé. Interrogé seulement sur les écritures en doute après les contrôles ; "
        "muet sans modèle entraîné, donc sans avis. Relire l'écriture et donner un avis, qui servira au prochain "
        "entraînement.",
        about_en="The classifier (SVM) takes the entry for an input error, or for one to be reviewed, from the "
        "verdicts of the past. Asked only about entries that are in doubt after the controls; silent without a trained "
        "model, and so without verdicts. Read the entry again and give a verdict, which the next training learns from.",
        value=_PROBABILITY,
    ),
}
