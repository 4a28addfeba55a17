"""After the warm-up, nothing is left to be compiled: the first records of a worker do not wait for a compiler."""

import datetime as dt
import gc

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from numba.core.registry import CPUDispatcher

from schemas import Activation, Ecriture, Operation, Parametres, TypeModele, VersionModele
from wisebook_ml.cli import main
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.pipeline.opinions import opinion_of
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.services.catalogue import service_class


def compiled() -> dict[str, list[object]]:
    """Return every compiled function with the types it was compiled for."""
    found = [thing for thing in gc.get_objects() if isinstance(thing, CPUDispatcher)]
    return {f"{d.py_func.__module__}.{d.py_func.__qualname__} {id(d)}": list(d.signatures) for d in found}


def record(offset: int, event: Ecriture | Activation) -> RawRecord:
    headers = [("ce_type", event.ce_type.encode())]
    return RawRecord(offset, str(event.societe_id).encode(), msgspec.json.encode(event), headers)


@pytest.mark.parametrize("run", [1, 50, 5000])
def test_a_ledger_compiles_nothing_more(run: int) -> None:
    rows = np.random.default_rng(1).random((300, len(FEATURE_NAMES)))
    forest = fit_isolation_forest(rows, FEATURE_NAMES, seed=1)
    rows_of_entries = EntryFeatures().take(generate_ledger(entries=500, seed=4, anomaly_rate=0.05).events)
    rows_of_entries["corrigee"] = (rows_of_entries["evidence"] > 0.25).astype(float)
    boosting = service_class(TypeModele.GRADIENT_BOOSTING)({"n_estimators": 9}, seed=1).fit(rows_of_entries)
    lines = line_frame(Collected(entries=generate_ledger(entries=200, seed=3).events))
    accounts = service_class(TypeModele.RANDOM_FOREST)({"n_estimators": 9}, seed=1).fit(lines)
    models: dict[TypeModele, IsolationForest | Opinion] = {
        TypeModele.ISOLATION_FOREST: forest,
        TypeModele.GRADIENT_BOOSTING: opinion_of(TypeModele.GRADIENT_BOOSTING, boosting.dump()),
        TypeModele.RANDOM_FOREST: opinion_of(TypeModele.RANDOM_FOREST, accounts.dump()),
    }
    versions = [
        VersionModele(modele_id=1, version=1, societe_id=1, type_modele=kind, artefact="none", sha256="0" * 64)
        for kind in models
    ]
    events = generate_ledger(entries=500, seed=3, anomaly_rate=0.05).events
    assert Operation.MODIFICATION in {event.operation for event in events}
    stream = [*events[:250], *(Activation(societe_id=1, version=version) for version in versions), *events[250:]]
    scorer = LedgerScorer(
        load_model=lambda version: models[version.type_modele], parametres=Parametres(societe_id=0), seed=1
    )
    pipeline = PartitionPipeline("entries", 0, scorer, lambda: dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    records = [record(offset, event) for offset, event in enumerate(stream)]
    warm_up()
    before = compiled()
    found = [out for start in range(0, len(records), run) for out in pipeline.process(records[start : start + run])]
    assert len(found) > 20
    assert {out.topic.name for out in found} == {"detections"}, "nothing is refused"
    assert any(b"RISQUE_CORRECTION" in out.value for out in found if out.value is not None)
    after = compiled()
    assert {name: types for name, types in after.items() if types != before.get(name, [])} == {}


def test_the_command_says_where() -> None:
    result = CliRunner().invoke(main, ["compile"])
    assert result.exit_code == 0, result.output
    assert "compiled, in " in result.output
