"""A state is only taken up again by what would have made the same."""

import importlib.metadata

import pytest

from schemas import Parametres
from wisebook_ml.scoring import basis
from wisebook_ml.scoring.stream import LedgerScorer


def test_the_same_basis_has_the_same_digest() -> None:
    assert basis._digest() == basis.FOLD


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
