"""Detections and desks as the tests make them."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    MotifDetection,
    Objet,
    ReglageAlertes,
    Severite,
    TypeObjet,
    from_minor,
)
from schemas.detection import detection_id
from wisebook_ml.alerting.desk import CompanyDesk
from wisebook_ml.alerting.policy import Policy
from wisebook_ml.alerting.records import Told
from wisebook_ml.alerting.state import CompanyState

NINE = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
"""A Monday, nine o'clock in France."""

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def detection(
    name: object,
    code: CodeMotif = CodeMotif.DOUBLON,
    *,
    severite: Severite = Severite.ELEVEE,
    cents: int = 100_00,
    revision: int = 1,
    etat: Etat = Etat.OUVERTE,
    journal: str | None = "AC",
    societe_id: int = 7,
    objet: TypeObjet = TypeObjet.ECRITURE,
) -> Detection:
    """Return a detection of a code; a smaller reason stands before it."""
    about = Objet(type=objet, id=f"E{name}")
    reasons = [
        MotifDetection(code=one, poids=points, valeur=1.0, seuil=1.0, libelle_fr=f"{one} !", libelle_en=f"{one}.")
        for one, points in ((CodeMotif.RAFALE, 10.0), (code, 80.0))
    ]
    return Detection(
        detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, about),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=about,
        etat=etat,
        revision=revision,
        ecriture_id=f"E{name}",
        journal_code=journal,
        ecriture_num=f"N{name}",
        montant=from_minor(cents),
        score=90.0,
        severite=severite,
        motifs=reasons,
        contributions={},
        modeles=[],
        parametres_version=0,
    )


class Company:
    """A company's desk with a clock that is set by hand."""

    def __init__(self, reglage: ReglageAlertes | None = None, days_off: Iterable[dt.date] = ()) -> None:
        self.desk = CompanyDesk(
            CompanyState(societe_id=7), Policy(reglage or ReglageAlertes(), frozenset(days_off)), (), ()
        )
        self.now = NINE

    def take(self, *taken: Detection, after: dt.timedelta = dt.timedelta(0)) -> list[Told]:
        """Let time pass, then take detections that are made at that moment; return what is told."""
        self.now += after
        for one in taken:
            self.desk.take(one, self.now, self.now)
        return self.new()

    def wait(self, time: dt.timedelta) -> list[Told]:
        """Let time pass, looking at the clock every minute; return what is told."""
        until = self.now + time
        while self.now < until:
            self.now = min(self.now + MINUTE, until)
            self.desk.advance(self.now)
        return self.new()

    def new(self) -> list[Told]:
        """Return what was told since."""
        told = list(self.desk.told)
        self.desk.told.clear()
        return told


def brief(told: Sequence[Told]) -> list[tuple[str, int, int, str]]:
    """Return cause, revision, number and state of each record."""
    return [(one.record.cause, one.record.revision, one.record.nombre, one.record.etat.value) for one in told]


def ids(told: Iterable[Told]) -> set[uuid.UUID]:
    """Return the alerts of records."""
    return {one.record.alerte_id for one in told}
