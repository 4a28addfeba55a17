"""Treasury: what a day's position says of the forecast that was made before it, and of the days to come."""

from schemas import CodeMotif
from wisebook_ml.handbook.base import Description

__all__ = ["DESCRIPTIONS", "THRESHOLDS"]

_AMOUNT = (
    "rareté d'un tel écart, en puissances de dix : 2,3 pour une fois sur deux cents",
    "rarity of such a deviation, in powers of ten: 2.3 is once in two hundred",
)

_FORECAST = "Gibbs, Candès: Adaptive conformal inference under distribution shift, NeurIPS 2021"

THRESHOLDS = {
    CodeMotif.FLUX_INHABITUEL: (2.3, _FORECAST),
    CodeMotif.FLUX_ABSENT: (2.3, _FORECAST),
    CodeMotif.FLUX_DECALE: (2.3, _FORECAST),
    CodeMotif.SOLDE_INCOHERENT: (0.01, "arithmetic of a bank statement"),
    CodeMotif.PREVISION_DERIVE: (14.0, _FORECAST),
    CodeMotif.RISQUE_LIQUIDITE: (0.5, "share of the forecast's trajectories"),
}
"""From which value on each is told, and what it rests on: written here, since the catalogue is not to load the models
of the treasury; a test holds them together with `wisebook_ml.treasury`."""

DESCRIPTIONS = {
    CodeMotif.FLUX_INHABITUEL: Description(
        title_fr="Flux de trésorerie inhabituel",
        title_en="Unusual cash flow",
        about_fr="Compare les encaissements et les décaissements d'un jour avec la prévision faite avant lui, qui "
        "connaît le calendrier et le niveau de la société, et relève ce qui n'arrive par hasard qu'une fois sur deux "
        "cents. Muet tant que l'historique ne suffit pas à prévoir. Rechercher l'opération du jour, et qui l'a "
        "ordonnée.",
        about_en="Compares what came in and went out on a day with the forecast made before it, which knows the "
        "calendar and the company's level, and tells of what happens by chance once in two hundred times only. Silent "
        "until there is history enough to forecast from. Look up the day's transaction, and who ordered it.",
        value=_AMOUNT,
    ),
    CodeMotif.FLUX_ABSENT: Description(
        title_fr="Paiement attendu absent",
        title_en="Expected payment missing",
        about_fr="Signale un jour où bien moins a bougé que ce que la prévision attendait : des salaires, une échéance "
        "ou un règlement habituel manque. Un montant arrivé la veille ou le lendemain est alors reconnu comme décalé. "
        "Vérifier si le paiement est bloqué, reporté ou oublié.",
        about_en="Tells of a day on which far less moved than the forecast expected: wages, an instalment or a usual "
        "settlement is missing. An amount that comes a day later is then recognised as shifted. See whether the "
        "payment is blocked, put off or forgotten.",
        value=_AMOUNT,
    ),
    CodeMotif.FLUX_DECALE: Description(
        title_fr="Flux attendu un autre jour",
        title_en="Cash flow expected on another day",
        about_fr="Le montant était prévu, mais à une autre date de la semaine qui précède ou qui suit : payé en avance "
        "ou en retard. La trésorerie n'en est pas changée sur le mois. Vérifier l'échéance, et si le décalage est "
        "voulu.",
        about_en="The amount was expected, but on another day of the week before or after: it was paid early or late. "
        "Over the month it changes nothing. Check the due date, and whether the shift is intended.",
        value=_AMOUNT,
    ),
    CodeMotif.SOLDE_INCOHERENT: Description(
        title_fr="Solde bancaire incohérent",
        title_en="Inconsistent bank balance",
        about_fr="Le solde d'un compte bancaire n'est pas celui de la veille augmenté des encaissements et diminué des "
        "décaissements du jour. Muet pour une banque qui n'envoie que des soldes, et après des jours manquants. "
        "Demander le relevé, et envoyer la position corrigée avec une révision supérieure.",
        about_en="The balance of a bank account is not that of the day before plus what came in and less what went "
        "out. Silent for a bank that sends balances only, and after days that are missing. Ask for the statement, and "
        "send the corrected position with a higher revision.",
        value=("écart, dans la devise du compte", "difference, in the account's currency"),
    ),
    CodeMotif.PREVISION_DERIVE: Description(
        title_fr="Dérive de la prévision de trésorerie",
        title_en="Drift of the cash forecast",
        about_fr="Sur les vingt derniers jours jugés, quatorze sont sortis de l'intervalle prévu à 80 % : la "
        "trésorerie a quitté ses habitudes. Le modèle réapprend aussitôt que possible. Se demander ce qui a changé : "
        "client perdu, nouvelle activité, changement de banque.",
        about_en="Of the last twenty days that were judged, fourteen lay outside the 80 % interval of the forecast: "
        "cash has left its habits. The model learns anew as soon as it can. Ask what has changed: a client lost, a new "
        "business, another bank.",
        value=("jours hors de l'intervalle, sur vingt", "days outside the interval, of twenty"),
    ),
    CodeMotif.RISQUE_LIQUIDITE: Description(
        title_fr="Risque de liquidité",
        title_en="Liquidity risk",
        about_fr="La probabilité que le solde passe sous son plancher dans les 90 jours dépasse le seuil ; elle est la "
        "part des trajectoires prévues qui y passent. Clos dès qu'elle est redescendue nettement au-dessous. Relancer "
        "les clients, décaler des paiements ou préparer un financement avant la date indiquée.",
        about_en="The probability that the balance falls under its floor within 90 days passes the threshold; it is "
        "the share of forecast trajectories that do. Closed once it is well below again. Remind clients, put payments "
        "off or arrange a credit before the date that is named.",
        value=("probabilité, de 0 à 1", "probability, from 0 to 1"),
    ),
}
