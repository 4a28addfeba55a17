"""Honest corrections: somebody mends the label of an entry a day or two after typing it, before validation."""

from __future__ import annotations

import datetime as dt

from schemas.enums import Operation, Origine
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.timeline import Month
from wisebook_ml.generator.world import Revision, World

__all__ = ["simulate"]

CORRECTION_RATE = 0.006
"""Share of typed entries that are mended."""

NATURES = ("vente", "achat", "note_frais")


def _mend(draft: Draft) -> None:
    draft.lib = f"{draft.lib} (LIBELLE COMPLETE)"


def simulate(world: World, month: Month) -> None:
    """Plan the corrections of a month's entries."""
    rng = world.rng(f"corrections:{month.index}")
    for draft in world.drafts:
        if draft.origine is Origine.MANUELLE and draft.nature in NATURES and rng.random() < CORRECTION_RATE:
            after = draft.saisie_le + dt.timedelta(seconds=rng.randint(600, 90_000))
            world.revisions.append(Revision(after, draft, Operation.MODIFICATION, _mend))
            draft.sans_validation = True
