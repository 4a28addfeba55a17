"""Loading a version: its digest and signature are checked before anything is unpickled, and it predicts once."""

import datetime as dt
import logging
from collections.abc import Mapping
from functools import cache

import pandas as pd
from msgspec.structs import replace

from schemas import Ecriture, Ligne, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.prediction.catalogue import PREDICTORS
from wisebook_ml.prediction.rows import new_rows
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import MissingLibrary, service_class

__all__ = ["load_service", "sample_rows", "warm_up"]

LOGGER = logging.getLogger(__name__)

LONG_AGO = dt.date(2000, 1, 3)
MONTHS = 6


def load_service(store: ArtefactStore, version: VersionModele) -> BaseMLService:
    """Return a version's service, checked and warm.

    Raises
    ------
    ValueError
        Where the artefact is missing, altered, not signed, of other library versions, or does not predict.
    OSError
        Where the store does not answer; that may pass.
    """
    data = store.read(version)
    predictor = PREDICTORS[version.type_modele]
    try:
        service = service_class(version.type_modele).load(data)
        frame = sample_rows()[predictor.rows]
        for _ in predictor.read(frame, service.predict(frame)):
            pass
    except MissingLibrary as error:
        raise ValueError(str(error)) from error
    except (ValueError, OSError):
        raise
    except Exception as error:  # whatever the bytes of an artefact make a library raise
        raise ValueError(f"it cannot predict: {type(error).__name__}: {error}") from error
    return service


@cache
def sample_rows() -> Mapping[str, pd.DataFrame]:
    """Return a few rows of each kind, of entries of our own: a sale and its payment each month, to one client."""
    entries = [entry for month in range(MONTHS) for entry in _month(month)]
    return {kind: rows.take(entries) for kind, rows in new_rows().items()}


def warm_up() -> None:
    """Import the libraries that predict, and compile what is compiled, before records wait for it.

    What is not installed is said clearly; the models that need it are refused, and the others predict.
    """
    sample_rows()
    for type_modele in PREDICTORS:
        try:
            service_class(type_modele)
        except MissingLibrary as error:
            LOGGER.warning("%s. Models of this kind are refused here, with an alert; the others predict", error)


def _month(month: int) -> list[Ecriture]:
    sold = LONG_AGO + dt.timedelta(days=30 * month)
    paid = sold + dt.timedelta(days=25)
    client = Ligne(
        compte_num="411000", comp_aux_num="C1", comp_aux_lib="Client", ecriture_let=f"A{month}", date_let=paid
    )
    sale = [
        replace(client, debit="120.00", ecriture_lib="Facture", piece_ref=f"F{month}"),
        Ligne(compte_num="706000", credit="100.00", ecriture_lib="Facture", piece_ref=f"F{month}"),
        Ligne(compte_num="445710", credit="20.00", ecriture_lib="Facture", piece_ref=f"F{month}"),
    ]
    payment = [
        Ligne(compte_num="512000", debit="120.00", ecriture_lib="Virement"),
        replace(client, credit="120.00", ecriture_lib="Virement"),
    ]
    return [
        _entry(f"V{month}", "VE", sold, sale),
        _entry(f"B{month}", "BQ", paid, payment),
    ]


def _entry(ecriture_id: str, journal: str, day: dt.date, lignes: list[Ligne]) -> Ecriture:
    return Ecriture(
        societe_id=1, ecriture_id=ecriture_id, journal_code=journal, ecriture_date=day, lignes=lignes, exercice="2000"
    )
