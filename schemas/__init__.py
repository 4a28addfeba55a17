"""The record types of every topic: the contract between WiseBook core, this system and its subscribers.

The types are the schema: `msgspec` validates records against them, and the JSON Schemas below
`schemas/json` and the AsyncAPI document are written from them.
"""

from schemas.base import Record
from schemas.codes import CodeMotif
from schemas.detection import Detection, ModeleUtilise, MotifDetection, Objet, detection_id
from schemas.entry import Ecriture, Ligne
from schemas.enums import (
    ClasseEcriture,
    Direction,
    DomaineApplication,
    Etape,
    Etat,
    Motif,
    Operation,
    Origine,
    RoleModele,
    Severite,
    Statut,
    StatutCampagne,
    TypeModele,
    TypeObjet,
    Verdict,
)
from schemas.feedback import Avis
from schemas.marker import Activation, Reglage, Tick
from schemas.model import AnnonceModele, VersionModele
from schemas.money import from_minor, to_minor
from schemas.outputs import Alerte, Derive, DeriveVariable, Prediction, Statistique
from schemas.settings import Attenuation, Parametres, ReglageControle
from schemas.training import AnnulationEntrainement, Campagne, DemandeEntrainement, campagne_id
from schemas.treasury import PositionTresorerie

__all__ = [
    "Activation",
    "Alerte",
    "AnnonceModele",
    "AnnulationEntrainement",
    "Attenuation",
    "Avis",
    "Campagne",
    "ClasseEcriture",
    "CodeMotif",
    "DemandeEntrainement",
    "Derive",
    "DeriveVariable",
    "Detection",
    "Direction",
    "DomaineApplication",
    "Ecriture",
    "Etape",
    "Etat",
    "Ligne",
    "ModeleUtilise",
    "Motif",
    "MotifDetection",
    "Objet",
    "Operation",
    "Origine",
    "Parametres",
    "PositionTresorerie",
    "Prediction",
    "Record",
    "Reglage",
    "ReglageControle",
    "RoleModele",
    "Severite",
    "Statistique",
    "Statut",
    "StatutCampagne",
    "Tick",
    "TypeModele",
    "TypeObjet",
    "Verdict",
    "VersionModele",
    "campagne_id",
    "detection_id",
    "from_minor",
    "to_minor",
]
