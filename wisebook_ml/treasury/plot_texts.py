"""What stands on pictures of a forecast, in French and in English."""

from wisebook_ml.number_texts import count_en, count_fr

__all__ = ["MONTHS", "TEXTS", "days_text"]

MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
"""Months as they are shortened."""

TEXTS = {
    "fr": {
        "title": "Société {} : trésorerie prévue à {}",
        "accounts": "tous les comptes",
        "account": "compte {}",
        "as_of": "Solde du soir, {accounts} ; prévision faite au {day}.",
        "risk": "Risque de passer sous le plancher de {floor} d'ici {days} : {risk}",
        "risk_changed": "Avec le scénario, risque de passer sous le plancher de {floor} d'ici {days} : {risk}",
        "under": "Le solde est déjà sous le plancher de {floor}",
        "when": ", probable à partir du {}",
        "balance": "Solde",
        "flows": "Flux par jour",
        "known": "solde constaté",
        "expected": "solde prévu",
        "changed": "solde avec le scénario",
        "interval": "intervalle à {} %",
        "floor": "plancher {}",
        "past": "constaté",
        "coming": "prévu",
        "came": "encaissements",
        "went": "décaissements (prévus en clair)",
    },
    "en": {
        "title": "Company {}: cash forecast for {}",
        "accounts": "all accounts",
        "account": "account {}",
        "as_of": "Balance in the evening, {accounts}; forecast made on {day}.",
        "risk": "Risk of falling under the floor of {floor} within {days}: {risk}",
        "risk_changed": "Under the scenario, risk of falling under the floor of {floor} within {days}: {risk}",
        "under": "The balance is under the floor of {floor} already",
        "when": ", probable from {} on",
        "balance": "Balance",
        "flows": "Flows by day",
        "known": "balance",
        "expected": "expected balance",
        "changed": "balance under the scenario",
        "interval": "{} % interval",
        "floor": "floor {}",
        "past": "known",
        "coming": "expected",
        "came": "inflows",
        "went": "outflows (lighter: expected)",
    },
}


def days_text(number: int, lang: str) -> str:
    """Return a number of days in words.

    Examples
    --------
    >>> days_text(1, "fr"), days_text(90, "fr"), days_text(1, "en")
    ('1 jour', '90 jours', '1 day')
    """
    return count_fr(number, "jour", "jours") if lang == "fr" else count_en(number, "day", "days")
