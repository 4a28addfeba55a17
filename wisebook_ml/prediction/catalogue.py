"""What is predicted while entries come, by algorithm. LSTM and Prophet forecast treasury, which is another stream."""

from collections.abc import Mapping

from schemas import TypeModele
from wisebook_ml.prediction.accounts import Accounts
from wisebook_ml.prediction.anomaly import Anomaly
from wisebook_ml.prediction.base import Predictor
from wisebook_ml.prediction.client_risk import ClientRisk
from wisebook_ml.prediction.entry_class import EntryClass
from wisebook_ml.prediction.entry_score import EntryScore
from wisebook_ml.prediction.segments import Segments

__all__ = ["PREDICTORS"]

PREDICTORS: Mapping[TypeModele, Predictor] = {
    predictor.type_modele: predictor
    for predictor in (Accounts(), ClientRisk(), Segments(), EntryScore(), EntryClass(), Anomaly())
}
"""In the order in which they are published; adding one is adding its file and its name here."""
