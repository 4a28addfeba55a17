"""Alerts: what a person should look at now, who has, and how it was brought to them."""

import datetime as dt
import re
import uuid
from enum import StrEnum
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Identifiant, Nombre, Record, Revision, SocieteOuGlobal
from schemas.codes import CodeMotif
from schemas.enums import Severite
from schemas.model import VersionModele
from schemas.money import Montant, MontantTotal

__all__ = [
    "Acquittement",
    "Alerte",
    "Canal",
    "Destination",
    "EtatAlerte",
    "HeuresCalmes",
    "Livraison",
    "ReglageAlertes",
    "StatutLivraison",
]

Instant = Annotated[dt.datetime, Meta(tz=True)]
Minutes = Annotated[int, Meta(ge=0, le=7 * 24 * 60)]
HEURE = r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)"

_IN_URL, _IN_BOX = r"[^\s\x00-\x1f\x7f]", r"[^@\s<>()\[\],;:\"\\\x00-\x1f\x7f]"
_BOX = rf"{_IN_BOX}{{1,64}}@{_IN_BOX}{{1,250}}"

MOTIF_URL = rf"^https?://(?![/?#]){_IN_URL}+$(?!\n)"
MOTIF_BOITES = rf"^ *{_BOX} *(, *{_BOX} *)*$(?!\n)"
BOITE = re.compile(_BOX)
"""A mailbox without display name, comment or quotes: nothing in it can end a header or begin another address."""


class EtatAlerte(StrEnum):
    """Where an alert stands. `RESOLUE`: the reasons of all its detections are gone."""

    OUVERTE = "OUVERTE"
    ACQUITTEE = "ACQUITTEE"
    RESOLUE = "RESOLUE"


class Canal(StrEnum):
    """How alerts are brought to people and programs, beside the topic."""

    WEBHOOK = "WEBHOOK"
    EMAIL = "EMAIL"


class StatutLivraison(StrEnum):
    """What became of an attempt to deliver an alert. All but the first are ends.

    `REMPLACEE`: a later revision of the alert goes to the same destination, so that this one need not any more.
    """

    A_REESSAYER = "A_REESSAYER"
    LIVREE = "LIVREE"
    ABANDONNEE = "ABANDONNEE"
    REMPLACEE = "REMPLACEE"


class Alerte(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Detections of a company that a person should look at now, grouped and rate-limited.

    One without detections is about the system itself, such as a model version that was refused (`modele`). A later
    `revision` of the same id replaces the earlier one: more of the same cause has come, or somebody has
    acknowledged it. `nombre` counts all detections; `detections` names the first hundred. `cause` is what they have
    in common: a code, or "" for a digest of what the hour's budget had no room for, or quiet hours held back.
    `escalade` counts how often nobody had acknowledged it in time.

    Raises
    ------
    ValueError
        When it names neither detections nor a model.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.alerte.v1"

    alerte_id: uuid.UUID
    societe_id: SocieteOuGlobal
    severite: Severite
    detections: Annotated[list[uuid.UUID], Meta(max_length=100)] = []
    modele: VersionModele | None = None
    titre_fr: str
    titre_en: str
    revision: Revision = 1
    etat: EtatAlerte = EtatAlerte.OUVERTE
    cause: str = ""
    nombre: Nombre = 0
    montant: MontantTotal | None = None
    codes: dict[str, int] = {}
    ouverte_le: Instant | None = None
    derniere_le: Instant | None = None
    escalade: Annotated[int, Meta(ge=0)] = 0
    acquittee_par: str = ""
    commentaire: str = ""

    def __post_init__(self) -> None:
        if not self.detections and self.modele is None:
            raise ValueError("an alert names what it is about, in `detections` or `modele`")


class Acquittement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody has taken note of an alert: it is not escalated any more.

    More of the same goes into it in silence until its group ends; what is worse opens it again. `revision` is that
    which they saw: where the alert has become more severe since, it stays open, for nobody has taken note of that.
    """

    ce_type: ClassVar[str] = "fr.wisebook.acquittement.v1"

    societe_id: SocieteOuGlobal
    alerte_id: uuid.UUID
    auteur: Identifiant
    commentaire: Annotated[str, Meta(max_length=2000)] = ""
    revision: Annotated[int, Meta(ge=1)] | None = None


class Livraison(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt to bring one revision of an alert to one destination, and what became of it.

    `livraison_id` is that of all attempts, and the `webhook-id` or part of the Message-ID that the receiver sees. An
    end without an attempt (too late, replaced) has the number of the last one; 0: there was none.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.livraison.v1"

    livraison_id: uuid.UUID
    societe_id: SocieteOuGlobal
    alerte_id: uuid.UUID
    revision: Revision
    canal: Canal
    destination: Annotated[str, Meta(max_length=2000, description="The address, without what is secret in it.")]
    tentative: Nombre
    statut: StatutLivraison
    quand: Instant
    duree_ms: Nombre = 0
    code: Annotated[int, Meta(description="What the server answered: a status of HTTP, or of SMTP.")] | None = None
    detail: Annotated[str, Meta(max_length=1000)] = ""
    prochaine: Annotated[Instant, Meta(description="When it is tried again.")] | None = None


class HeuresCalmes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When nobody is to be disturbed, by French clocks: from `debut` to `fin` (over midnight where that is earlier).

    `jours` are those of the beginning, 1 (Monday) to 7; none: all. `feries`: days off (Saturdays, Sundays, public
    holidays, and those of the company) are quiet as a whole. `sauf` is the least severity that disturbs
    nevertheless.
    """

    debut: Annotated[str, Meta(pattern=HEURE)] = "20:00"
    fin: Annotated[str, Meta(pattern=HEURE)] = "08:00"
    jours: list[Annotated[int, Meta(ge=1, le=7)]] = []
    feries: bool = False
    sauf: Severite = Severite.CRITIQUE


class Destination(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where alerts go, from a severity on: an address, and in which language.

    That of a WEBHOOK is a URL; that of EMAIL is one mailbox, or several with commas between them, each of which gets a
    mail of its own. One for escalations (`escalade`) is told of what nobody has acknowledged in time, and of nothing
    else.

    Raises
    ------
    ValueError
        When the address is not one of its channel.
    """

    canal: Canal
    adresse: Annotated[str, Meta(min_length=3, max_length=2000)]
    severite: Severite = Severite.INFO
    langue: Annotated[str, Meta(pattern=r"^(fr|en)$(?!\n)")] = "fr"
    escalade: bool = False

    def __post_init__(self) -> None:
        if self.canal is Canal.WEBHOOK:
            if re.search(MOTIF_URL, self.adresse) is None:
                raise ValueError(
                    "`adresse` of a WEBHOOK is a URL without spaces, such as https://erp.example.fr/alertes"
                )
        elif re.search(MOTIF_BOITES, self.adresse) is None:
            raise ValueError(
                "`adresse` of EMAIL is a mailbox, or several with commas: anne@example.fr, paul@example.fr"
            )


class ReglageAlertes(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which detections become alerts, how many, when, and to whom.

    A detection passes with at least `severite` and, where given, at least `montant` at stake; of `controles` nothing
    but these where any are named, and none of `sauf_controles`, by its strongest reason. Of the same cause within
    `regroupement` minutes there is one alert. No more than `budget_horaire` alerts are told in an hour: what exceeds it
    is told as one at its end, unless it is CRITIQUE. What nobody has acknowledged after `escalade` minutes (0:
    never) is told again, up to `escalades` times.
    """

    actif: bool = True
    severite: Severite = Severite.ELEVEE
    montant: Montant | None = None
    controles: list[CodeMotif] = []
    sauf_controles: list[CodeMotif] = []
    regroupement: Minutes = 60
    budget_horaire: Annotated[int, Meta(ge=0, le=1000)] = 10
    calmes: list[HeuresCalmes] = []
    escalade: Minutes = 0
    escalades: Annotated[int, Meta(ge=0, le=10)] = 1
    destinations: Annotated[list[Destination], Meta(max_length=20)] = []
