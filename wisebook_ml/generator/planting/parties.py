"""TIERS_INCONNU and IBAN_PARTAGE: third parties that appear, or are paid, in a way that real ones are not."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.enums import TypeObjet
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals import bank, purchases
from wisebook_ml.generator.names import Namer
from wisebook_ml.generator.parties import PURCHASE_KINDS, Tiers, bank_print
from wisebook_ml.generator.planting.base import TRIES, Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import shift

__all__: list[str] = []

UNKNOWN, SHARED = CodeMotif.TIERS_INCONNU, CodeMotif.IBAN_PARTAGE

ORDINARY_KINDS = tuple(kind for kind in PURCHASE_KINDS if kind.taux == 200 and kind.code != "carburant")


def _newcomer(site: Site, *, nom: str = "", iban: str = "") -> Tiers:
    """Return a new supplier with an account in the company's style, who will not be drawn by the base ledger."""
    book = site.company.fournisseurs
    nom = nom or Namer(site.rng).company()
    aux = book.aux(nom)
    tiers = Tiers(
        aux=aux,
        nom=nom,
        poids=0,
        facteur=1.0,
        depuis=site.month.debut,
        delai=30,
        mode="VIR",
        iban=iban or bank_print((site.company.seed, "new", aux)),
        genre=site.rng.choice(ORDINARY_KINDS),
    )
    return book.add(tiers)


def _bill(site: Site, tiers: Tiers) -> Draft:
    day = shift(site.month.debut, site.rng.randint(1, 14))
    draft = purchases.invoice(site.world, site.rng, day, tiers)
    site.world.typed(draft, "achats", site.rng.randint(1, 5))
    purchases.schedule_payment(site.world, draft, tiers)
    return draft


def _established(site: Site) -> Tiers | None:
    """Return a supplier with a history, the busier the likelier; a very small company may have none yet."""
    for _ in range(TRIES):
        tiers = site.company.fournisseurs.draw(site.rng, site.month.debut)
        if tiers.factures > 1:
            return tiers
    return None


@anomaly(UNKNOWN, "paye_sans_facture", habitude=True)
def paid_without_invoice(site: Site, case: Case) -> bool:
    """Transfer money to a supplier nobody has ever invoiced from."""
    tiers = _newcomer(site)
    day = shift(site.month.debut, site.rng.randint(2, 16))
    cents = site.world.amount(site.rng, 1_700, 0.6)
    ligne = DraftLine(site.chart["401"], cents, aux=tiers.aux, aux_lib=tiers.nom, iban=tiers.iban)
    draft = bank.debit(site.world, day, f"VIR SEPA {tiers.nom}", [ligne], "reglement_inconnu")
    case.label(draft, f"{tiers.nom} payé sans facture ni antécédent.", objet_type=TypeObjet.TIERS, objet_id=tiers.aux)
    return True


@anomaly(UNKNOWN, "compte_hors_plan", habitude=True)
def off_pattern(site: Site, case: Case) -> bool:
    """Book to a catch-all account that fits no numbering of third parties."""
    draft = site.pick("achat", "vente", free=True, where=lambda d: d.tiers is not None)
    if draft is None or draft.tiers is None:
        return False
    prefix = "FDIV" if draft.nature == "achat" else "CDIV"
    aux = f"{prefix}{site.rng.choice('ZXQW')}{site.rng.randint(1, 999)}"
    draft.tiers.aux, draft.tiers.aux_lib, draft.tiers.iban = aux, site.rng.choice(("DIVERS", "PASSAGE", "A CREER")), ""
    case.label(draft, "Tiers fourre-tout, hors de la codification.", objet_type=TypeObjet.TIERS, objet_id=aux)
    return True


@anomaly(UNKNOWN, "quasi_homonyme", habitude=True)
def look_alike(site: Site, case: Case) -> bool:
    """Create a supplier whose name differs from a known one by a letter, with other bank details, and pay it fast."""
    known = _established(site)
    if known is None:
        return False
    i = site.rng.randint(2, max(2, len(known.nom.split()[0]) - 1))
    nom = known.nom[:i] + site.rng.choice("AEIRST") + known.nom[i + 1 :]
    if nom == known.nom:
        return False
    tiers = _newcomer(site, nom=nom)
    tiers.delai, tiers.mode = 1, "CHQ"
    draft = _bill(site, tiers)
    comment = f"« {nom} » imite le fournisseur « {known.nom} »."
    case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=tiers.aux)
    return True


@anomaly(UNKNOWN, "facture_unique_elevee", habitude=True)
def one_large_invoice(site: Site, case: Case) -> bool:
    """Let a first invoice be the only one and the largest: fees of an unknown adviser."""
    tiers = _newcomer(site)
    tiers.genre = next(kind for kind in PURCHASE_KINDS if kind.code == "honoraires")
    tiers.facteur = site.rng.uniform(9, 20)
    tiers.delai = 2
    draft = _bill(site, tiers)
    case.label(draft, f"Première et seule facture de {tiers.nom}, très élevée, payée aussitôt.")
    return True


@twin(UNKNOWN, "nouveau_fournisseur")
def proper_supplier(site: Site, case: Case) -> bool:
    """Take on a supplier properly: ordinary amount and account, a piece, and it stays."""
    tiers = _newcomer(site)
    known = site.company.fournisseurs.actifs
    tiers.poids = sum(one.poids for one in known) / len(known)
    draft = _bill(site, tiers)
    case.label(draft, "Nouveau fournisseur régulier : montant et compte ordinaires, relation suivie.")
    return True


@twin(UNKNOWN, "nouveau_client")
def new_customer(site: Site, case: Case) -> bool:
    """Point at the first invoice of a customer who came this month, as customers do."""
    fresh = {one.aux for one in site.company.clients.tous if site.month.debut <= one.depuis <= site.month.fin}
    if not fresh:
        return False
    seen: set[str] = set()
    for draft in site.all("vente"):
        aux = draft.tiers.aux if draft.tiers else ""
        if aux in fresh and aux not in seen and not draft.touche:
            case.label(draft, "Première facture d'un nouveau client, au rythme habituel des arrivées.")
            return True
        seen.add(aux)
    return False


@anomaly(SHARED, "nouveau_fournisseur_iban_connu", habitude=True)
def new_with_known_iban(site: Site, case: Case) -> bool:
    """Create a supplier who is paid to another supplier's account."""
    known = _established(site)
    if known is None:
        return False
    tiers = _newcomer(site, iban=known.iban)
    draft = _bill(site, tiers)
    draft.suite = case.record(f"Règlement à {tiers.nom} sur le compte de {known.nom}.")
    comment = f"{tiers.nom} a les coordonnées bancaires de {known.nom}, sans lien entre eux."
    case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=tiers.aux)
    return True


@anomaly(SHARED, "changement_de_rib", habitude=True)
def details_changed(site: Site, case: Case) -> bool:
    """Redirect one supplier's invoice to the bank account of another: the classic change-of-details fraud."""
    known = _established(site)
    if known is None:
        return False
    draft = site.pick("achat", free=True, where=lambda d: d.tiers is not None and d.tiers.aux != known.aux)
    if draft is None or draft.tiers is None:
        return False
    draft.tiers.iban = known.iban
    comment = f"Coordonnées bancaires remplacées par celles de {known.nom}."
    case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=draft.tiers.aux)
    return True


@twin(SHARED, "agence_du_meme_groupe")
def branch(site: Site, case: Case) -> bool:
    """Buy from a branch of a known supplier: same name, same bank account, another customer number."""
    known = _established(site)
    if known is None:
        return False
    town = site.rng.choice(("NORD", "SUD", "OUEST", "LYON", "NANTES"))
    tiers = _newcomer(site, nom=f"{known.nom} - AGENCE {town}", iban=known.iban)
    draft = _bill(site, tiers)
    draft.suite = case.record(f"Règlement de l'agence sur le compte de {known.nom}.")
    case.label(draft, f"Agence de {known.nom}, qui encaisse sur le compte du siège.")
    return True


@twin(SHARED, "nouveau_rib_propre")
def own_new_bank(site: Site, case: Case) -> bool:
    """Let a supplier change banks: the new account is nobody else's."""
    draft = site.pick("achat", free=True, where=lambda d: d.tiers is not None and bool(d.tiers.iban))
    if draft is None or draft.tiers is None:
        return False
    draft.tiers.iban = bank_print((site.company.seed, "rib", case.cas))
    draft.rename(f"{draft.lib} NOUVEAU RIB")
    case.label(draft, "Changement de banque du fournisseur, vers un compte à lui seul.")
    return True
