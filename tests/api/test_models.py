"""Models over HTTP, on a registry in SQLite: lists, creation, changes, and the shapes that WiseBook's front end has."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import text

from schemas import DomaineApplication, Statut, TypeModele, VersionModele
from tests.storage.model_rows import left
from wisebook_ml.settings import Settings
from wisebook_ml.storage import AuditLog, ModelRegistry, open_database

Client = Callable[[str], httpx.Client]

PLACE = "/api/ml/modeles/"

PATIENCE = 60.0
"""Seconds until what a test waits for must have happened."""


@pytest.fixture
def registry(settings: Settings, now: dt.datetime) -> Iterator[ModelRegistry]:
    engine = open_database(settings.sql_url)
    yield ModelRegistry(engine, clock=lambda: now - dt.timedelta(days=40))
    engine.dispose()


def version(modele_id: int, number: int = 1, type_modele: TypeModele = TypeModele.LSTM) -> VersionModele:
    return VersionModele(
        modele_id=modele_id, version=number, societe_id=1, type_modele=type_modele, artefact="a", sha256="0" * 64
    )


@pytest.fixture
def models(registry: ModelRegistry) -> dict[str, int]:
    """Have three models of company 1, of which one predicts since forty days ago, and one of company 2."""
    made = {
        nom: registry.create(societe, nom, kind, domaine).id
        for nom, societe, kind, domaine in [
            ("Flux", 1, TypeModele.LSTM, DomaineApplication.FLUX_TRESORERIE),
            ("Flux bis", 1, TypeModele.LSTM, DomaineApplication.FLUX_TRESORERIE),
            ("Comptes", 1, TypeModele.RANDOM_FOREST, DomaineApplication.ECRITURES_COMPTABLES),
            ("Autre", 2, TypeModele.DBSCAN, DomaineApplication.SEGMENTATION),
        ]
    }
    registry.record_version(version(made["Flux"]), {"mse": 0.2, "mae": 0.1, "accuracy": 0.9})
    registry.promote(made["Flux"], 1, par="Claire", motif="the first")
    left(registry, made["Comptes"], statut=Statut.EN_ENTRAINEMENT)
    return made


class TestShapes:
    """What WiseBook's front end reads."""

    def test_dashboard(self, client: Client, models: dict[str, int]) -> None:
        assert client("one").get(f"{PLACE}dashboard/").json() == {
            "summary": {
                "total_models": 3,
                "active_models": 3,
                "ready_models": 1,
                "training_models": 1,
                "needs_retraining": 1,
            },
            "models_by_type": {"LSTM": 2, "RANDOM_FOREST": 1},
        }
        assert client("none").get(f"{PLACE}dashboard/").json()["summary"]["total_models"] == 0

    def test_performance(self, client: Client, models: dict[str, int]) -> None:
        assert client("one").get(f"{PLACE}{models['Flux']}/performance/").json() == {
            "modele": {"id": models["Flux"], "nom": "Flux", "type": "LSTM", "accuracy": 0.9, "age_days": 40},
            "metrics": {"mse": 0.2, "mae": 0.1, "accuracy": 0.9},
            "needs_retraining": True,
        }
        draft = client("one").get(f"{PLACE}{models['Flux bis']}/performance/").json()
        assert (draft["modele"]["accuracy"], draft["modele"]["age_days"], draft["needs_retraining"]) == (
            None,
            None,
            False,
        )


class TestList:
    @pytest.mark.parametrize(
        ("token", "filters", "names"),
        [
            ("one", {}, ["Flux", "Flux bis", "Comptes"]),
            ("both", {"societe": 2}, ["Autre"]),
            ("one", {"societe": 2}, []),
            ("one", {"type": "LSTM", "limit": 1, "offset": 1}, ["Flux bis"]),
            ("one", {"statut": "PRET"}, ["Flux"]),
            ("all", {"domaine": "SEGMENTATION"}, ["Autre"]),
        ],
    )
    def test_filters(
        self, client: Client, models: dict[str, int], token: str, filters: dict[str, object], names: list[str]
    ) -> None:
        body = client(token).get(PLACE, params=filters).json()
        assert [one["nom"] for one in body["results"]] == names
        assert body["count"] == (2 if "limit" in filters else len(names))

    def test_a_misspelt_filter_is_refused(self, client: Client) -> None:
        assert client("one").get(PLACE, params={"typ": "LSTM"}).status_code == 400

    def test_another_companys_model_is_none(self, client: Client, models: dict[str, int]) -> None:
        other = models["Autre"]
        for path in ("", "performance/", "versions/", "feature_importance/"):
            told = [client("one").get(f"{PLACE}{number}/{path}") for number in (other, 999)]
            assert {one.status_code for one in told} == {404}, path
            assert told[0].json()["detail"].replace(str(other), "999") == told[1].json()["detail"]

    def test_versions_and_promotions(self, client: Client, models: dict[str, int]) -> None:
        body = client("one").get(f"{PLACE}{models['Flux']}/versions/").json()
        assert [one["version"]["version"] for one in body["versions"]] == [1]
        assert [(one["par"], one["motif"]) for one in body["promotions"]] == [("Claire", "the first")]


class TestCreate:
    NEW = {"societe_id": 1, "nom": "Neuf", "type_modele": "GRADIENT_BOOSTING"}  # noqa: RUF012

    def test_what_was_created_is_there(self, client: Client) -> None:
        created = client("train").post(PLACE, json={**self.NEW, "parametres_modele": {"n_estimators": 50}})
        assert created.status_code == 201
        read = client("one").get(created.headers["location"])
        assert read.json() == created.json()
        assert (read.json()["statut"], read.json()["domaine_application"]) == ("BROUILLON", "SCORING_PREDICTIF")

    def test_the_same_request_creates_one(self, client: Client) -> None:
        headers = {"Idempotency-Key": "neuf"}
        ids = {client("train").post(PLACE, json=self.NEW, headers=headers).json()["id"] for _ in range(2)}
        assert len(ids) == 1

    @pytest.mark.parametrize(
        ("changes", "status", "said"),
        [
            ({"parametres_modele": {"n_estimator": 5}}, 422, "did you mean 'n_estimators'"),
            ({"parametres_modele": {"derive": {"pso": 1}}}, 422, "did you mean 'psi'"),
            ({"nom": "Flux"}, 409, "named 'Flux' already"),
            ({"nom": "  "}, 400, "nom"),
            ({"nom": "a\0b"}, 400, "U+0000"),
            ({"societe_id": 2}, 404, "sees no company 2"),
            ({"societe_id": 0}, 404, "sees no company 0"),
            ({"type_modele": "MAGIC"}, 400, "type_modele"),
            ({"frequence_reentrainement": 0}, 400, "frequence_reentrainement"),
            ({"nome": "x"}, 400, "nome"),
            ({"reentrainement_auto": 0}, 400, "reentrainement_auto"),
            ({"frequence_reentrainement": "30"}, 400, "should be a number"),
        ],
    )
    def test_mistakes_are_named(
        self, client: Client, models: dict[str, int], changes: dict[str, object], status: int, said: str
    ) -> None:
        refused = client("train").post(PLACE, json=self.NEW | changes)
        assert refused.status_code == status, refused.text
        assert said in refused.json()["detail"]

    @pytest.mark.parametrize("body", [b"{", b'{"nom": NaN}', b'"\\ud800"', b"[" * 100_000, b"\xff", b"[]", b""])
    def test_what_is_no_json_is_refused(self, client: Client, body: bytes) -> None:
        refused = client("train").post(PLACE, content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 400
        assert refused.headers["content-type"] == "application/problem+json"

    def test_a_reader_may_not(self, client: Client) -> None:
        assert client("one").post(PLACE, json=self.NEW).status_code == 403


def test_all_that_may_be_done_at_a_place_is_named(client: Client, models: dict[str, int]) -> None:
    for path, allowed in [("", "GET, POST"), (f"{models['Flux']}/", "GET, PATCH"), ("dashboard/", "GET")]:
        refused = client("one").delete(PLACE + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed)


class TestChange:
    def test_a_change_is_of_what_was_read(self, client: Client, models: dict[str, int], settings: Settings) -> None:
        place, trainer = f"{PLACE}{models['Flux']}/", client("train")
        headers = {"If-Match": client("one").get(place).headers["etag"]}
        changed = trainer.patch(place, json={"description": "Trésorerie"}, headers=headers)
        assert (changed.status_code, changed.json()["description"]) == (200, "Trésorerie")
        assert trainer.patch(place, json={"description": "x"}, headers=headers).status_code == 412
        assert client("one").get(place).json() == changed.json()
        entries = AuditLog(open_database(settings.sql_url)).list(frozenset({1}), limit=10)
        assert [(entry.action, entry.statut) for _, entry in entries] == [(f"PATCH {place}", 200)]

    def test_a_name_that_is_taken(self, client: Client, models: dict[str, int]) -> None:
        refused = client("train").patch(f"{PLACE}{models['Flux']}/", json={"nom": "Comptes"})
        assert refused.status_code == 409

    @pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
    def test_a_name_that_somebody_takes_at_the_same_time(
        self, client: Client, models: dict[str, int], settings: Settings
    ) -> None:
        engine = open_database(settings.sql_url)
        name = text("UPDATE modele_ml SET nom = 'Neuf' WHERE id = :id")
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        with ThreadPoolExecutor(1) as pool:
            with engine.begin() as other:
                other.execute(name, {"id": models["Flux bis"]})
                asked = pool.submit(client("train").patch, f"{PLACE}{models['Flux']}/", json={"nom": "Neuf"})
                deadline = time.monotonic() + PATIENCE
                while not other.execute(waiting).scalar():
                    assert time.monotonic() < deadline and not asked.done(), asked
                    time.sleep(0.01)
            refused = asked.result()
        engine.dispose()
        assert refused.status_code == 409
        assert "named 'Neuf' already" in refused.json()["detail"]

    def test_parameters_of_another_algorithm(self, client: Client, models: dict[str, int]) -> None:
        refused = client("train").patch(f"{PLACE}{models['Flux']}/", json={"parametres_modele": {"eps": 1}})
        assert refused.status_code == 422
        assert "epochs" in refused.json()["detail"] or "eps" in refused.json()["detail"]

    def test_another_companys(self, client: Client, models: dict[str, int]) -> None:
        assert client("train").patch(f"{PLACE}{models['Autre']}/", json={"nom": "x"}).status_code == 404
