"""What is remembered of a company between two records: few numbers for each alert, and where each detection went."""

import datetime as dt
import uuid

from msgspec import Struct, field

from schemas import Detection, EtatAlerte, Severite, TypeObjet, to_minor
from wisebook_ml.alerting.policy import cause_of, rank

__all__ = ["LISTED", "Alert", "CompanyState", "Member", "member_of"]

LISTED = 100
"""Detections that an alert names; it counts all."""

JOURNALS = 30
"""Journals that an alert counts apart; the others together, under no name."""


class Member(Struct, kw_only=True):
    """A detection that has passed the policy, and the alert it went into.

    `ouverte`: it stands, as far as its last record (`revision`) says.
    """

    detection_id: uuid.UUID
    societe_id: int
    alerte_id: uuid.UUID
    revision: int
    severite: Severite
    montant: int
    """Cents at stake."""
    code: str
    objet: TypeObjet
    journal: str
    ouverte: bool = True


def member_of(detection: Detection, alerte_id: uuid.UUID) -> Member:
    """Return what is kept of a detection."""
    return Member(
        detection_id=detection.detection_id,
        societe_id=detection.societe_id,
        alerte_id=alerte_id,
        revision=detection.revision,
        severite=detection.severite,
        montant=abs(to_minor(detection.montant)),
        code=cause_of(detection),
        objet=detection.objet.type,
        journal=detection.journal_code or "",
    )


class Alert(Struct, kw_only=True):
    """An alert, or (at revision 0) what is held back for one.

    Parameters
    ----------
    revision : int
        Of the last record that was made of it.
    pire : int
        The revision that tells the severity it has now, or is to tell it.
    nombre, montant, codes, severites, objets, journaux
        What it counts: detections, cents, and detections by code, by severity, by kind of object and by journal.
    ouvertes : int
        How many of them stand.
    fin : datetime or None
        Until when more of the same cause goes into it; None: no more does.
    palier : int
        The number of detections from which it is told again.
    dit : tuple of (int, int)
        `nombre` and `montant` as they were told last.
    differee : datetime or None
        When it is told again what quiet hours held back, or, at revision 0, told at all.
    escalade, escalade_avant : int
        How often it was escalated in all, which never goes back: who is told goes by that; and how often before it was
        opened again, from when on the company's number counts anew.
    escalade_le : datetime or None
        When it is escalated unless somebody acknowledges it.
    acquittement : tuple of (str, int, int) or None
        Topic, partition and offset of the last acknowledgement that was taken.
    calme : bool
        Whether quiet hours have held it back; else, the budget.
    texte_fr, texte_en : str
        What is said of its first detection alone; empty where that is gone.
    """

    alerte_id: uuid.UUID
    societe_id: int
    cause: str
    severite: Severite
    ouverte_le: dt.datetime
    derniere_le: dt.datetime
    texte_fr: str
    texte_en: str
    etat: EtatAlerte = EtatAlerte.OUVERTE
    revision: int = 0
    pire: int = 0
    nombre: int = 0
    montant: int = 0
    ouvertes: int = 0
    detections: list[uuid.UUID] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    severites: dict[str, int] = field(default_factory=dict)
    objets: dict[str, int] = field(default_factory=dict)
    journaux: dict[str, int] = field(default_factory=dict)
    fin: dt.datetime | None = None
    palier: int = 1
    dit: tuple[int, int] = (0, 0)
    differee: dt.datetime | None = None
    escalade: int = 0
    escalade_avant: int = 0
    escalade_le: dt.datetime | None = None
    acquittee_par: str = ""
    commentaire: str = ""
    acquittement: tuple[str, int, int] | None = None
    calme: bool = False

    @property
    def due(self) -> dt.datetime | None:
        """When something is to be done about it; None: never."""
        return min((one for one in (self.fin, self.differee, self.escalade_le) if one is not None), default=None)

    @property
    def vue(self) -> int:
        """The revision that somebody has seen who sees it as it is here: quiet hours may hold back what is worse."""
        return max(self.revision, self.pire)

    def count(self, member: Member) -> None:
        """Count a detection in."""
        self.nombre += 1
        self.ouvertes += 1
        self.montant += member.montant
        if len(self.detections) < LISTED:
            self.detections.append(member.detection_id)
        journal = member.journal
        if journal not in self.journaux and len(self.journaux) >= JOURNALS:
            journal = ""
        for counted, name in self._counted(member, journal):
            counted[name] = counted.get(name, 0) + 1

    def discount(self, member: Member) -> None:
        """Count a detection out again that is gone before anybody was told of it."""
        self.nombre -= 1
        self.montant -= member.montant
        if self.begins_with(member):
            self.texte_fr = self.texte_en = ""
        if member.detection_id in self.detections and len(self.detections) > 1:
            self.detections.remove(member.detection_id)
        journal = member.journal if member.journal in self.journaux else ""
        for counted, name in self._counted(member, journal):
            _take_one(counted, name)
        self._settle()

    def _counted(self, member: Member, journal: str) -> tuple[tuple[dict[str, int], str], ...]:
        kinds = (self.codes, member.code), (self.severites, member.severite.value), (self.objets, member.objet.value)
        return *kinds, (self.journaux, journal)

    def revise(self, member: Member, montant: int, severite: Severite) -> None:
        """Count a detection that is counted with other cents and another severity."""
        self.montant += montant - member.montant
        _take_one(self.severites, member.severite.value)
        self.severites[severite.value] = self.severites.get(severite.value, 0) + 1
        member.montant, member.severite = montant, severite
        if not self.revision:
            self._settle()

    def _settle(self) -> None:
        """Take the severity of what is counted: until it is told, it may become less."""
        self.severite = max((Severite(one) for one in self.severites), key=rank, default=self.severite)

    def begins_with(self, member: Member) -> bool:
        """Tell whether this is its first detection, which `texte_fr` and `texte_en` speak of."""
        return self.detections[:1] == [member.detection_id]

    def rises(self, severite: Severite) -> bool:
        """Take a severity in; return whether it is more than there was."""
        if rank(severite) <= rank(self.severite):
            return False
        self.severite = severite
        self.pire = self.revision + 1
        return True


def _take_one(counted: dict[str, int], name: str) -> None:
    left = counted.get(name, 0) - 1
    if left > 0:
        counted[name] = left
    else:
        counted.pop(name, None)


class CompanyState(Struct, kw_only=True):
    """What a company's next alert depends on, beside those that are open.

    Parameters
    ----------
    reached : datetime or None
        As of when the last thing counted.
    heure : datetime or None
        The hour that `dites` alerts were told in, `graves` of them urgent ones.
    held : Alert or None
        What the next digest will tell.
    """

    societe_id: int
    reached: dt.datetime | None = None
    heure: dt.datetime | None = None
    dites: int = 0
    graves: int = 0
    held: Alert | None = None
