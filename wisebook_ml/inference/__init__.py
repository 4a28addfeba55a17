"""Predictions on request: what a champion says of rows that somebody sends. Knows neither HTTP nor topics."""

from wisebook_ml.inference.desk import Prediction, PredictionDesk
from wisebook_ml.inference.exceptions import NoChampion, RowsRefused
from wisebook_ml.inference.fields import FIELDS, Field, Kind
from wisebook_ml.inference.loaded import LoadedModels

__all__ = ["FIELDS", "Field", "Kind", "LoadedModels", "NoChampion", "Prediction", "PredictionDesk", "RowsRefused"]
