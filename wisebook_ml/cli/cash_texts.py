"""How forecasts of cash read to a finance director, in French and in English."""

import datetime as dt

from wisebook_ml.controls.texts import NARROW_SPACE, count_en, count_fr, date_en, date_fr, number_en, number_fr

__all__ = ["MODELS", "TEXTS", "amount", "counted", "day", "model_name", "percent", "signed"]

TEXTS = {
    "fr": {
        "title": "Société {societe} : trésorerie {compte}, en {devise}",
        "account": "du compte {}",
        "accounts": "de tous les comptes",
        "known": "Solde au {day} : {balance}. {days} depuis le {first}{derived}.",
        "derived": ", tirés des écritures (aucune position bancaire publiée)",
        "horizons": ("À", "Le", "Solde attendu", "80 % de chances entre", "95 % de chances entre"),
        "known_days": ("jour connu", "jours connus"),
        "week": ("Semaine du", "Encaissements", "Décaissements", "Variation", "Solde en fin", "80 % de chances entre"),
        "month": ("Mois", "Encaissements", "Décaissements", "Variation", "Solde en fin", "80 % de chances entre"),
        "total": "Total",
        "low": "Point bas attendu : {low} le {day}.",
        "safe": "Risque de passer sous le plancher de {floor} d'ici {days} : {risk}.",
        "alert": "ALERTE : le solde risque de passer sous le plancher de {floor} d'ici le {day} (dans {ahead}) ; "
        "probabilité {risk} d'ici {days}.",
        "under": "ALERTE : le solde est déjà sous le plancher de {floor}.",
        "models": ("Prévision de", "Modèle retenu", "Meilleure référence", "Erreur"),
        "better": "{} plus faible",
        "reference": "aucun modèle ne la bat",
        "entrees": "encaissements, par jour",
        "entrees_cumul": "encaissements, en cumul",
        "sorties": "décaissements, par jour",
        "sorties_cumul": "décaissements, en cumul",
        "average": "moyenne : {}",
        "plot": "Graphique : {}",
        "no_entries": "{path} : aucune écriture de la société {societe}",
        "no_positions": "{path} : aucune position de la société {societe}",
        "of_others": " ; le fichier a celles de {}",
        "first_wrong": " ; sa première ligne refusée : {}",
        "rest": "Rien n'a bougé depuis le {day}, {rest} avant la dernière position : s'il manque des positions, "
        "les publier d'abord.",
        "beyond": "Le changement du {day} vient après la fin de la prévision, le {end} : il n'y change rien.",
        "too_much": "Les livres ont {} de postes clients ouverts, la prévision n'attend que {} "
        "d'encaissements en tout : lettrer ce qui est payé, sinon le scénario retire ce qui n'était pas attendu.",
        "needs_library": "--plot demande {} : `pip install wisebook-ml[train]`",
        "positions": ("position publiée", "positions publiées"),
        "instalments": ("mensualité", "mensualités"),
        "months": ("mois", "mois"),
        "scenario": "Scénario",
        "compare": ("À", "Le", "Solde attendu", "Avec le scénario", "Écart", "80 % de chances entre"),
        "before": "Sans le scénario",
        "after": "Avec le scénario",
        "effect_week": ("Semaine du", "Effet sur le solde", "Solde attendu", "Avec le scénario"),
        "effect_month": ("Mois", "Effet sur le solde", "Solde attendu", "Avec le scénario"),
        "late": "{client} paie {days} plus tard ({count}, {sum})",
        "late_all": "tous les clients paient {days} plus tard ce qui n'est pas encore en retard ({count}, {sum})",
        "payments": ("paiement attendu", "paiements attendus"),
        "overdue": ", dont {} déjà en retard",
        "loan": "emprunt de {sum} le {day}, remboursé en {months} à {rate} par an",
        "invest": "investissement de {sum} le {day}",
        "brings": ", qui rapporte {sum} par mois pendant {months}",
        "flow": "{sum} le {day}",
        "times": ", puis chaque mois ({times} fois en tout)",
    },
    "en": {
        "title": "Company {societe}: cash {compte}, in {devise}",
        "account": "of account {}",
        "accounts": "of all accounts",
        "known": "Balance on {day}: {balance}. {days} since {first}{derived}.",
        "derived": ", derived from the entries (no bank positions were published)",
        "horizons": ("In", "On", "Expected balance", "80 % likely between", "95 % likely between"),
        "known_days": ("day known", "days known"),
        "week": ("Week of", "Inflows", "Outflows", "Change", "Closing balance", "80 % likely between"),
        "month": ("Month", "Inflows", "Outflows", "Change", "Closing balance", "80 % likely between"),
        "total": "Total",
        "low": "Expected low: {low} on {day}.",
        "safe": "Risk of falling under the floor of {floor} within {days}: {risk}.",
        "alert": "ALERT: the balance may fall under the floor of {floor} by {day} (in {ahead}); probability "
        "{risk} within {days}.",
        "under": "ALERT: the balance is under the floor of {floor} already.",
        "models": ("Forecast of", "Chosen model", "Best baseline", "Error"),
        "better": "{} smaller",
        "reference": "no model beats it",
        "entrees": "inflows, by day",
        "entrees_cumul": "inflows, added up",
        "sorties": "outflows, by day",
        "sorties_cumul": "outflows, added up",
        "average": "average: {}",
        "plot": "Plot: {}",
        "no_entries": "{path}: no entries of company {societe}",
        "no_positions": "{path}: no positions of company {societe}",
        "of_others": "; it has those of {}",
        "first_wrong": "; its first line that is none: {}",
        "rest": "Nothing has moved since {day}, {rest} before the last position: if positions are missing, "
        "publish them first.",
        "beyond": "The change of {day} comes after the end of the forecast, {end}: it changes nothing there.",
        "too_much": "The books have open items of clients of {}, the forecast expects inflows of {} in all: "
        "letter what was paid, or the scenario takes away what was never expected.",
        "needs_library": "--plot needs {}: `pip install wisebook-ml[train]`",
        "positions": ("position published", "positions published"),
        "instalments": ("monthly instalment", "monthly instalments"),
        "months": ("month", "months"),
        "scenario": "Scenario",
        "compare": ("In", "On", "Expected balance", "Under the scenario", "Difference", "80 % likely between"),
        "before": "Without the scenario",
        "after": "Under the scenario",
        "effect_week": ("Week of", "Effect on the balance", "Expected balance", "Under the scenario"),
        "effect_month": ("Month", "Effect on the balance", "Expected balance", "Under the scenario"),
        "late": "{client} pays {days} later ({count}, {sum})",
        "late_all": "all clients pay what is not overdue yet {days} later ({count}, {sum})",
        "payments": ("expected payment", "expected payments"),
        "overdue": ", of which {} are overdue already",
        "loan": "loan of {sum} on {day}, paid back in {months} at {rate} a year",
        "invest": "investment of {sum} on {day}",
        "brings": ", which brings {sum} a month for {months}",
        "flow": "{sum} on {day}",
        "times": ", then every month ({times} times in all)",
    },
}

MODELS = {
    "fr": {
        "naive": "dernier jour connu",
        "weekly": "même jour de la semaine passée",
        "monthly": "même jour du mois passé",
        "running_median": "médiane récente",
        "running_mean": "moyenne récente",
        "business_day": "même jour ouvré du mois",
        "calendar_boosting": "gradient boosting du calendrier",
        "calendar_forest": "forêt du calendrier",
        "open_items": "postes ouverts",
        "prophet": "Prophet",
        "lstm": "LSTM",
    },
    "en": {
        "naive": "last known day",
        "weekly": "same day of last week",
        "monthly": "same day of last month",
        "running_median": "recent median",
        "running_mean": "recent mean",
        "business_day": "same business day of the month",
        "calendar_boosting": "calendar gradient boosting",
        "calendar_forest": "calendar forest",
        "open_items": "open items",
        "prophet": "Prophet",
        "lstm": "LSTM",
    },
}
"""What candidates are called."""


def amount(value: float, lang: str, devise: str = "") -> str:
    """Return an amount in whole units, which is as exact as a forecast is.

    Examples
    --------
    >>> amount(-1234567.8, "en"), amount(-0.3, "en", "USD"), amount(12.0, "fr", "EUR").replace(NARROW_SPACE, " ")
    ('-1,234,568', '0 USD', '12 €')
    """
    whole = round(value)
    text = number_fr(whole, 0) if lang == "fr" else number_en(whole, 0)
    if not devise:
        return text
    return f"{text}{NARROW_SPACE}{'€' if devise == 'EUR' else devise}" if lang == "fr" else f"{text} {devise}"


def counted(number: int, what: str, lang: str) -> str:
    """Return a number with the noun that `TEXTS` has for it.

    Examples
    --------
    >>> counted(1, "instalments", "fr"), counted(2, "months", "en")
    ('1 mensualité', '2 months')
    """
    one, many = TEXTS[lang][what]
    return count_fr(number, one, many) if lang == "fr" else count_en(number, one, many)


def signed(value: float, lang: str) -> str:
    """Return a difference with its sign.

    Examples
    --------
    >>> signed(5.2, "en"), signed(-5.2, "en"), signed(0.2, "en")
    ('+5', '-5', '0')
    """
    return f"{'+' if round(value) > 0 else ''}{amount(value, lang)}"


def day(when: dt.date, lang: str) -> str:
    """Return a date as people write it."""
    return date_fr(when) if lang == "fr" else date_en(when)


def percent(share: float, lang: str, decimals: int = 0) -> str:
    """Return a share in percent; what is not quite 0 or 1 does not read as if it were.

    Examples
    --------
    >>> percent(0.256, "en"), percent(0.001, "en"), percent(0.999, "en"), percent(1.0, "en")
    ('26 %', '< 1 %', '> 99 %', '100 %')
    """
    if decimals == 0 and 0 < share < 0.005:
        return f"<{NARROW_SPACE}1{NARROW_SPACE}%" if lang == "fr" else "< 1 %"
    if decimals == 0 and 0.995 < share < 1:
        return f">{NARROW_SPACE}99{NARROW_SPACE}%" if lang == "fr" else "> 99 %"
    return f"{number_fr(100 * share, decimals)}{NARROW_SPACE}%" if lang == "fr" else f"{100 * share:.{decimals}f} %"


def model_name(names: tuple[str, ...], lang: str) -> str:
    """Return what a candidate, or an average of some, is called.

    Examples
    --------
    >>> model_name(("calendar_forest",), "fr"), model_name(("weekly", "lstm"), "en")
    ('forêt du calendrier', 'average: same day of last week + LSTM')
    """
    told = [MODELS[lang].get(name, name) for name in names]
    return told[0] if len(told) == 1 else str(TEXTS[lang]["average"]).format(" + ".join(told))
