"""Fixed assets: rare, large purchases in class 2 from suppliers one knows, paid by transfer."""

from __future__ import annotations

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.journals.purchases import schedule_payment, supplier_ref
from wisebook_ml.generator.timeline import JOUR, Month, next_business
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

KINDS = (
    ("2183", "ORDINATEURS", 2_900),
    ("2183", "SERVEUR", 6_800),
    ("2184", "MOBILIER", 1_900),
    ("2154", "MACHINE", 14_500),
    ("2182", "VEHICULE UTILITAIRE", 21_500),
    ("205", "LOGICIEL", 4_200),
)
PER_MONTH = 0.45
"""Investments a month of a small company; twice as many for every tenfold of its staff."""


def simulate(world: World, month: Month) -> None:
    """Post the investments of a month."""
    rng = world.rng(f"assets:{month.index}")
    c, suppliers = world.chart, world.company.fournisseurs
    for _ in range(int(PER_MONTH * (1 + world.company.effectif / 20) + rng.random())):
        day = next_business(month.debut + JOUR * rng.randint(2, 24))
        if day > month.fin:
            continue
        tiers = suppliers.draw(rng, day)
        if tiers.zone != "FR":
            continue
        compte, lib, euros = rng.choice(KINDS)
        base = world.amount(rng, euros, 0.25)
        while world.below_limit(base + vat(base, 200)):
            base = world.amount(rng, euros, 0.25)
        tax = vat(base, 200)
        ref = supplier_ref(rng, tiers, day)
        lignes = [
            DraftLine(c[compte], base),
            DraftLine(c["44562"], tax),
            DraftLine(
                c["404"], -(base + tax), aux=tiers.aux, aux_lib=tiers.nom, echeance=day + JOUR * 30, iban=tiers.iban
            ),
        ]
        draft = Draft("HA", day, f"{lib} {tiers.nom} {ref}", lignes, "immobilisation", ref, day)
        world.typed(draft, "achats", rng.randint(1, 6))
        schedule_payment(world, draft, tiers)
