"""The company whose books are made up: its trade, size, people, third parties and house rules."""

from __future__ import annotations

import datetime as dt
import math
from random import Random

from msgspec import Struct

from schemas.codes import CodeMotif
from wisebook_ml.generator.chart import Chart
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.names import Namer, luhn_siren
from wisebook_ml.generator.parties import PartyBook, Tiers, make_customers, make_suppliers
from wisebook_ml.generator.people import Auteur, staff

__all__ = ["JOURNAUX", "Company", "Contract", "Volumes", "make_company"]

JOURNAUX: dict[str, str] = {
    "VE": "Ventes",
    "HA": "Achats",
    "BQ": "Banque principale",
    "BS": "Banque secondaire",
    "CA": "Caisse",
    "PA": "Paie",
    "NF": "Notes de frais",
    "OD": "Opérations diverses",
    "IN": "Inventaire",
    "AN": "À-nouveaux",
}

HUMAN_PER_DAY = 45
"""Entries one person types on a normal day besides other work; what is beyond comes in by import."""

SALES_SHARE, PURCHASE_SHARE = 0.39, 0.205
"""Invoices per entry that is not fixed; with the payments they cause they make up the whole."""

ENTRIES_PER_HEAD = 80
"""Entries a month for each employee: with it wages, purchases and sales are in proportion."""

MAX_STAFF = 150
"""Beyond this size the larger ledgers are those of a trade with many small documents."""

MAX_TYPISTS = 12
"""Above this a company invests in interfaces rather than in typists."""

SECTEURS: dict[str, tuple[float, str]] = {"NEGOCE": (330, "707"), "SERVICES": (390, "706"), "COMMERCE": (170, "707")}
"""Median invoice before tax in euros, and the account of the main sales."""


class Contract(Struct):
    """Something that comes every month: rent, leasing, insurance, a subscription."""

    genre: str
    aux: str
    nom: str
    compte: str
    montant: int
    """Cents before tax."""
    taux: int
    jour: int
    """Day of the month of the invoice; moved to the next business day."""
    lib: str
    iban: str
    avance: int = 0
    """Days before the date at which it is posted by program (0: typed after it)."""
    depuis: dt.date = dt.date.min
    fin: dt.date | None = None
    tiers: Tiers | None = None
    """The supplier's bookkeeping state; two contracts of one supplier share it."""
    jumeau: Label | None = None
    """Labels every invoice of a contract that only looks wrong."""


class Volumes(Struct, frozen=True):
    """How many events of each kind a month has on average."""

    ventes: float
    achats: float
    notes: float
    divers_banque: float
    divers: float
    part_ventes_manuelles: float
    part_achats_manuels: float


class Company(Struct):
    """Everything about the company that stays the same over the ledger."""

    societe_id: int
    nom: str
    siren: str
    secteur: str
    seed: int
    chart: Chart
    auteurs: list[Auteur]
    clients: PartyBook
    fournisseurs: PartyBook
    contrats: list[Contract]
    volumes: Volumes
    seuils: tuple[int, ...]
    """Approval limits in euros: above them a second signature is needed."""
    magasins: int
    effectif: int
    prix_median: float
    compte_ventes: str
    numero_piece: str

    def describe(self) -> dict[str, object]:
        """Return what a reader of the ledger may know about the company (company.json)."""
        return {
            "societe_id": self.societe_id,
            "nom": self.nom,
            "siren": self.siren,
            "secteur": self.secteur,
            "seuils_approbation": list(self.seuils),
            "magasins": self.magasins,
            "effectif": self.effectif,
            "journaux": JOURNAUX,
            "clients": len(self.clients.tous),
            "fournisseurs": len(self.fournisseurs.tous),
            "auteurs": [
                {
                    "login": auteur.login,
                    "roles": list(auteur.roles),
                    "heures": [round(auteur.debut / 3600, 2), round(auteur.fin / 3600, 2)],
                    "arrivee": None if auteur.arrivee == dt.date.min else auteur.arrivee.isoformat(),
                }
                for auteur in self.auteurs
            ],
        }


def _volumes(per_month: float, fixed: float, typists: int) -> Volumes:
    free = max(per_month - fixed, 0.2 * per_month)
    ventes, achats = SALES_SHARE * free, PURCHASE_SHARE * free
    capacity = 21 * HUMAN_PER_DAY * typists
    return Volumes(
        ventes=ventes,
        achats=achats,
        notes=0.02 * free,
        divers_banque=0.045 * free,
        divers=0.012 * free,
        part_ventes_manuelles=min(1.0, 0.5 * capacity / max(ventes, 1)),
        part_achats_manuels=min(1.0, 0.5 * capacity / max(achats, 1)),
    )


CONTRACTS: tuple[tuple[str, str, int, int, str, int, int], ...] = (
    # kind, account, VAT rate, day, label, typical euros, days posted in advance
    ("loyer", "6132", 200, 1, "LOYER", 1500, 0),
    ("credit_bail", "6122", 200, 5, "CREDIT-BAIL VEHICULE", 486, 4),
    ("telephone", "6262", 200, 8, "ABONNEMENT TELEPHONIE", 143, 0),
    ("assurance", "616", 0, 10, "ASSURANCE MULTIRISQUE", 312, 0),
    ("logiciel_a", "651", 200, 12, "LICENCE ERP", 189, 0),
    ("logiciel_b", "651", 200, 12, "LICENCE CRM", 189, 0),
    ("copieur", "6135", 200, 15, "LOCATION COPIEUR", 118, 0),
    ("maintenance", "6156", 200, 18, "MAINTENANCE", 240, 0),
    ("energie", "6061", 200, 20, "ELECTRICITE", 420, 0),
    ("nettoyage", "6155", 200, 22, "NETTOYAGE LOCAUX", 310, 0),
    ("comptable", "6226", 200, 25, "HONORAIRES COMPTABLES", 450, 0),
    ("hebergement", "651", 200, 3, "HEBERGEMENT SERVEURS", 96, 0),
)
ROUND_CONTRACTS = ("loyer", "comptable")
"""Amounts that were agreed as round ones."""


LOOK_ALIKES: dict[str, Label] = {
    "logiciel_b": Label(
        code=CodeMotif.DOUBLON,
        variante="abonnements_de_meme_prix",
        jumeau=True,
        cas="base-abonnements",
        commentaire="Deux licences du même éditeur au même prix : deux contrats, deux pièces, chaque mois.",
    ),
    "credit_bail": Label(
        code=CodeMotif.POSTDATEE,
        variante="echeance_saisie_d_avance",
        jumeau=True,
        cas="base-credit-bail",
        commentaire="Échéance que le logiciel comptabilise toujours quelques jours avant sa date.",
    ),
}
"""Contracts that look wrong by their nature, month after month."""


def _contracts(rng: Random, namer: Namer, book: PartyBook, count: int, scale: float) -> list[Contract]:
    found: list[Contract] = []
    for i in range(count):
        base, compte, taux, jour, lib, euros, avance = CONTRACTS[i % len(CONTRACTS)]
        genre = base if i < len(CONTRACTS) else f"{base}_2"
        if base == "logiciel_b":
            # Two licences of one publisher, same price, two contracts: equal amounts that are no duplicate.
            twin = found[-1]
            aux, nom, iban, montant, tiers = twin.aux, twin.nom, twin.iban, twin.montant, twin.tiers
        else:
            nom = namer.company()
            aux = f"{book.prefix}{'GEN' if book.prefix.isalpha() else '9'}{i + 1:04d}"
            iban = f"{rng.getrandbits(128):032x}"
            tiers = Tiers(aux, nom, 0, 1, dt.date.min, 5, "PRLV", iban=iban)
            montant = int(euros * scale * rng.uniform(0.8, 1.3)) * 100 + rng.choice((0, 50, 90, 37, 12))
            if base in ROUND_CONTRACTS:
                montant = max(1, round(montant / 10000)) * 10000
        day = min(28, jour + i // len(CONTRACTS))
        found.append(
            Contract(
                genre,
                aux,
                nom,
                compte,
                montant,
                taux,
                day,
                lib,
                iban,
                avance,
                tiers=tiers,
                jumeau=LOOK_ALIKES.get(base),
            )
        )
    return found


def make_company(*, entries: int, months: int, seed: int, societe_id: int, start: dt.date) -> Company:
    """Return the company that a seed and a size describe.

    Parameters
    ----------
    entries : int
        Entries wanted over all months; the company's size follows from it.
    """
    rng = Random(f"{seed}:company:{societe_id}")
    namer = Namer(rng)
    per_month = entries / months
    secteur = rng.choice(tuple(SECTEURS))
    magasins = (1 + int(per_month // 4000)) if secteur == "COMMERCE" else int(rng.random() < 0.5)
    count_contracts = max(3, min(24, int(per_month / 100) + 3))
    # Contracts and payroll post two or three entries a month each, a shop two a day.
    fixed = count_contracts * 2.1 + 16 + magasins * 57
    if per_month < 2 * fixed:
        magasins, fixed = 0, count_contracts * 2.1 + 16
    typists = max(1, min(MAX_TYPISTS, round(0.56 * max(per_month - fixed, 1) / 21 / HUMAN_PER_DAY / 0.6)))
    sales_typists = (typists + 1) // 2
    volumes = _volumes(per_month, fixed, typists)
    days = months * 31
    style = rng.choice(("numero", "lettres"))
    prefix = rng.choice((("411", "401"), ("411", "401"), ("C", "F")))
    clients, fournisseurs = PartyBook(prefix[0], style), PartyBook(prefix[1], style)
    make_customers(rng, namer, clients, max(8, int(2.4 * math.sqrt(12 * volumes.ventes))), start, days)
    make_suppliers(rng, namer, fournisseurs, max(20, int(2.0 * math.sqrt(12 * volumes.achats))), start, days, seed)
    size = {"ventes": sales_typists, "achats": max(1, typists - sales_typists)}
    people = [namer.person() for _ in range(5 + size["ventes"] + size["achats"])]
    return Company(
        societe_id=societe_id,
        nom=namer.company(),
        siren=luhn_siren(rng),
        secteur=secteur,
        seed=seed,
        chart=Chart(rng.choice((6, 6, 6, 8))),
        auteurs=staff(rng, people, start, months // 12 + 1, size),
        clients=clients,
        fournisseurs=fournisseurs,
        contrats=_contracts(rng, namer, fournisseurs, count_contracts, (per_month / 1000) ** 0.25),
        volumes=volumes,
        seuils=(5_000, 10_000),
        magasins=magasins,
        effectif=max(2, min(MAX_STAFF, int(per_month / ENTRIES_PER_HEAD))),
        prix_median=SECTEURS[secteur][0],
        compte_ventes=SECTEURS[secteur][1],
        numero_piece=rng.choice(("F{an}-{n:05d}", "FA{an2}{n:06d}", "F{n:07d}")),
    )
