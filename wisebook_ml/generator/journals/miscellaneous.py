"""The general journal's everyday business: reclassifications, set-offs, small differences, current accounts."""

from __future__ import annotations

import datetime as dt
from random import Random

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import daily_counts
from wisebook_ml.generator.timeline import Month
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

KINDS: tuple[tuple[str, str, str, float, int], ...] = (
    # label, debit, credit, typical euros, how often
    ("RECLASSEMENT FOURNITURES", "6063", "6064", 65, 6),
    ("RECLASSEMENT TRANSPORT", "6241", "6242", 110, 4),
    ("RECLASSEMENT MAINTENANCE", "6156", "6155", 180, 3),
    ("REFACTURATION FRAIS", "467", "791", 140, 3),
    ("ETALEMENT ASSURANCE", "616", "486", 260, 4),
    ("APPORT COMPTE COURANT", "467", "455", 900, 1),
    ("COTISATION SYNDICALE", "6281", "467", 120, 1),
    ("TAXE A PAYER", "6311", "447", 210, 2),
)
"""What a general journal moves by reclassification, each pair again and again."""

SMALL_DIFFERENCE_SHARE = 0.3
"""Share of entries that write off a few cents of a customer's payment."""

SET_OFF_SHARE = 0.1
"""Share of entries that set a customer's debt off against what is owed to the same firm as a supplier."""


def _lines(world: World, rng: Random, day: dt.date) -> tuple[str, list[DraftLine]]:
    c, company, pick = world.chart, world.company, rng.random()
    if pick < SMALL_DIFFERENCE_SHARE:
        client, cents = company.clients.draw(rng, day), rng.randint(1, 240)
        lignes = [DraftLine(c["658"], cents), DraftLine(c["411"], -cents, aux=client.aux, aux_lib=client.nom)]
        return f"ECART DE REGLEMENT {client.nom}", lignes
    if pick < SMALL_DIFFERENCE_SHARE + SET_OFF_SHARE:
        client, supplier = company.clients.draw(rng, day), company.fournisseurs.draw(rng, day)
        cents = world.amount(rng, 160, 0.6)
        return f"COMPENSATION {client.nom} {supplier.nom}", [
            DraftLine(c["401"], cents, aux=supplier.aux, aux_lib=supplier.nom, iban=supplier.iban),
            DraftLine(c["411"], -cents, aux=client.aux, aux_lib=client.nom),
        ]
    lib, debit, credit, euros, _ = rng.choices(KINDS, [kind[4] for kind in KINDS])[0]
    cents = world.amount(rng, euros, 0.5)
    return lib, [DraftLine(c[debit], cents), DraftLine(c[credit], -cents)]


def simulate(world: World, month: Month) -> None:
    """Post the miscellaneous entries of a month."""
    rng = world.rng(f"miscellaneous:{month.index}")
    for day, count in daily_counts(rng, month, world.company.volumes.divers, world.company.secteur):
        for _ in range(count):
            lib, lignes = _lines(world, rng, day)
            ref = f"OD{day:%y%m}{world.piece('od'):03d}"
            world.typed(Draft("OD", day, f"{lib} {day:%m/%Y}", lignes, "od", ref, day), "od", rng.randint(0, 3))
