"""Scoring, storing and the demo need none of the heavy libraries of the extra `train`."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "prophet", "shap", "xgboost")


BASE = (
    "agents.delivery",
    "agents.scoring",
    "agents.storage",
    "agents.treasury",
    "agents.tuning",
    "wisebook_ml.cli.demo",
)


@pytest.mark.parametrize("module", BASE)
def test_a_role_of_the_base_install_loads_no_training_library(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
