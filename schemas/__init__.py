"""The record types of every topic: the contract between WiseBook core, this system and its subscribers.

The types are the schema: `msgspec` validates records against them, and the JSON Schemas below
`schemas/json` and the AsyncAPI document are written from them.
"""

from schemas.alerting import (
    Acquittement,
    Alerte,
    Canal,
    Destination,
    EtatAlerte,
    HeuresCalmes,
    Livraison,
    ReglageAlertes,
    StatutLivraison,
)
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
    SourcePosition,
    Statut,
    StatutCampagne,
    StatutExecution,
    TypeModele,
    TypeObjet,
    Verdict,
)
from schemas.feedback import Avis
from schemas.marker import Activation, Reglage, Tick
from schemas.measures import CLASSES_SCORE, CauseComptee, Comptage, Esquisse, Fenetre, FenetreJournal, Pas
from schemas.model import AnnonceModele, VersionModele
from schemas.money import from_minor, to_minor
from schemas.outputs import Derive, DeriveVariable, Prediction, Statistique
from schemas.replay import DetectionReprise, Reprise
from schemas.settings import Attenuation, Parametres, ReglageControle, ReglageTresorerie
from schemas.timer import ExecutionMinuterie
from schemas.training import AnnulationEntrainement, Campagne, DemandeEntrainement, campagne_id
from schemas.treasury import Echeancier, PaiementAttendu, PositionTresorerie
from schemas.worker import PartitionServie, Travailleur

__all__ = [
    "CLASSES_SCORE",
    "Acquittement",
    "Activation",
    "Alerte",
    "AnnonceModele",
    "AnnulationEntrainement",
    "Attenuation",
    "Avis",
    "Campagne",
    "Canal",
    "CauseComptee",
    "ClasseEcriture",
    "CodeMotif",
    "Comptage",
    "DemandeEntrainement",
    "Derive",
    "DeriveVariable",
    "Destination",
    "Detection",
    "DetectionReprise",
    "Direction",
    "DomaineApplication",
    "Echeancier",
    "Ecriture",
    "Esquisse",
    "Etape",
    "Etat",
    "EtatAlerte",
    "ExecutionMinuterie",
    "Fenetre",
    "FenetreJournal",
    "HeuresCalmes",
    "Ligne",
    "Livraison",
    "ModeleUtilise",
    "Motif",
    "MotifDetection",
    "Objet",
    "Operation",
    "Origine",
    "PaiementAttendu",
    "Parametres",
    "PartitionServie",
    "Pas",
    "PositionTresorerie",
    "Prediction",
    "Record",
    "Reglage",
    "ReglageAlertes",
    "ReglageControle",
    "ReglageTresorerie",
    "Reprise",
    "RoleModele",
    "Severite",
    "SourcePosition",
    "Statistique",
    "Statut",
    "StatutCampagne",
    "StatutExecution",
    "StatutLivraison",
    "Tick",
    "Travailleur",
    "TypeModele",
    "TypeObjet",
    "Verdict",
    "VersionModele",
    "campagne_id",
    "detection_id",
    "from_minor",
    "to_minor",
]
