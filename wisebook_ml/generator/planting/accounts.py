"""PAIRE_RARE, COMPTE_HORS_JOURNAL, COMPTE_INHABITUEL and SENS_INVERSE: the wrong account, or side of it."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, next_business

__all__: list[str] = []

PAIR, JOURNAL, SIDE = CodeMotif.PAIRE_RARE, CodeMotif.COMPTE_HORS_JOURNAL, CodeMotif.SENS_INVERSE
PARTY = CodeMotif.COMPTE_INHABITUEL

OCCASIONAL = 3
"""Invoices up to which a supplier has no habits."""

ODD_PAIRS = (
    ("411", "455", "AFFECTATION COMPTE COURANT"),
    ("53", "707", "VENTE COMPTOIR"),
    ("607", "455", "ACHATS REGLES PAR ASSOCIE"),
    ("6226", "53", "HONORAIRES ESPECES"),
    ("101", "411", "COMPENSATION"),
    ("706", "607", "RECLASSEMENT"),
    ("641", "53", "COMPLEMENT SALAIRE"),
    ("2183", "707", "CESSION INTERNE"),
    ("758", "411", "SOLDE CLIENT"),
    ("164", "707", "ENCAISSEMENT"),
)
"""Pairs that an auditor asks about: income against loans, wages in cash, capital against customers."""


def _od(site: Site, debit: str, credit: str, lib: str, cents: int) -> Draft:
    """Post an entry of the general journal between two accounts, typed by those who keep it."""
    c, rng = site.chart, site.rng
    day = next_business(site.month.debut + JOUR * rng.randint(2, 25))
    day = min(day, site.month.fin)
    ref = f"OD{day:%y%m}{site.world.piece('od'):03d}"
    lignes = [DraftLine(c[debit], cents), DraftLine(c[credit], -cents)]
    draft = Draft("OD", day, f"{lib} {day:%m/%Y}", lignes, "od", ref, day)
    return site.world.typed(draft, "od", rng.randint(0, 3))


@anomaly(PAIR, "od_inhabituelle", habitude=True)
def odd_pair(site: Site, case: Case) -> bool:
    """Book two accounts against each other that have no business together."""
    debit, credit, lib = site.rng.choice(ODD_PAIRS)
    cents = site.world.amount(site.rng, 900, 0.8)
    draft = _od(site, debit, credit, lib, cents)
    for ligne in draft.lignes:
        if ligne.compte == site.chart["411"]:
            client = site.company.clients.draw(site.rng, draft.jour)
            ligne.aux, ligne.aux_lib = client.aux, client.nom
    case.label(draft, f"Le {debit} contre le {credit} : deux comptes sans rapport.")
    return True


@anomaly(PAIR, "produit_au_bilan", habitude=True)
def sale_into_loan(site: Site, case: Case) -> bool:
    """Credit a sale to a balance-sheet account that never meets customers."""
    # A sale without tax: with tax, the missing base would be the louder error.
    draft = site.pick("vente", where=lambda d: not any(x.compte.startswith("445") for x in d.lignes))
    if draft is None:
        return False
    code = site.rng.choice(("164", "455", "1511", "37"))
    draft.lignes[1].compte = site.chart[code]
    case.label(draft, f"Vente créditée au {code} au lieu d'un compte de produits.")
    return True


@twin(PAIR, "creance_irrecouvrable", habitude=True)
def bad_debt(site: Site, case: Case) -> bool:
    """Write off a customer: rare, but the pair and the VAT are what the law says, with a piece."""
    client = site.company.clients.draw(site.rng, site.month.debut + JOUR * 20)
    base = site.world.amount(site.rng, 400, 0.5)
    draft = _od(site, "654", "411", f"CREANCE IRRECOUVRABLE {client.nom} JUGEMENT", base)
    tax = base // 5
    draft.lignes.insert(1, DraftLine(site.chart["445711"], tax))
    draft.lignes[2].montant = -(base + tax)
    draft.lignes[2].aux, draft.lignes[2].aux_lib = client.aux, client.nom
    draft.piece = f"JUG{draft.jour:%y%m}"
    case.label(draft, "Perte sur créance après jugement, TVA récupérée : rare et régulier.")
    return True


@twin(PAIR, "remboursement_assurance")
def insurance(site: Site, case: Case) -> bool:
    """Receive an insurer's indemnity: rare, but with its file number."""
    day = next_business(site.month.debut + JOUR * site.rng.randint(2, 20))
    cents = site.world.amount(site.rng, 1_200, 0.5)
    lignes = [DraftLine(site.chart["5121"], cents), DraftLine(site.chart["791"], -cents)]
    ref = f"RLV{day:%y%m%d}"
    lib = f"INDEMNITE ASSURANCE SINISTRE {site.rng.randint(20_000, 99_999)}"
    draft = Draft("BQ", day, lib, lignes, "indemnite", ref, day)
    site.world.by_robot(draft, "import.banque", next_business(day + JOUR))
    case.label(draft, "Indemnité d'assurance avec numéro de sinistre.")
    return True


@anomaly(JOURNAL, "compte_d_un_autre_journal", habitude=True)
def foreign_account(site: Site, case: Case) -> bool:
    """Book a line to an account which that journal has no use for."""
    draft = site.pick("achat", "vente", "note_frais", "carte", where=lambda d: len(d.lignes) >= 3)
    if draft is None:
        return False
    wrong = {
        "vente": ("641", "6132", "758", "4081"),
        "achat": ("707", "641", "7085", "695", "37"),
        "note_frais": ("607", "641", "2183", "7085"),
        "carte": ("641", "707", "6037", "68112"),
    }[draft.nature]
    num = site.chart[site.rng.choice(wrong)]
    ligne = next(x for x in draft.lignes if x.compte[0] in "67")
    was, ligne.compte = ligne.compte, num
    case.label(draft, f"Compte {num} au lieu de {was} : étranger à ce journal.")
    return True


@anomaly(JOURNAL, "compte_inexistant", habitude=True)
def typo_in_account(site: Site, case: Case) -> bool:
    """Swap two digits of the account number."""
    draft = site.pick("achat", where=lambda d: d.lignes[0].compte[1] != d.lignes[0].compte[2])
    if draft is None:
        return False
    ligne = draft.lignes[0]
    num = ligne.compte
    wrong = num[0] + num[2] + num[1] + num[3:]
    ligne.compte = wrong
    case.label(draft, f"Numéro de compte mal saisi : {wrong} pour {num}.")
    return True


@twin(JOURNAL, "nouveau_compte_de_charge")
def new_account(site: Site, case: Case) -> bool:
    """Use a neighbouring account of the same class for a trade fair, as the label says.

    Its organiser sends an invoice now and then; that somebody of another trade sends it would be worth a question.
    """
    offices = {site.chart[code] for code in ("6231", "6226", "604", "6135")}
    rare = {one.aux for one in site.company.fournisseurs.tous if one.factures <= OCCASIONAL}
    draft = site.pick(
        "achat", where=lambda d: d.lignes[0].compte in offices and d.tiers is not None and d.tiers.aux in rare
    )
    if draft is None:
        return False
    draft.lignes[0].compte = site.chart["6233"]
    draft.rename(f"STAND SALON PROFESSIONNEL {draft.piece}")
    case.label(draft, "Compte de charge ouvert pour un besoin nouveau, nature conforme au libellé.")
    return True


@twin(JOURNAL, "tva_autoliquidee")
def reverse_charge(site: Site, case: Case) -> bool:
    """Point at an intra-EU purchase: VAT due among the purchases, as the reverse charge wants it."""
    draft = site.pick("achat", where=lambda d: any(x.compte == site.chart["4452"] for x in d.lignes))
    if draft is None:
        return False
    case.label(draft, "TVA autoliquidée : 4452 au journal des achats est régulier.")
    return True


@anomaly(PARTY, "charge_d_un_autre_fournisseur", habitude=True)
def charge_of_another(site: Site, case: Case) -> bool:
    """Book a supplier's invoice to an account that the journal uses every day, but never for this supplier."""
    draft = _of_regular(site)
    if draft is None or draft.tiers is None:
        return False
    mine = {x.compte for d in site.all("achat") if d.tiers and d.tiers.aux == draft.tiers.aux for x in d.lignes}
    others = {x.compte for d in site.all("achat") for x in d.lignes if x.compte[0] == "6"} - mine
    if not others:
        return False
    line = draft.lignes[0]
    was, line.compte = line.compte, site.rng.choice(sorted(others))
    case.label(draft, f"{draft.tiers.aux_lib} : {line.compte} au lieu du {was} habituel.")
    return True


@twin(PARTY, "fournisseur_a_plusieurs_natures")
def several_natures(site: Site, case: Case) -> bool:
    """Point at a supplier who is dealt with on several accounts, as so often before."""
    several: dict[str, set[str]] = {}
    for one in site.all("achat"):
        if one.tiers is not None:
            several.setdefault(one.tiers.aux, set()).update(x.compte for x in one.lignes if x.compte[0] == "6")
    draft = site.pick("achat", where=lambda d: d.tiers is not None and len(several.get(d.tiers.aux, ())) > 1)
    if draft is None:
        return False
    case.label(draft, "Fournisseur de plusieurs natures de charges, comme d'habitude.")
    return True


def _of_regular(site: Site) -> Draft | None:
    """Return a purchase from a supplier who has sent several invoices before."""
    regular = {one.aux for one in site.company.fournisseurs.tous if one.factures >= 6}
    return site.pick(
        "achat",
        free=True,
        where=lambda d: d.tiers is not None and d.tiers.aux in regular and d.lignes[0].compte[0] == "6",
    )


@anomaly(SIDE, "cotes_inverses", habitude=True)
def swapped(site: Site, case: Case) -> bool:
    """Swap debit and credit of a whole invoice."""
    draft = site.pick("achat", "vente", "note_frais", free=True)
    if draft is None:
        return False
    for ligne in draft.lignes:
        ligne.montant = -ligne.montant
    case.label(draft, "Débit et crédit intervertis sur toute la pièce.")
    return True


@anomaly(SIDE, "frais_au_credit", habitude=True)
def fees_credited(site: Site, case: Case) -> bool:
    """Swap the sides of bank fees or of a depreciation."""
    draft = site.pick("frais_bancaires", "amortissement", "carte")
    if draft is None:
        return False
    for ligne in draft.lignes:
        ligne.montant = -ligne.montant
    case.label(draft, "Charge passée au crédit.")
    return True


@twin(SIDE, "avoir")
def credit_note(site: Site, case: Case) -> bool:
    """Point at a credit note: the other side, with a reference to the invoice."""
    draft = site.pick("avoir", "avoir_fournisseur")
    if draft is None:
        return False
    case.label(draft, "Avoir : sens inverse justifié par sa pièce.")
    return True


@twin(SIDE, "extourne")
def accrual_back(site: Site, case: Case) -> bool:
    """Point at a reversal of an accrual, which credits a charge."""
    draft = next((d for d in site.all("extourne")), None)
    if draft is None or any(x.label.code is SIDE for x in draft.labels or ()):
        return False
    case.label(draft, "Extourne d'une charge à payer : charge au crédit, régulier.")
    return True
