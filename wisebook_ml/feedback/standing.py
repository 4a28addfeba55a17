"""Which of several verdicts stands: one rule, for what is stored and for what is learnt from."""

import uuid
from collections.abc import Iterable
from enum import StrEnum

from schemas import Avis, DomaineApplication, Objet, TypeObjet, Verdict, detection_id

__all__ = ["Outcome", "standing", "subject_of", "weigh"]


class Outcome(StrEnum):
    """What becomes of a verdict beside the one that stands."""

    STANDS = "STANDS"
    """It holds from now on: the first, one on a later revision, or one that replaces on purpose."""
    REPEATED = "REPEATED"
    """It says what holds already."""
    OUTDATED = "OUTDATED"
    """It is about an earlier revision than the one that holds."""
    CONTRADICTS = "CONTRADICTS"
    """It says something else of the same revision, and does not say that it replaces."""


def subject_of(avis: Avis) -> uuid.UUID:
    """Return the id of the detection that a verdict is about, or that a missed entry would have had."""
    if avis.detection_id is not None and avis.verdict is not Verdict.MANQUEE:
        return avis.detection_id
    objet = Objet(type=TypeObjet.ECRITURE, id=avis.ecriture_id or "")
    return detection_id(avis.societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)


def weigh(avis: Avis, before: Avis | None) -> Outcome:
    """Return what becomes of a verdict.

    Revisions that are not told count as the same: the first verdict stands, and a second thought has to say so. What
    was missed and is detected since may be judged anew.

    Parameters
    ----------
    avis : Avis
        The verdict.
    before : Avis or None
        The one on the same subject that stands.

    Examples
    --------
    >>> import msgspec
    >>> about = uuid.UUID(int=1)
    >>> first = Avis(societe_id=1, detection_id=about, verdict=Verdict.CONFIRMEE, auteur="marie")
    >>> weigh(first, None).value, weigh(first, first).value
    ('STANDS', 'REPEATED')
    >>> other = Avis(societe_id=1, detection_id=about, verdict=Verdict.FAUX_POSITIF, auteur="paul")
    >>> weigh(other, first).value, weigh(msgspec.structs.replace(other, remplace=True), first).value
    ('CONTRADICTS', 'STANDS')
    """
    if before is None:
        return Outcome.STANDS
    missed, was_missed = avis.verdict is Verdict.MANQUEE, before.verdict is Verdict.MANQUEE
    if was_missed and not missed:
        return Outcome.STANDS
    if not missed and avis.revision is not None and before.revision is not None and avis.revision != before.revision:
        return Outcome.STANDS if avis.revision > before.revision else Outcome.OUTDATED
    if (avis.verdict, avis.compte_num) == (before.verdict, before.compte_num):
        return Outcome.REPEATED
    return Outcome.STANDS if avis.remplace else Outcome.CONTRADICTS


def standing(avis: Iterable[Avis]) -> dict[tuple[int, uuid.UUID], Avis]:
    """Return the verdict that stands on each subject, by company and subject.

    Parameters
    ----------
    avis : iterable of Avis
        In the order of their publication; those that contradict one that stands are passed over.
    """
    found: dict[tuple[int, uuid.UUID], Avis] = {}
    for one in avis:
        key = (one.societe_id, subject_of(one))
        if weigh(one, found.get(key)) is Outcome.STANDS:
            found[key] = one
    return found
