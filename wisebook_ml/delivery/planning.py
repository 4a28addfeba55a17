"""Which destinations a revision of an alert goes to, given what each of them has been told of it."""

import uuid
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from schemas import Alerte, Canal, Destination, EtatAlerte, ReglageAlertes, Severite, StatutLivraison
from wisebook_ml.delivery.addresses import digest, recipients

__all__ = ["Planned", "Told", "plan"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/livraisons")

TOLD = frozenset({StatutLivraison.LIVREE, StatutLivraison.A_REESSAYER})
"""What was replaced is told by what replaced it, where that arrives: by itself it tells nobody anything."""

RANK = {severite: rank for rank, severite in enumerate(Severite)}


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an alert that is on its way to a destination, or has been."""

    revision: int
    severite: Severite
    etat: EtatAlerte
    escalade: int
    statut: StatutLivraison


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery to be made: one revision of a company's alert to one address. `destination` is the digest of both."""

    livraison_id: uuid.UUID
    canal: Canal
    adresse: str
    destination: str
    langue: str


def plan(alerte: Alerte, reglage: ReglageAlertes, told: Mapping[str, Sequence[Told]]) -> list[Planned]:
    """Return the deliveries that follow from a revision of an alert.

    Parameters
    ----------
    alerte : Alerte
        The revision.
    reglage : ReglageAlertes
        What its company has set, or all companies.
    told : mapping
        Destination's digest -> what of this alert is on its way there, or has been.

    Returns
    -------
    list of Planned
        One of each address. None where a destination has this revision already, or a later one.

    Notes
    -----
    A program (webhook) is told each revision of what it knows: it shows how things stand. A person (mail) is told what
    asks for something: that there is an alert, that it has become more severe, that nobody has acknowledged it in time,
    that it is resolved, or open again. That there is more of the same, or that somebody has acknowledged it, makes no
    mail. Nobody is told of the end of what he was never told of. What could not be delivered counts as not told;
    so does what was replaced by it.
    """
    if not reglage.actif:
        return []
    planned: dict[str, Planned] = {}
    for destination in reglage.destinations:
        for adresse in recipients(destination):
            key = digest(alerte.societe_id, destination.canal, adresse)
            before = told.get(key, ())
            if key in planned or any(one.revision >= alerte.revision for one in before):
                continue
            if _wants(alerte, destination, _last(before)):
                planned[key] = Planned(
                    livraison_id=uuid.uuid5(
                        NAMESPACE, f"{alerte.societe_id}/{alerte.alerte_id}/{alerte.revision}/{key}"
                    ),
                    canal=destination.canal,
                    adresse=adresse,
                    destination=key,
                    langue=destination.langue,
                )
    return list(planned.values())


def _last(told: Sequence[Told]) -> Told | None:
    counted = [one for one in told if one.statut in TOLD]
    return max(counted, key=lambda one: one.revision, default=None)


def _wants(alerte: Alerte, destination: Destination, before: Told | None) -> bool:
    severe = RANK[alerte.severite] >= RANK[destination.severite]
    is_open = alerte.etat is EtatAlerte.OUVERTE
    if destination.escalade:
        return severe and is_open and alerte.escalade > (0 if before is None else before.escalade)
    if before is None:
        return severe and is_open
    return destination.canal is Canal.WEBHOOK or any(_news(alerte, before))


def _news(alerte: Alerte, before: Told) -> Iterator[bool]:
    """Say what a person has to know beyond what he was told."""
    if alerte.etat is EtatAlerte.OUVERTE:
        yield before.etat is not EtatAlerte.OUVERTE
        yield alerte.escalade > before.escalade
        yield RANK[alerte.severite] > RANK[before.severite]
    yield alerte.etat is EtatAlerte.RESOLUE and before.etat is not EtatAlerte.RESOLUE
