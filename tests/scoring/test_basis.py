"""A state is only taken up again by what would have made the same."""

import importlib.metadata
import subprocess
import sys

import pytest

from schemas import Parametres
from wisebook_ml.compiled import PACKAGES
from wisebook_ml.scoring import basis
from wisebook_ml.scoring.stream import LedgerScorer


def test_the_same_basis_has_the_same_digest() -> None:
    assert basis._digest() == basis.FOLD


UNRELATED = {
    "artefacts": "reads bytes and checks them",
    "compiled": "digested with the core",
    "messaging/correlation": "an id in headers, of which no value depends",
    "settings": "says where things are",
    "datasets/collected": "only for training, as all below",
    "datasets/lettering": "",
    "datasets/payment_history": "",
    "datasets/reclassifications": "",
    "feedback/standing": "",
    "services/folds": "",
}
"""What is imported together with the models that are asked, and decides nothing that they say."""

IMPORTED = """
import sys
from wisebook_ml.pipeline.opinions import SCORED_BY
from wisebook_ml.services.catalogue import service_class
for one in SCORED_BY:
    service_class(one)
for name, module in sorted(sys.modules.items()):
    if name.startswith("wisebook_ml.") and not module.__file__.endswith("__init__.py"):
        print(name.removeprefix("wisebook_ml.").replace(".", "/"))
"""


def test_all_that_models_rest_on_is_digested() -> None:
    """What they say counts in the state: after an edit of it, an old state would not be that of a replay."""
    told = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True).stdout
    beside = {name for name in told.split() if name.split("/")[0] not in PACKAGES}
    digested = {name.removesuffix(".py") for name in (*basis.BESIDE_THE_CORE, *basis.ASKED)}
    assert beside - digested - UNRELATED.keys() == set()
    assert len(beside & digested) > 10


@pytest.mark.parametrize("library", basis.LIBRARIES)
def test_another_version_of_a_library_is_another_basis(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    version = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == library else version(name))
    assert basis._digest() != basis.FOLD


def test_so_are_other_rules_of_french_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(basis, "_time_zones", lambda: "another decree")
    assert basis._digest() != basis.FOLD


def test_seed_and_settings_tell_states_apart() -> None:
    def fingerprint(seed: int, budget: float) -> str:
        parametres = Parametres(societe_id=0, budget_alertes=budget)
        return LedgerScorer(load_model=lambda version: None, parametres=parametres, seed=seed).fingerprint

    assert len({fingerprint(1, 0.01), fingerprint(2, 0.01), fingerprint(1, 0.02)}) == 3
    assert fingerprint(1, 0.01) == fingerprint(1, 0.01)
