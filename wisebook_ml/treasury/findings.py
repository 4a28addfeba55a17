"""What people are told of a company's cash: detections that open, change and close, each under its id."""

import datetime as dt
import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
)
from schemas.detection import MotifDetection
from schemas.money import MAX_TOTAL_MINOR, from_minor
from wisebook_ml.treasury.forecasting.forecast import Forecast
from wisebook_ml.treasury.liquidity import Liquidity
from wisebook_ml.treasury.verdict import DRIFT_DAYS, DRIFT_OUTSIDE, RARE, Raison, Reason, Verdict

__all__ = [
    "BUILT_IN",
    "LEAST_DIFFERENCE",
    "RAREST",
    "Content",
    "Findings",
    "Told",
    "has_moved",
    "of_balance",
    "of_drift",
    "of_liquidity",
    "of_verdict",
]

BUILT_IN = 0
"""Model id of what is learnt in the stream and stands in no registry."""

CODES = {
    Raison.MONTANT: CodeMotif.FLUX_INHABITUEL,
    Raison.ABSENCE: CodeMotif.FLUX_ABSENT,
    Raison.DATE: CodeMotif.FLUX_DECALE,
    Raison.SOLDE_INCOHERENT: CodeMotif.SOLDE_INCOHERENT,
}

LEAST_PROBABILITY = 1e-6
"""Below it, probabilities count alike: they are shares of a few hundred days."""

RAREST = round(-math.log10(RARE), 1)
"""Rarity from which a deviation is an anomaly, in powers of ten."""

LEAST_DIFFERENCE = 0.01
"""A balance either follows to the cent, or does not."""

LARGE, VERY_LARGE = 3.0, 10.0
"""How many mean days a deviation is worth, for it to be serious."""

NEAR_DRY = dt.timedelta(days=30)
"""Within that many days, running dry is critical: what helps takes weeks."""

CERTAIN = 0.8

MOVED_SCORE = 10.0
"""Points of probability by which a warning of running dry has to move to be told again: it wavers by a few with each
day that comes, and who reads of it does nothing else for that."""

MOVED_DAYS, MOVED_SHARE = 7, 3
"""Days by which the day that it names has to move, and which part of the time until then: what matters of next month's
day is nothing where it is one of the month after next."""

DIGEST_BYTES = 12


@dataclass(frozen=True, slots=True)
class Content:
    """What is said of one object: `montant` in minor units, the rest as `Detection` has it."""

    date: dt.date
    montant: int
    score: float
    severite: Severite
    motifs: tuple[MotifDetection, ...]
    contributions: tuple[tuple[str, float], ...]


class Told(msgspec.Struct, array_like=True):
    """The last detection of an object: how often it changed, whether it is open, a digest of what it said.

    The rest is of what stood last: what closes it is about the same day and amount.
    """

    revision: int
    open: bool
    digest: bytes
    date: dt.date
    montant: int
    score: float
    severite: Severite


class Findings:
    """The detections of one company that were ever made, so that each has one id, and its revisions rise.

    Parameters
    ----------
    societe_id : int
        The company.
    """

    def __init__(self, societe_id: int) -> None:
        self._societe_id = societe_id
        self.told: dict[str, Told] = {}
        self.parametres_version = 0
        """Of the settings in force."""

    def is_open(self, objet: Objet) -> bool:
        """Tell whether something stands about an object."""
        known = self.told.get(_name(objet))
        return known is not None and known.open

    def close_all(self, version: int) -> list[Detection]:
        """Return what closes all that stands, in the order in which it was first told."""
        standing = [name.partition("/") for name, told in self.told.items() if told.open]
        closed = (self.tell(Objet(type=TypeObjet(type_), id=id_), None, version) for type_, _, id_ in standing)
        return [detection for detection in closed if detection is not None]

    def tell(
        self,
        objet: Objet,
        content: Content | None,
        version: int,
        promoted: Sequence[ModeleUtilise] = (),
        moved: Callable[[Told, Content], bool] = lambda known, content: True,
    ) -> Detection | None:
        """Return the detection to publish about an object; None where nothing has changed.

        Parameters
        ----------
        objet : Objet
            What it is about.
        content : Content, optional
            What stands; None where nothing does (any more).
        version : int
            Of the model that took part; 0 where none did.
        promoted : sequence of ModeleUtilise
            Versions of the registry that it was made of.
        moved : callable
            Whether what stands is far enough from what was told last for it to be told again.
        """
        known = self.told.get(_name(objet))
        digest = hashlib.blake2b(repr(content).encode(), digest_size=DIGEST_BYTES).digest()
        if content is None and (known is None or not known.open):
            return None
        if known is not None and known.open and known.digest == digest:
            return None
        if known is not None and known.open and content is not None and not moved(known, content):
            return None
        revision = 1 if known is None else known.revision + 1
        if content is not None:
            told = Told(revision, True, digest, content.date, content.montant, content.score, content.severite)
        else:
            assert known is not None
            told = Told(revision, False, digest, known.date, known.montant, known.score, known.severite)
        self.told[_name(objet)] = told
        return Detection(
            detection_id=detection_id(self._societe_id, DomaineApplication.FLUX_TRESORERIE, objet),
            societe_id=self._societe_id,
            domaine=DomaineApplication.FLUX_TRESORERIE,
            objet=objet,
            etat=Etat.CLOSE if content is None else Etat.OUVERTE,
            revision=revision,
            ecriture_date=told.date,
            montant=from_minor(told.montant),
            score=0.0 if content is None else content.score,
            severite=Severite.INFO if content is None else content.severite,
            motifs=[] if content is None else list(content.motifs),
            contributions={} if content is None else dict(content.contributions),
            modeles=[ModeleUtilise(modele_id=BUILT_IN, version=version), *promoted] if version else [],
            parametres_version=self.parametres_version,
        )


def of_verdict(verdict: Verdict, forecast: Forecast) -> Content | None:
    """Return what a verdict says; None where the day was as expected."""
    if not verdict.motifs:
        return None
    parts = _shares([_rarity(one) for one in verdict.motifs], verdict.score)
    motifs = tuple(_motif(one, part) for one, part in zip(verdict.motifs, parts, strict=True))
    contributions: dict[str, float] = {}
    for one, part in zip(verdict.motifs, parts, strict=True):
        contributions[one.flux] = round(contributions.get(one.flux, 0.0) + part, 1)
    return Content(
        verdict.date,
        max(_cents(one.observe - one.attendu) for one in verdict.motifs),
        verdict.score,
        max((_severity(one, forecast) for one in verdict.motifs), key=list(Severite).index),
        motifs,
        tuple(contributions.items()),
    )


def of_balance(reason: Reason, day: dt.date) -> Content:
    """Return what a balance says that does not follow from the day before."""
    return Content(
        day,
        _cents(reason.observe - reason.attendu),
        100.0,
        Severite.MOYENNE,
        (_motif(reason, 100.0),),
        (("solde", 100.0),),
    )


def of_drift(verdict: Verdict, outside: int) -> Content:
    """Return what it says that many of the last days lay outside their interval.

    Parameters
    ----------
    verdict : Verdict
        Of the last of them.
    outside : int
        How many.
    """
    motif = MotifDetection(
        code=CodeMotif.PREVISION_DERIVE,
        poids=100.0,
        valeur=float(outside),
        seuil=float(DRIFT_OUTSIDE),
        libelle_fr=f"{outside} des {DRIFT_DAYS} derniers jours hors de l'intervalle prévu à 80 % : la trésorerie a "
        "quitté ses habitudes, le modèle réapprend.",
        libelle_en=f"{outside} of the last {DRIFT_DAYS} days outside the forecast's 80 % interval: cash has left its "
        "habits, the model learns anew.",
    )
    return Content(verdict.date, 0, 100.0, Severite.FAIBLE, (motif,), (("solde", 100.0),))


def of_liquidity(found: Liquidity, least: float) -> Content | None:
    """Return what a probability of running dry says; None where it is less than it has to be.

    Parameters
    ----------
    found : Liquidity
        What the forecast says.
    least : float
        What opens a detection, or what keeps it open.
    """
    if found.probabilite < least:
        return None
    # Of one that is only kept open, the day by which all of its probability is reached: so days do not leap.
    threshold = min(found.seuil, found.probabilite)
    texts, day = found.alert(threshold), found.date(threshold)
    assert texts is not None  # the last day has all of it
    assert day is not None
    probability = round(found.probabilite, 2)
    critical = probability >= CERTAIN and day - found.origin <= NEAR_DRY
    score = round(100 * probability, 1)
    motif = MotifDetection(
        code=CodeMotif.RISQUE_LIQUIDITE,
        poids=score,
        valeur=probability,
        seuil=found.seuil,
        libelle_fr=texts[0],
        libelle_en=texts[1],
    )
    missing = max(_cents(min(found.lowest - found.plancher, 0.0)), 0)
    severite = Severite.CRITIQUE if critical else Severite.ELEVEE
    return Content(day, missing, score, severite, (motif,), (("solde", score),))


def has_moved(known: Told, content: Content, origin: dt.date) -> bool:
    """Tell whether a warning of running dry is another than the one that was told last.

    It is where it has become more serious, or where its probability or its day have moved far. One that has become less
    serious is told with these, so that it does not waver around a limit either.

    Parameters
    ----------
    known : Told
        What was told last.
    content : Content
        What stands now.
    origin : date
        The last day that is known now.
    """
    ranks = list(Severite)
    left = (min(known.date, content.date) - origin).days
    return (
        ranks.index(content.severite) > ranks.index(known.severite)
        or round(abs(content.score - known.score), 1) >= MOVED_SCORE
        or abs((content.date - known.date).days) >= max(MOVED_DAYS, left // MOVED_SHARE)
    )


def _name(objet: Objet) -> str:
    return f"{objet.type.value}/{objet.id}"


def _cents(amount: float) -> int:
    """Return the size of an amount that is shown, in minor units."""
    return min(round(abs(amount) * 100), MAX_TOTAL_MINOR)


def _shares(weights: Iterable[float], score: float) -> list[float]:
    """Return parts of a score that add up to it, at one decimal."""
    sizes = list(weights)
    parts = [round(score * size / sum(sizes), 1) for size in sizes[:-1]]
    return [*parts, round(score - sum(parts), 1)]


def _motif(reason: Reason, poids: float) -> MotifDetection:
    if reason.code is Raison.SOLDE_INCOHERENT:
        valeur, seuil = round(abs(float(reason.observe - reason.attendu)), 2), LEAST_DIFFERENCE
    else:
        valeur, seuil = round(_rarity(reason), 2), RAREST
    return MotifDetection(
        code=CODES[reason.code],
        poids=poids,
        valeur=valeur,
        seuil=seuil,
        libelle_fr=reason.libelle_fr,
        libelle_en=reason.libelle_en,
    )


def _rarity(reason: Reason) -> float:
    """Return how rare a deviation is, in powers of ten."""
    return -math.log10(max(float(reason.probabilite), LEAST_PROBABILITY))


def _severity(reason: Reason, forecast: Forecast) -> Severite:
    """Return how serious a deviation is, by the mean days that it is worth."""
    if reason.code is Raison.DATE:
        return Severite.FAIBLE
    expected = forecast.sorties if reason.flux == "sorties" else forecast.entrees
    level = float(expected.mean[forecast.active].mean()) if forecast.active.any() else 0.0
    worth = abs(reason.observe - reason.attendu) / max(level, 0.01)
    if worth >= VERY_LARGE:
        return Severite.ELEVEE
    return Severite.MOYENNE if worth >= LARGE else Severite.FAIBLE
