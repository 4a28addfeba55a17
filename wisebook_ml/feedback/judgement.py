"""A verdict together with what it is about, and the reasons for which one is refused."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence

import msgspec

from schemas import Avis, CodeMotif, Detection, Etat, ModeleUtilise, TypeObjet, Verdict
from wisebook_ml.feedback.standing import Outcome, subject_of, weigh

__all__ = ["Contradiction", "Judgement", "Refused", "UnknownDetection", "judge", "judged"]

CARRIES = 0.1
"""Share of a detection's points from which on a reason has carried it: what adds less was not what a person judged."""


class Refused(ValueError):
    """A verdict that cannot count; the message says what to do."""


class UnknownDetection(Refused):
    """A verdict on a detection that does not exist, at least not yet."""


class Contradiction(Refused):
    """A verdict that says something else than the one that stands."""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted verdict, and the detection as it was when it was judged.

    Attributes
    ----------
    avis : Avis
        The verdict.
    detection_id : UUID
        What it is about; of a missed entry, the id that its detection would have.
    revision : int
        Of the detection; 0 where there was none.
    donne_le : datetime
        When it was given.
    empreinte : str
        Identifies the record, so that it counts once.
    score : float
        The detection's.
    motifs : dict
        Points of each reason; empty where the revision that was judged is no longer known.
    contributions, modeles, parametres_version
        The detection's.
    en_vigueur : bool
        Whether it is the verdict that stands.
    """

    avis: Avis
    detection_id: uuid.UUID
    revision: int
    donne_le: dt.datetime
    empreinte: str
    ecriture_id: str | None = None
    journal_code: str | None = None
    score: float = 0.0
    motifs: Mapping[CodeMotif, float] = {}
    contributions: Mapping[str, float] = {}
    modeles: Sequence[ModeleUtilise] = ()
    parametres_version: int | None = None
    en_vigueur: bool = True

    @property
    def dismissed(self) -> bool:
        """Whether the person said that there was nothing."""
        return self.avis.verdict is Verdict.FAUX_POSITIF

    @property
    def carried(self) -> list[CodeMotif]:
        """The reasons that carried the detection: at least a tenth of its points each."""
        total = sum(self.motifs.values())
        return [code for code, points in self.motifs.items() if points >= CARRIES * total]


def judge(avis: Avis, detection: Detection | None, told: Sequence[Judgement]) -> tuple[Avis, Outcome]:
    """Check a verdict against what it is about and what was said before.

    Parameters
    ----------
    avis : Avis
        The verdict.
    detection : Detection or None
        The detection that it is about (or that a missed entry has), as far as there is one.
    told : sequence of Judgement
        The accepted verdicts on the same subject, in the order of their acceptance.

    Returns
    -------
    (Avis, Outcome)
        The verdict with the revision that it is about, and what becomes of it; never CONTRADICTS.

    Raises
    ------
    Refused
        Where it cannot count.
    """
    if avis.verdict is Verdict.MANQUEE:
        if detection is not None and detection.etat is Etat.OUVERTE:
            raise Refused(
                f"entry {avis.ecriture_id!r} was not missed: detection {detection.detection_id} is open; "
                "give that one a verdict (CONFIRMEE)"
            )
        stamped = msgspec.structs.replace(avis, revision=None if detection is None else detection.revision)
    else:
        stamped = _stamped(avis, detection)
    of_same = [one for one in told if (one.revision or None) == stamped.revision]
    standing = next((one for one in told if one.en_vigueur), None)
    before = of_same[-1].avis if of_same else None if standing is None else standing.avis
    outcome = weigh(stamped, before)
    if outcome is Outcome.CONTRADICTS and before is not None:
        account = f" ({before.compte_num})" if before.compte_num else ""
        raise Contradiction(
            f"{avis.verdict.value} contradicts {before.verdict.value}{account} by {before.auteur!r}, which stands for "
            f"{'entry ' + repr(avis.ecriture_id) if avis.detection_id is None else f'detection {avis.detection_id}'}; "
            'settle it between you, and give the verdict with "remplace": true (--replace) if it is to take its place'
        )
    return stamped, outcome


def _stamped(avis: Avis, detection: Detection | None) -> Avis:
    if detection is None or detection.societe_id != avis.societe_id:
        # The same words for another company's detection: whether it exists is not for this company to know.
        raise UnknownDetection(
            f"company {avis.societe_id} has no detection {avis.detection_id}; take the id from `detections` or the "
            "API, and for an entry that was not detected give MANQUEE with its ecriture_id"
        )
    if avis.revision is not None and avis.revision > detection.revision:
        raise UnknownDetection(
            f"detection {avis.detection_id} has revision {detection.revision}, and the verdict is about revision "
            f"{avis.revision}, which was never stored; look at the detection again"
        )
    if avis.ecriture_id is not None and avis.ecriture_id != detection.ecriture_id:
        raise Refused(
            f"detection {avis.detection_id} is about entry {detection.ecriture_id!r}, not about {avis.ecriture_id!r}; "
            "leave `ecriture_id` out, or name the detection of that entry"
        )
    if avis.verdict is Verdict.RECLASSEE and detection.objet.type is not TypeObjet.ECRITURE:
        raise Refused(
            f"detection {avis.detection_id} is about {detection.objet.type.value} {detection.objet.id!r}, which has "
            "no account to be corrected; give CONFIRMEE or FAUX_POSITIF"
        )
    return avis if avis.revision is not None else msgspec.structs.replace(avis, revision=detection.revision)


def judged(
    avis: Avis, detection: Detection | None, told: Sequence[Judgement], *, donne_le: dt.datetime, empreinte: str
) -> Judgement:
    """Return the record of an accepted verdict: `avis` as `judge` returned it, with the detection as it was judged.

    Of a revision that was replaced since, what an earlier verdict on it recorded is taken; without one, its reasons
    are not known any more, and the verdict counts for none.
    """
    bare = Judgement(
        avis=avis,
        detection_id=subject_of(avis),
        revision=avis.revision or 0,
        donne_le=donne_le,
        empreinte=empreinte,
        ecriture_id=avis.ecriture_id if detection is None else detection.ecriture_id,
        journal_code=None if detection is None else detection.journal_code,
        en_vigueur=not any(one.en_vigueur and one.revision > (avis.revision or 0) for one in told),
    )
    if detection is None or avis.verdict is Verdict.MANQUEE:
        return bare
    if detection.revision == bare.revision:
        points: dict[CodeMotif, float] = {}
        for motif in detection.motifs:
            points[motif.code] = points.get(motif.code, 0.0) + motif.poids
        return msgspec.structs.replace(
            bare,
            score=detection.score,
            motifs=points,
            contributions=detection.contributions,
            modeles=detection.modeles,
            parametres_version=detection.parametres_version,
        )
    for one in told:
        if one.revision == bare.revision:
            return msgspec.structs.replace(
                bare,
                score=one.score,
                motifs=one.motifs,
                contributions=one.contributions,
                modeles=one.modeles,
                parametres_version=one.parametres_version,
            )
    return bare
