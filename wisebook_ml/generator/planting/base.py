"""How anomalies and twins are planted: a site (one month of drafts), a case, and the registry of variants."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from random import Random

from msgspec import Struct

from schemas.codes import CodeMotif
from schemas.enums import Operation, TypeObjet
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.labels import Label, PendingLabel
from wisebook_ml.generator.timeline import Month
from wisebook_ml.generator.world import Revision, World

__all__ = ["TRIES", "VARIANTES", "Case", "Site", "Variante", "anomaly", "twin"]

FOLLOW_UP = dt.timedelta(days=12)
"""Time for a copy, a second payment or a second delivery of something."""

TRIES = 80
"""Drafts looked at before a site is taken to have no fitting victim."""

TYPED = ("vente", "achat", "note_frais")
"""Natures that people type every day."""


class Site:
    """One month of the base ledger, where cases are planted."""

    def __init__(self, world: World, month: Month, rng: Random) -> None:
        self.world, self.month, self.rng = world, month, rng
        self.company = world.company
        self.chart = world.chart
        self._index: dict[str, list[Draft]] | None = None

    def all(self, nature: str) -> list[Draft]:
        """Return the month's drafts of one nature, in the order of their making."""
        if self._index is None:
            self._index = defaultdict(list)
            for draft in self.world.drafts:
                self._index[draft.nature].append(draft)
        return self._index.get(nature, [])

    def settled(self, draft: Draft) -> bool:
        """Whether a sequel some days after a draft still falls into the ledger's fiscal years."""
        return self.month is not self.world.months[-1] or draft.jour <= self.month.fin - FOLLOW_UP

    def natures(self, prefix: str) -> list[str]:
        """Return the natures that start with a prefix, sorted."""
        self.all("")
        return sorted(nature for nature in self._index or () if nature.startswith(prefix))

    def pick(self, *natures: str, where: Callable[[Draft], bool] | None = None, free: bool = False) -> Draft | None:
        """Return a random draft that no case has touched, or None.

        Parameters
        ----------
        free : bool
            Only drafts whose amounts nothing else in the ledger relies on: neither lettered nor settled.
        """
        pools = [pool for nature in natures if (pool := self.all(nature))]
        if not pools:
            return None
        sizes = [len(pool) for pool in pools]
        for _ in range(TRIES):
            pool = self.rng.choices(pools, sizes)[0]
            draft = pool[int(self.rng.random() * len(pool))]
            if draft.touche or (free and (draft.soldee or draft.lettree)):
                continue
            if where is None or where(draft):
                return draft
        return None

    def revise(
        self, draft: Draft, le: dt.datetime, operation: Operation, apply: Callable[[Draft], None],
        label: PendingLabel | None = None,
    ) -> None:  # fmt: skip
        """Plan a later revision of a draft."""
        self.world.revisions.append(Revision(le, draft, operation, apply, label))


class Case:
    """One anomaly or twin about to be planted."""

    def __init__(self, variante: Variante, cas: str, world: World) -> None:
        self.variante, self.cas, self._world = variante, cas, world

    def record(
        self, commentaire: str, *, objet_type: TypeObjet | None = None, objet_id: str = "",
        date_attendue: dt.date | None = None,
    ) -> Label:  # fmt: skip
        """Return the label of this case."""
        return Label(
            code=self.variante.code,
            variante=self.variante.nom,
            jumeau=self.variante.jumeau,
            cas=self.cas,
            commentaire=commentaire,
            objet_type=objet_type,
            objet_id=objet_id,
            date_attendue=date_attendue,
        )

    def label(
        self, draft: Draft, commentaire: str, *, liee: Draft | None = None,
        objet_type: TypeObjet | None = None, objet_id: str = "",
    ) -> None:  # fmt: skip
        """Label a draft, which no other case will touch from then on."""
        if liee is not None:
            liee.touche = True
        self._world.tag(draft, self.record(commentaire, objet_type=objet_type, objet_id=objet_id), liee)

    def pending(self, label: Label) -> PendingLabel:
        """Return a label to go out with a later revision."""
        return PendingLabel(label)

    def missing(self, commentaire: str, objet_type: TypeObjet, objet_id: str, expected: dt.date) -> None:
        """Label something that did not arrive."""
        self._world.label(self.record(commentaire, objet_type=objet_type, objet_id=objet_id, date_attendue=expected))


Planter = Callable[[Site, Case], bool]


class Variante(Struct, frozen=True):
    """One way of doing one kind of anomaly, or of looking like it.

    `habitude`: only once habits have formed. `avant`: before the month is simulated, for what must not happen.
    `poids`: entries a case may take, so that large cases stay rare.
    """

    code: CodeMotif
    nom: str
    jumeau: bool
    plant: Planter
    habitude: bool
    avant: bool
    poids: int


VARIANTES: list[Variante] = []
"""Every variant, in the order of the modules that `planting` imports."""


def _register(
    code: CodeMotif, nom: str, jumeau: bool, habitude: bool, avant: bool, poids: int
) -> Callable[[Planter], Planter]:
    def keep(plant: Planter) -> Planter:
        VARIANTES.append(Variante(code, nom, jumeau, plant, habitude, avant, poids))
        return plant

    return keep


def anomaly(
    code: CodeMotif, nom: str, *, habitude: bool = False, avant: bool = False, poids: int = 1
) -> Callable[[Planter], Planter]:
    """Register a way of planting an anomaly; the function returns False when the month has no fitting place."""
    return _register(code, nom, False, habitude, avant, poids)


def twin(
    code: CodeMotif, nom: str, *, habitude: bool = False, avant: bool = False, poids: int = 1
) -> Callable[[Planter], Planter]:
    """Register a legitimate twin: it looks like `code`, and the data show why it is right."""
    return _register(code, nom, True, habitude, avant, poids)
