import hashlib
import os
import subprocess
import sys

import msgspec

from wisebook_ml.generator import Ledger, generate_ledger

PROGRAM = """
import hashlib, msgspec
from wisebook_ml.generator import generate_ledger
ledger = generate_ledger(entries=600, seed=5)
print(hashlib.sha256(msgspec.json.encode([ledger.events, ledger.labels])).hexdigest())
"""


def digest(ledger: Ledger) -> str:
    return hashlib.sha256(msgspec.json.encode([ledger.events, ledger.labels])).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    digests = {digest(generate_ledger(entries=600, seed=5))}
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
        digests.add(run.stdout.strip())
    assert len(digests) == 1


def test_seed_and_company_change_the_books() -> None:
    ledgers = [
        generate_ledger(entries=300, seed=5),
        generate_ledger(entries=300, seed=6),
        generate_ledger(entries=300, seed=5, societe_id=2),
    ]
    assert len({digest(one) for one in ledgers}) == 3
    assert len({one.company.siren for one in ledgers}) == 3


def test_without_rates_nothing_is_planted() -> None:
    ledger = generate_ledger(entries=500, seed=2, anomaly_rate=0, twin_rate=0)
    assert all(label.jumeau and label.cas.startswith("base-") for label in ledger.labels)
