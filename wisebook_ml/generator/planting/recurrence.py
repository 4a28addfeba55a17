"""RECURRENTE_ABSENTE: what comes every month and once does not."""

from __future__ import annotations

import datetime as dt

from schemas.codes import CodeMotif
from schemas.enums import Origine, TypeObjet
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, next_business, shift

__all__: list[str] = []

CODE = CodeMotif.RECURRENTE_ABSENTE


@anomaly(CODE, "contrat_manquant", habitude=True, avant=True)
def contract_missing(site: Site, case: Case) -> bool:
    """Let the invoice of a rent, a leasing or a subscription not arrive for one month."""
    contracts = [
        one
        for one in site.company.contrats
        if one.jumeau is None
        and one.genre != "logiciel_a"
        and one.fin is None
        and (one.genre, site.month.index) not in site.world.absences
        and sum(other.genre == one.genre for other in site.company.contrats) == 1
    ]
    if not contracts:
        return False
    contract = site.rng.choice(contracts)
    site.world.absences.add((contract.genre, site.month.index))
    expected = next_business(dt.date(site.month.debut.year, site.month.debut.month, contract.jour))
    comment = f"{contract.lib} de {contract.nom} absent en {site.month.debut:%m/%Y}."
    case.missing(comment, TypeObjet.TIERS, contract.aux, expected)
    return True


@anomaly(CODE, "echeance_de_pret_manquante", habitude=True, avant=True)
def loan_missing(site: Site, case: Case) -> bool:
    """Let an instalment of the loan not be paid."""
    key = ("emprunt", site.month.index)
    if key in site.world.absences:
        return False
    site.world.absences.add(key)
    expected = next_business(dt.date(site.month.debut.year, site.month.debut.month, 5))
    comment = f"Échéance de prêt absente en {site.month.debut:%m/%Y}."
    case.missing(comment, TypeObjet.COMPTE, site.chart["164"], expected)
    return True


@twin(CODE, "arrivee_decalee")
def some_days_late(site: Site, case: Case) -> bool:
    """Receive a contract's invoice a few days later than usual."""
    natures = [nature for nature in site.natures("contrat:") if nature != "contrat:credit_bail"]
    draft = site.pick(*natures, where=lambda d: d.jour.day < 15 and d.origine is Origine.MANUELLE) if natures else None
    if draft is None:
        return False
    draft.jour = draft.piece_date = shift(draft.jour + JOUR, site.rng.randint(2, 5))
    who = next(one for one in site.company.auteurs if one.login == draft.auteur)
    draft.saisie_le = site.world.clock.person(who, draft.jour + JOUR)
    case.label(draft, "Échéance habituelle arrivée avec quelques jours de décalage.")
    return True


@twin(CODE, "contrat_resilie", habitude=True)
def terminated(site: Site, case: Case) -> bool:
    """End a contract: its last invoice says so, and nothing is due afterwards."""
    contracts = [
        one
        for one in site.company.contrats
        if one.genre in ("copieur", "nettoyage", "hebergement", "maintenance") and one.fin is None
    ]
    for contract in contracts:
        draft = next(
            (
                one
                for one in site.all(f"contrat:{contract.genre}")
                if not one.touche and one.tiers is not None and one.tiers.aux == contract.aux
            ),
            None,
        )
        if draft is not None:
            contract.fin = site.month.fin
            draft.rename(f"{draft.lib} RESILIATION DERNIERE ECHEANCE")
            comment = "Contrat résilié : plus rien n'est attendu ensuite."
            case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=contract.aux)
            return True
    return False
