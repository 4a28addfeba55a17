"""HEURE_INHABITUELLE and RAFALE: when and how fast people type."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from schemas.codes import CodeMotif
from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.people import Clock
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin

__all__: list[str] = []

HOUR, BURST = CodeMotif.HEURE_INHABITUELLE, CodeMotif.RAFALE

NIGHT_HOURS = (0, 1, 3, 4, 5, 21, 22, 23)
"""Without the hour that daylight saving time skips or repeats."""

EVENING_S = 17 * 3600
"""People whose day begins later than this work in the evening anyway."""

BURST_MIN, BURST_MAX = 12, 35
TWIN_BATCH_MAX = 60


@anomaly(HOUR, "saisie_de_nuit", habitude=True)
def at_night(site: Site, case: Case) -> bool:
    """Type one entry in the night, under an account that works in the daytime."""
    day_people = {one.login for one in site.company.auteurs if one.debut < EVENING_S}
    draft = site.pick(*TYPED, "paie", where=lambda d: d.auteur in day_people)
    if draft is None:
        return False
    hour = site.rng.choice(NIGHT_HOURS)
    draft.saisie_le = Clock.moment(draft.saisie_le.date(), hour * 3600 + site.rng.randint(0, 3599))
    case.label(draft, f"Saisie vers {hour} h par {draft.auteur}, qui travaille de jour.")
    return True


@anomaly(HOUR, "tot_le_matin", habitude=True)
def before_the_others(site: Site, case: Case) -> bool:
    """Type one entry some hours before the day begins or after it has ended."""
    people = {one.login: one for one in site.company.auteurs if one.debut < EVENING_S}
    draft = site.pick(*TYPED, where=lambda d: d.auteur in people)
    if draft is None:
        return False
    who = people[draft.auteur]
    if site.rng.random() < 0.5:
        seconds = who.debut - site.rng.randint(9_000, 12_600)
    else:
        seconds = min(who.fin + site.rng.randint(9_000, 16_000), 86_000)
    draft.saisie_le = Clock.moment(draft.saisie_le.date(), seconds)
    case.label(draft, "Saisie loin en dehors des heures de son auteur.")
    return True


@twin(HOUR, "import_nocturne")
def night_import(site: Site, case: Case) -> bool:
    """Point at a line of the bank statement, imported before dawn as on every day."""
    draft = site.pick("reglement_client", "reglement_fournisseur", "frais_bancaires")
    if draft is None:
        return False
    case.label(draft, "Relevé importé chaque nuit par le programme de banque.")
    return True


@twin(HOUR, "controle_du_soir")
def evening_worker(site: Site, case: Case) -> bool:
    """Point at an entry of the controller who always works in the evening."""
    evening = {one.login for one in site.company.auteurs if one.debut >= EVENING_S}
    draft = site.pick("amortissement", "accrual", "tva", "od", where=lambda d: d.auteur in evening)
    if draft is None:
        return False
    case.label(draft, "Contrôleur à temps partagé, qui travaille toujours le soir.")
    return True


def _sessions(site: Site) -> dict[str, list[Draft]]:
    found: dict[str, list[Draft]] = defaultdict(list)
    for nature in TYPED:
        for draft in site.all(nature):
            if draft.origine is Origine.MANUELLE and not draft.touche:
                found[draft.auteur].append(draft)
    return found


@anomaly(BURST, "saisie_en_serie", habitude=True, poids=20)
def in_a_burst(site: Site, case: Case) -> bool:
    """Type dozens of entries in a few minutes, faster than anybody can look at a piece."""
    sessions = {who: drafts for who, drafts in _sessions(site).items() if len(drafts) >= BURST_MIN}
    if not sessions:
        return False
    who = site.rng.choice(sorted(sessions))
    drafts = sorted(sessions[who], key=lambda d: d.saisie_le)
    size = min(len(drafts), site.rng.randint(BURST_MIN, BURST_MAX))
    first = site.rng.randint(0, len(drafts) - size)
    run = drafts[first : first + size]
    now = run[-1].saisie_le
    for draft in run:
        draft.saisie_le = now
        now += dt.timedelta(seconds=site.rng.randint(3, 17))
        case.label(draft, f"{size} écritures de {who} en quelques minutes.")
    return True


def _batches(drafts: list[Draft]) -> dict[dt.date, list[Draft]]:
    found: dict[dt.date, list[Draft]] = defaultdict(list)
    for draft in drafts:
        found[draft.saisie_le.date()].append(draft)
    return found


@twin(BURST, "lot_d_import", poids=20)
def import_run(site: Site, case: Case) -> bool:
    """Point at one night's bank statement, imported within a minute as on every night."""
    batches = [
        batch
        for batch in _batches([*site.all("reglement_client"), *site.all("reglement_fournisseur")]).values()
        if 6 <= len(batch) <= TWIN_BATCH_MAX and not any(draft.touche for draft in batch)
    ]
    if not batches:
        return False
    for draft in site.rng.choice(batches):
        case.label(draft, "Lot du relevé de banque, importé en une fois comme chaque nuit.")
    return True


@twin(BURST, "prelevements_du_mois", poids=20)
def wages_session(site: Site, case: Case) -> bool:
    """Post the month's payroll in one go from the payroll program, under the name of its operator."""
    batch = [draft for nature in ("paie", "paie_charges") for draft in site.all(nature) if not draft.touche]
    if len(batch) < 2:
        return False
    now = max(draft.saisie_le for draft in batch)
    for draft in batch:
        draft.saisie_le, draft.origine = now, Origine.IMPORT
        now += dt.timedelta(seconds=1)
        case.label(draft, "Journal de paie importé en une fois par la personne qui la tient.")
    return True
