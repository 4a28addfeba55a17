"""Every endpoint called with what its schema allows, and with what it does not: answers are as they are described."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.config._checks import NEGATIVE_DATA_REJECTION_EXPECTED_STATUSES as REFUSED
from schemathesis.config._checks import POSITIVE_DATA_ACCEPTANCE_EXPECTED_STATUSES as ACCEPTED
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, FuzzScenarioFinished, NonFatalError, ScenarioFinished
from schemathesis.engine.recorder import CheckNode, ScenarioRecorder

from schemas import DemandeEntrainement, Derive, DomaineApplication, Motif, TypeModele
from wisebook_ml.access import Right
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.inference import FIELDS
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, DriftStore, ModelRegistry, TokenStore, open_database

EXAMPLES = 6
"""Of each endpoint, besides those that cover every bound of its schema: the whole stays below a minute."""

MANY = 20
"""The same where it may take its time, with a broker behind: each change of settings waits ten seconds for a worker."""

DOCUMENT = "/api/ml/openapi.json"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Have no broker: what needs one is answered with 503 at once (others test what is published)."""
    return settings.model_copy(update={"artefacts": str(tmp_path / "ml_models"), "api_rate": "1000000/minute"})


@pytest.fixture
def token(settings: Settings, now: dt.datetime) -> str:
    engine = open_database(settings.sql_url)
    _fill(settings, now)
    return TokenStore(engine).create("schemathesis", None, list(Right), now=now)[1]


def _fill(settings: Settings, now: dt.datetime) -> None:
    engine = open_database(settings.sql_url)
    registry = ModelRegistry(engine)
    names = [field.nom for field in FIELDS[TypeModele.ISOLATION_FOREST]]
    rows = pd.DataFrame(np.random.default_rng(1).normal(size=(300, len(names))), columns=names)
    kind = TypeModele.ISOLATION_FOREST
    model = registry.create(1, "Anomalies", kind, DomaineApplication.ANOMALIES).id
    saved = ArtefactStore.of(settings).save(
        IsolationForestService({"n_estimators": 10}).fit(rows).dump(),
        societe_id=1,
        modele_id=model,
        version=1,
        type_modele=kind,
    )
    registry.record_version(saved, {"auc_permute": 0.9})
    registry.promote(model, 1, par="test")
    campaigns = CampaignStore(engine)
    for demande_id in ("one", "two"):
        campaigns.submit(
            DemandeEntrainement(
                demande_id=demande_id, modele_id=model, societe_id=1, motif=Motif.MANUEL, demandeur="test"
            )
        )
        campaigns.cancel(demande_id)
    DriftStore(engine).write(
        [Derive(modele_id=model, version=1, societe_id=1, derive=False, variables=[], echeance=now)]
    )


BEYOND_A_SCHEMA = (
    "GET /api/ml/detections/",  # a cursor that no page has given
    "GET /api/ml/detections/recent/",
    "GET /api/ml/export/detections.csv",  # days before 1900: a schema bounds numbers, and no days
    "GET /api/ml/export/rapport.html",
    "GET /api/ml/export/rapport.pdf",
    "PATCH /api/ml/parametres/{societe_id}/",  # names that settings have not
)
"""What may refuse with 400 what its schema lets through."""


def _config(token: str, examples: int) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Token {token}"},
            "generation": {"max-examples": examples, "deterministic": True, "no-shrink": True, "database": "none"},
            "operations": [
                {
                    "include-name": name,
                    "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400", "422"]}},
                }
                for name in BEYOND_A_SCHEMA
            ],
            "checks": {
                # What is well-formed and makes no sense (an unknown parameter of an algorithm) is a 422.
                "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "422"]},
                "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "501", "503"]},
                "negative_data_rejection": {"expected-statuses": [*REFUSED, "413"]},
            },
        }
    )


def test_answers_are_as_described(address: str, token: str) -> None:
    _test(address, token, EXAMPLES)


class TestWithABroker:
    @pytest.fixture
    def settings(self, settings: Settings, kafka: str, topic_prefix: str) -> Settings:
        apply_topics(kafka, topic_prefix)
        return settings.model_copy(update={"bootstrap_servers": kafka, "topic_prefix": topic_prefix})

    @pytest.mark.soak
    def test_answers_are_as_described(self, address: str, token: str) -> None:
        _test(address, token, MANY)


def _test(address: str, token: str, examples: int) -> None:
    headers = {"Authorization": f"Token {token}"}
    schema = schemathesis.openapi.from_url(address + DOCUMENT, headers=headers, config=_config(token, examples))
    told: dict[tuple[str, str], str] = {}
    tested: set[str] = set()
    for event in from_schema(schema).execute():
        assert not isinstance(event, FatalError), event
        if isinstance(event, NonFatalError):
            told[event.label, type(event.value).__name__] = str(event.value)
        if isinstance(event, ScenarioFinished | FuzzScenarioFinished):
            tested.add(event.recorder.label)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None:
                        told[event.recorder.label, check.name] = _told(event.recorder, case_id, check)
    assert not told, "\n\n".join(f"{label}: {name}: {text}" for (label, name), text in sorted(told.items()))
    paths = schema.raw_schema["paths"]
    assert tested >= {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def _told(recorder: ScenarioRecorder, case_id: str, check: CheckNode) -> str:
    """Return what was wrong with an answer, and how to get it again."""
    assert check.failure_info is not None
    answer = recorder.interactions[case_id].response if case_id in recorder.interactions else None
    said = f"{answer.status_code} {answer.content[:500]!r}" if answer is not None else "no answer"
    failure = check.failure_info.failure
    return f"{failure.title}: {failure.message}\n{said}\n{check.failure_info.code_sample}"
