"""The training services take part as candidates, each flow as a series of its own."""

import numpy as np
import pytest

from schemas import TypeModele
from wisebook_ml.treasury.forecasting.flows import Activity, flows_of
from wisebook_ml.treasury.forecasting.models import CANDIDATES, Candidate
from wisebook_ml.treasury.forecasting.models.services import ServiceCandidate
from wisebook_ml.treasury.series import DailySeries

SMALL = {"epochs": 1, "sequence_length": 21, "hidden_layers": [4]}


@pytest.mark.parametrize("name", ["prophet", "lstm"])
def test_a_service_forecasts_a_flow(name: str, history: DailySeries) -> None:
    pytest.importorskip({"prophet": "prophet", "lstm": "keras"}[name])
    candidate: Candidate = CANDIDATES[name]()
    if name == "lstm":
        candidate = ServiceCandidate(TypeModele.LSTM, SMALL, refit_every=252)
    came = flows_of(history, Activity.of(history, "FR"))[0]
    known = len(came) - 70
    fitted = candidate.fit(came.until(known))
    for more in (0, 5):  # goes on from new days without learning anew
        ahead = came.ordinals[known + more : known + more + 64]
        said = fitted.predict(came.until(known + more), ahead)
        assert said.mean.shape == (64,)
        assert np.isfinite(said.quantiles).all()
        assert (np.diff(said.quantiles, axis=1) >= 0).all()
        assert (said.quantiles >= 0).all()
    assert 0.5 < said.mean.sum() / came.values[known + 5 : known + 69].sum() < 1.5 or name == "lstm"
