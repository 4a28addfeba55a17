"""LETTRAGE_INEGAL: a class 4 account lettered with sums that differ."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.enums import Operation, TypeObjet
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import shift

__all__: list[str] = []

CODE = CodeMotif.LETTRAGE_INEGAL


def _lettered(site: Site, nature: str) -> Draft | None:
    """Return a payment of one third party that settles and letters its invoices in full."""
    return site.pick(nature, where=lambda d: len(d.lignes) == 2 and bool(d.lignes[0].let))


def _change(draft: Draft, share: float) -> int:
    gap = round(draft.lignes[0].montant * share)
    draft.lignes[0].montant -= gap
    draft.lignes[1].montant += gap
    return abs(gap)


@anomaly(CODE, "encaissement_partiel_lettre", habitude=True)
def short_receipt(site: Site, case: Case) -> bool:
    """Letter an invoice in full with a receipt that is short of it: the shortfall disappears from the open items."""
    draft = _lettered(site, "reglement_client")
    if draft is None:
        return False
    gap = _change(draft, site.rng.uniform(0.02, 0.35))
    if not gap:
        return False
    comment = f"Lettré {draft.lignes[0].let} alors qu'il manque {gap / 100:.2f} €."
    case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=draft.lignes[0].aux)
    return True


@anomaly(CODE, "paiement_superieur_lettre", habitude=True)
def overpaid(site: Site, case: Case) -> bool:
    """Pay a supplier more than the invoice and letter it away."""
    draft = _lettered(site, "reglement_fournisseur")
    if draft is None:
        return False
    gap = _change(draft, -site.rng.uniform(0.02, 0.3))
    if not gap:
        return False
    comment = f"Payé {gap / 100:.2f} € de trop et lettré {draft.lignes[0].let}."
    case.label(draft, comment, objet_type=TypeObjet.TIERS, objet_id=draft.lignes[0].aux)
    return True


@anomaly(CODE, "ligne_lettree_seule", habitude=True)
def lettered_alone(site: Site, case: Case) -> bool:
    """Letter one invoice with nothing, which hides it from the open items."""
    draft = site.pick("vente", "achat", free=True, where=lambda d: d.tiers is not None)
    if draft is None or draft.tiers is None:
        return False
    aux, when = draft.tiers.aux, shift(draft.saisie_le.date(), 3)
    book = site.company.clients if draft.nature == "vente" else site.company.fournisseurs
    tiers = next((one for one in book.tous if one.aux == aux), None)
    if tiers is None:
        return False
    code = tiers.next_letter()
    draft.impayee = True

    def apply(target: Draft) -> None:
        line = target.tiers
        if line is not None:
            line.let, line.date_let = code, when

    label = case.record(f"Facture lettrée {code} sans contrepartie.", objet_type=TypeObjet.TIERS, objet_id=aux)
    draft.touche = draft.sans_validation = True
    moment = site.world.clock.person(site.world.clock.who("od", when), when)
    site.revise(draft, max(moment, draft.saisie_le), Operation.MODIFICATION, apply, case.pending(label))
    return True


@twin(CODE, "frais_de_banque_deduits")
def fee_line(site: Site, case: Case) -> bool:
    """Receive a little less because a bank kept its fee, and book the fee: the lettered sums are equal."""
    draft = _lettered(site, "reglement_client")
    if draft is None:
        return False
    fee = min(site.rng.randint(450, 1_900), -draft.lignes[0].montant // 4)
    draft.lignes[1].montant -= fee
    draft.lignes.append(DraftLine(site.chart["627"], fee))
    draft.lib = f"{draft.lib} NET DE FRAIS"
    case.label(draft, "Frais bancaires comptabilisés à part : le lettrage est égal.")
    return True


@twin(CODE, "acompte_non_lettre")
def part_payment(site: Site, case: Case) -> bool:
    """Receive a part payment and leave it unlettered until the rest comes."""
    source = site.pick("vente", free=True, where=lambda d: d.lignes[0].montant > 60_000)
    if source is None:
        return False
    client = source.lignes[0]
    day = shift(source.jour, 4)
    part = round(client.montant * site.rng.uniform(0.2, 0.45))
    ligne = DraftLine(client.compte, -part, aux=client.aux, aux_lib=client.aux_lib)
    draft = debit(site.world, day, f"VIR SEPA {client.aux_lib} ACOMPTE {source.piece}", [ligne], "acompte_client")
    source.acompte = part
    case.label(draft, "Acompte laissé non lettré en attendant le solde.", liee=source)
    return True
