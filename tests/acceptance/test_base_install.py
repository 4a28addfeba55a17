"""Scoring, storing and the demo need none of the heavy libraries of the extra `train`."""

import subprocess
import sys

HEAVY = ("tensorflow", "prophet", "shap", "xgboost")


BASE = (
    "agents.delivery",
    "agents.scoring",
    "agents.storage",
    "agents.treasury",
    "agents.tuning",
    "wisebook_ml.cli.demo",
)


def test_the_roles_of_the_base_install_load_no_training_library() -> None:
    # One after the other in one process, which takes the time of one.
    program = "\n".join(
        [
            "import importlib, sys",
            f"for module in {BASE}:",
            "    importlib.import_module(module)",
            f"    print(module, [name for name in {HEAVY} if name in sys.modules])",
        ]
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines() == [f"{module} []" for module in BASE]
