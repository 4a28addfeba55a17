"""Who receives and who sends which records, as the AsyncAPI document tells it; rights are in `topics.access`."""

import topics
from schemas import (
    Acquittement,
    Activation,
    Alerte,
    AnnonceModele,
    AnnulationEntrainement,
    Avis,
    Campagne,
    Comptage,
    DemandeEntrainement,
    Derive,
    Detection,
    Echeancier,
    Ecriture,
    Esquisse,
    ExecutionMinuterie,
    Fenetre,
    Livraison,
    Parametres,
    PositionTresorerie,
    Prediction,
    Record,
    Reglage,
    Reprise,
    Statistique,
    Tick,
    Travailleur,
)
from topics.topic import Topic

__all__ = ["RECEIVES", "SENDS"]

RECEIVES: dict[str, tuple[tuple[Topic, tuple[type[Record], ...]], ...]] = {
    "scoring": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick, Reprise)),
        (topics.MODELS, (AnnonceModele,)),
    ),
    "tuning": (
        (topics.SETTINGS, (Parametres,)),
        (topics.FEEDBACK, (Avis,)),
    ),
    "prediction": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.FEEDBACK, (Avis,)),
        (topics.TREASURY, (PositionTresorerie,)),
    ),
    "treasury": ((topics.TREASURY, (PositionTresorerie, Echeancier, Activation, Reglage)),),
    "cash": ((topics.ENTRIES, (Ecriture, Activation, Reglage, Tick)),),
    "storage": (
        (topics.DETECTIONS, (Detection,)),
        (topics.TRAINING_CAMPAIGNS, (Campagne,)),
        (topics.STATISTICS, (Statistique,)),
        (topics.DRIFT, (Derive,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
    ),
    "statistics": (
        (topics.COUNTS, (Comptage,)),
        (topics.DETECTIONS, (Detection,)),
        (topics.FEEDBACK, (Avis,)),
        (topics.WINDOWS, (Fenetre,)),
    ),
    "replay": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick, Reprise)),
        (topics.DETECTIONS, (Detection,)),
    ),
    "drift": ((topics.SKETCHES, (Esquisse,)),),
    "alerting": (
        (topics.DETECTIONS, (Detection,)),
        (topics.ACKNOWLEDGEMENTS, (Acquittement,)),
    ),
    "delivery": ((topics.ALERTS, (Alerte,)),),
    "timers": ((topics.TIMER_RUNS, (ExecutionMinuterie,)),),
    "training": (
        (topics.TRAINING_REQUESTS, (DemandeEntrainement, AnnulationEntrainement)),
        (topics.ENTRIES, (Ecriture,)),
        (topics.TREASURY, (PositionTresorerie,)),
        (topics.FEEDBACK, (Avis,)),
    ),
    "api": (
        (topics.WORKERS, (Travailleur,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
        (topics.DEAD_LETTER, ()),
    ),
}
"""What each role of the application reads."""

MAKES: dict[str, tuple[tuple[Topic, tuple[type[Record], ...]], ...]] = {
    "scoring": (
        (topics.DETECTIONS, (Detection,)),
        (topics.ALERTS, (Alerte,)),
        (topics.COUNTS, (Comptage,)),
        (topics.SKETCHES, (Esquisse,)),
        (topics.DEAD_LETTER, ()),
    ),
    "statistics": (
        (topics.STATISTICS, (Statistique,)),
        (topics.WINDOWS, (Fenetre,)),
        (topics.DEAD_LETTER, ()),
    ),
    "drift": (
        (topics.DRIFT, (Derive,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.DEAD_LETTER, ()),
    ),
    "alerting": (
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "delivery": (
        (topics.DELIVERIES, (Livraison,)),
        (topics.DEAD_LETTER, ()),
    ),
    "prediction": (
        (topics.PREDICTIONS, (Prediction,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "treasury": (
        (topics.PREDICTIONS, (Prediction,)),
        (topics.DETECTIONS, (Detection,)),
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "cash": ((topics.TREASURY, (PositionTresorerie, Echeancier)),),
    "storage": ((topics.DEAD_LETTER, ()),),
    "training": (
        (topics.TRAINING_CAMPAIGNS, (Campagne,)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.ENTRIES, (Activation,)),
        (topics.TREASURY, (Activation,)),
        (topics.DEAD_LETTER, ()),
    ),
    "tuning": (
        (topics.ENTRIES, (Reglage,)),
        (topics.TREASURY, (Reglage,)),
        (topics.SETTINGS, (Parametres,)),
        (topics.DEAD_LETTER, ()),
    ),
    "timers": (
        (topics.ENTRIES, (Tick,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
    ),
    "api": (
        (topics.FEEDBACK, (Avis,)),
        (topics.ACKNOWLEDGEMENTS, (Acquittement,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement, AnnulationEntrainement)),
        (topics.SETTINGS, (Parametres,)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.ENTRIES, (Activation,)),
        (topics.TREASURY, (Activation,)),
    ),
    "replay": ((topics.ENTRIES, (Reprise,)),),
    "publish": (
        (topics.ENTRIES, (Ecriture, Tick)),
        (topics.TREASURY, (PositionTresorerie,)),
        (topics.FEEDBACK, (Avis,)),
    ),
}
"""What each role writes; `publish` is WiseBook core, or the command that imports a file in its place,
and `replay` the command of that name."""

REPORT: tuple[Topic, tuple[type[Record], ...]] = (topics.WORKERS, (Travailleur,))
"""What every process of this application writes besides."""

COMMANDS = frozenset({"publish", "replay"})

SENDS = {role: channels if role in COMMANDS else (*channels, REPORT) for role, channels in MAKES.items()}
