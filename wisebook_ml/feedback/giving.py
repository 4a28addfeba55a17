"""Giving a verdict, from wherever a person does it: what it says, and whether it would count."""

from typing import Any, Protocol

import msgspec

from schemas import Avis, Detection, Verdict
from wisebook_ml.feedback.judgement import Refused, judge
from wisebook_ml.feedback.standing import Outcome, subject_of

__all__ = ["missed_entry", "outcome_of", "verdict_on"]


class Detections(Protocol):
    """Finds a detection of a company; see `storage.DetectionStore`."""

    def get(self, detection_id: Any, societe_id: Any = None) -> Any:
        """Return it as it is stored; None where there is none."""


class Verdicts(Protocol):
    """Knows what was said; see `storage.VerdictStore`."""

    def told(self, detection_ids: Any) -> Any:
        """Return the verdicts on each of some detections."""


def verdict_on(
    detection: Detection,
    verdict: Verdict,
    *,
    auteur: str,
    compte_num: str | None = None,
    commentaire: str = "",
    revision: int | None = None,
    remplace: bool = False,
) -> Avis:
    """Return a verdict on a detection.

    Parameters
    ----------
    detection : Detection
        As it stands.
    verdict : Verdict
        What is said of it.
    auteur, compte_num, commentaire
        By whom, which account is right (for RECLASSEE alone), and why.
    revision : int, optional
        That which the person looked at; by default the one that stands.
    remplace : bool
        Whether it takes the place of the one that stands.

    Raises
    ------
    Refused
        Where it makes no sense.
    """
    if (verdict is Verdict.RECLASSEE) is (compte_num is None):
        raise Refused(
            "RECLASSEE names the right account in `compte_num`, such as 606300"
            if compte_num is None
            else f"`compte_num` goes with RECLASSEE, not with {verdict.value}"
        )
    return _avis(
        societe_id=detection.societe_id,
        detection_id=detection.detection_id,
        verdict=verdict,
        compte_num=compte_num,
        auteur=auteur,
        commentaire=commentaire,
        revision=detection.revision if revision is None else revision,
        remplace=remplace,
    )


def missed_entry(
    societe_id: int,
    ecriture_id: str,
    *,
    auteur: str,
    compte_num: str | None = None,
    commentaire: str = "",
    remplace: bool = False,
) -> Avis:
    """Return what says that an entry should have been detected.

    Raises
    ------
    Refused
        Where it makes no sense.
    """
    return _avis(
        societe_id=societe_id,
        ecriture_id=ecriture_id,
        verdict=Verdict.MANQUEE,
        compte_num=compte_num,
        auteur=auteur,
        commentaire=commentaire,
        remplace=remplace,
    )


def outcome_of(avis: Avis, detections: Detections, verdicts: Verdicts) -> Outcome:
    """Return what would become of a verdict as things stand.

    Raises
    ------
    Refused
        Where it would not count.
    """
    about = subject_of(avis)
    stored = detections.get(about, avis.societe_id)
    detection = None if stored is None else stored.detection
    _, outcome = judge(avis, detection, verdicts.told([about]).get(about, []))
    return outcome


def _avis(**given: object) -> Avis:
    try:
        return msgspec.convert(given, Avis)
    except msgspec.ValidationError as error:
        raise Refused(f"the verdict makes no sense: {error}") from error
