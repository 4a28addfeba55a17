"""Predictions over HTTP, with models that were trained: what they say, what they want, and what they refuse."""

import datetime as dt
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import numpy as np
import pandas as pd
import pytest

from schemas import PositionTresorerie, TypeModele, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.catalogue import DATASETS
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.generator import generate_ledger
from wisebook_ml.inference import FIELDS, LoadedModels
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.services import catalogue
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import DOMAINES, service_class
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, open_database

Client = Callable[[str], httpx.Client]
Put = Callable[[TypeModele, bytes], int]

MODELS = "/api/ml/modeles/"
FIRST = dt.date(2025, 1, 6)
SEQUENCE, HORIZON = 14, 5
CASH = {"solde": 50000, "entrees": 20000, "sorties": 15000}


def flows(days: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    dates = pd.date_range(FIRST, periods=days, freq="D", unit="s")
    return pd.DataFrame({"date": dates, "flux": rng.normal(100, 10, days).round(2)})


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    entries = generate_ledger(entries=300, seed=3, societe_id=1).events
    return DATASETS[TypeModele.RANDOM_FOREST].build(Collected(entries=entries))


@pytest.fixture(scope="module")
def forest(lines: pd.DataFrame) -> bytes:
    return service_class(TypeModele.RANDOM_FOREST)({"n_estimators": 10, "blocs": 2}).fit(lines).dump()


@pytest.fixture(scope="module")
def isolation() -> bytes:
    kind = TypeModele.ISOLATION_FOREST
    rows = np.random.default_rng(1).normal(size=(300, len(FIELDS[kind])))
    frame = pd.DataFrame(rows, columns=[field.nom for field in FIELDS[kind]])
    return service_class(kind)({"n_estimators": 10}).fit(frame).dump()


@pytest.fixture(scope="module")
def lstm() -> bytes:
    given = {"sequence_length": SEQUENCE, "horizon": HORIZON, "hidden_layers": (4,), "epochs": 1}
    return service_class(TypeModele.LSTM)(given).fit(flows(80)).dump()


@pytest.fixture(scope="module")
def prophet() -> bytes:
    return service_class(TypeModele.PROPHET)({"horizon": HORIZON}).fit(flows(120)).dump()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"artefacts": str(tmp_path / "ml_models")})


@pytest.fixture
def put(settings: Settings) -> Iterator[Put]:
    """Put an artefact in charge, as a model of company 1; return the model."""
    engine = open_database(settings.sql_url)
    registry = ModelRegistry(engine)

    def put_(kind: TypeModele, data: bytes) -> int:
        model = registry.create(1, kind.value, kind, DOMAINES[kind]).id
        saved = ArtefactStore.of(settings).save(data, societe_id=1, modele_id=model, version=1, type_modele=kind)
        registry.record_version(saved)
        registry.promote(model, 1)
        return model

    yield put_
    engine.dispose()


def ask(client: httpx.Client, model: int, *rows: object) -> httpx.Response:
    return client.post(f"{MODELS}{model}/predict/", json={"data": rows}, timeout=120)


class TestTrees:
    def test_accounts_are_those_that_the_model_says(
        self, client: Client, put: Put, forest: bytes, lines: pd.DataFrame
    ) -> None:
        model = put(TypeModele.RANDOM_FOREST, forest)
        names = [field.nom for field in FIELDS[TypeModele.RANDOM_FOREST]]
        rows = lines.head(20)[names].to_dict("records")
        answer = ask(client("one"), model, *rows)
        assert answer.status_code == 200, answer.text
        expected = service_class(TypeModele.RANDOM_FOREST).load(forest).predict(lines.head(20))
        found = pd.DataFrame(answer.json()["predictions"])
        assert found["compte_1"].tolist() == expected["compte_1"].tolist()
        assert np.allclose(found["probabilite_1"], expected["probabilite_1"])
        assert answer.json()["modele"] == {"id": model, "nom": "RANDOM_FOREST", "type": "RANDOM_FOREST", "version": 1}
        assert answer.json()["historique"] is None

    def test_a_line_alone_needs_four_fields(self, client: Client, put: Put, forest: bytes) -> None:
        line = {"journal_code": "AC", "ecriture_lib": "Loyer", "debit": 1200, "credit": 0}
        answer = ask(client("one"), put(TypeModele.RANDOM_FOREST, forest), line)
        assert answer.status_code == 200, answer.text
        assert answer.json()["predictions"][0]["compte_1"]

    def test_importance(self, client: Client, put: Put, isolation: bytes) -> None:
        model = put(TypeModele.ISOLATION_FOREST, isolation)
        body = client("one").get(f"{MODELS}{model}/feature_importance/").json()
        assert math.isclose(sum(body["feature_importance"].values()), 1.0)
        assert body["modele"]["version"] == 1

    def test_what_is_wrong_with_rows_is_named(self, client: Client, put: Put, isolation: bytes) -> None:
        model, reader = put(TypeModele.ISOLATION_FOREST, isolation), client("one")
        whole = {field.nom: 0.5 for field in FIELDS[TypeModele.ISOLATION_FOREST]}
        name = next(iter(whole))
        assert ask(reader, model, whole).status_code == 200
        for row, said in [
            ({**whole, "solde": 1}, "knows no field 'solde'"),
            ({key: value for key, value in whole.items() if key != name}, f"missing: {name}"),
            ({**whole, name: "much"}, "'much', and should be a number"),
            ({**whole, name: 1e300}, "beyond"),
        ]:
            refused = ask(reader, model, whole, row)
            assert refused.status_code == 422, refused.text
            assert said in refused.json()["detail"]
            assert "row 2" in refused.json()["detail"] or "no field" in said

    @pytest.mark.parametrize("body", [{}, {"data": []}, {"data": [[]]}, {"data": {}}, {"data": [{"a": [1]}]}, {"x": 1}])
    def test_what_is_no_question(self, client: Client, put: Put, isolation: bytes, body: object) -> None:
        model = put(TypeModele.ISOLATION_FOREST, isolation)
        assert client("one").post(f"{MODELS}{model}/predict/", json=body).status_code == 400

    def test_of_many_wrong_rows_the_first_are_told(self, client: Client, put: Put, isolation: bytes) -> None:
        model, reader = put(TypeModele.ISOLATION_FOREST, isolation), client("one")
        wrong = {f"field_{number}": [0] for number in range(100)}
        refused = ask(reader, model, {"a": 1}, *[wrong] * 999)
        assert refused.status_code == 400
        assert len(refused.json()["errors"]) == 20
        assert refused.json()["errors"][0]["parameter"] == "data[2].field_0"
        assert "should be a number, a text" in refused.json()["errors"][0]["detail"]
        assert refused.json()["detail"].endswith("and 979 more")

    def test_what_is_wrong_with_a_body_is_named(self, client: Client, put: Put, isolation: bytes) -> None:
        place, reader = f"{MODELS}{put(TypeModele.ISOLATION_FOREST, isolation)}/predict/", client("one")
        for sent, said in [
            (b'{"data": [{"a": 1}', "is no JSON"),
            (b'{"data": [{"a": NaN}]}', "is no JSON"),
            (b'{"data": [{"a": 1e400}]}', "is no JSON"),
            (b"[" * 100_000, "nested too deeply"),
            (b'{"data": [{"a": 1}], "donnees": []}', "donnees: there is no such parameter"),
            (b'{"data": [' + b"{}," * 1_000 + b"{}]}", "a list of 1 to 1,000 rows, and has 1001"),
            (msgspec.json.encode({"data": [dict.fromkeys(map(str, range(501)))]}), "at most 500 fields, and has 501"),
            (msgspec.json.encode({"data": [{"a": "x" * 2_001}]}), "at most 2,000 characters"),
            (b'{"data": [1]}', "data[1]: should be an object"),
            (b"1", "should be an object with `data`"),
        ]:
            refused = reader.post(place, content=sent, headers={"Content-Type": "application/json"})
            assert refused.status_code == 400, sent[:50]
            assert said in refused.json()["detail"]
        assert reader.post(place, content=b"a=1", headers={"Content-Type": "text/plain"}).status_code == 415


class TestArtefacts:
    def test_one_that_was_altered_is_not_used(
        self, client: Client, put: Put, isolation: bytes, settings: Settings
    ) -> None:
        model = put(TypeModele.ISOLATION_FOREST, isolation)
        (Path(settings.artefacts) / f"1/{model}/1/model.pkl").write_bytes(isolation + b"x")
        refused = client("one").get(f"{MODELS}{model}/feature_importance/")
        assert refused.status_code == 409
        assert settings.artefacts not in refused.text

    def test_a_library_that_is_missing_is_named(
        self, client: Client, put: Put, prophet: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = put(TypeModele.PROPHET, prophet)
        monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
        refused = ask(client("one"), model, CASH)
        assert refused.status_code == 501
        assert "pip install 'wisebook-ml[train]'" in refused.json()["detail"]

    def test_a_draft_says_so(self, client: Client, settings: Settings) -> None:
        registry = ModelRegistry(open_database(settings.sql_url))
        model = registry.create(1, "x", TypeModele.LSTM, DOMAINES[TypeModele.LSTM]).id
        assert "no champion yet" in ask(client("one"), model, CASH).json()["detail"]

    def test_so_many_are_kept(self, settings: Settings, put: Put, isolation: bytes) -> None:
        loaded = LoadedModels(ArtefactStore.of(settings), most=1)
        registry = ModelRegistry(open_database(settings.sql_url))
        model = put(TypeModele.ISOLATION_FOREST, isolation)
        version = registry.version(model, 1).version
        first = loaded.get(version)
        assert loaded.get(version) is first
        second = ArtefactStore.of(settings).save(
            isolation, societe_id=1, modele_id=model, version=2, type_modele=TypeModele.ISOLATION_FOREST
        )
        loaded.get(second)
        assert loaded.get(version) is not first


class TestForecasts:
    def test_rows_that_suffice_need_nothing_else(self, client: Client, put: Put, lstm: bytes) -> None:
        model = put(TypeModele.LSTM, lstm)
        sent = [
            {"date": str(FIRST + dt.timedelta(days=day)), "entrees": 100 + day, "sorties": 40, "solde": 5000}
            for day in range(SEQUENCE)
        ]
        answer = ask(client("one"), model, *sent)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert [one["date"] for one in body["predictions"]] == [
            str(FIRST + dt.timedelta(days=SEQUENCE + day)) for day in range(HORIZON)
        ]
        assert body["predictions"][0]["solde"] == pytest.approx(5000 + body["predictions"][0]["prevision"])
        assert body["historique"] is None

    def test_importance_is_not_defined(self, client: Client, put: Put, lstm: bytes) -> None:
        refused = client("one").get(f"{MODELS}{put(TypeModele.LSTM, lstm)}/feature_importance/")
        assert refused.status_code == 404
        assert "no feature importance" in refused.json()["detail"]


class TestHistory:
    """What was not sent comes from the company's own series."""

    @pytest.fixture
    def settings(self, settings: Settings, kafka: str, topic_prefix: str) -> Settings:
        apply_topics(kafka, topic_prefix)
        return settings.model_copy(update={"bootstrap_servers": kafka, "topic_prefix": topic_prefix})

    def publish(self, settings: Settings, days: int, first: dt.date = FIRST) -> dt.date:
        """Publish so many days of company 1; return the last."""
        positions = [
            PositionTresorerie(
                societe_id=1,
                compte_num="512100",
                date=first + dt.timedelta(days=day),
                solde="1000.00",
                entrees="100.00",
                sorties="50.00",
            )
            for day in range(days)
        ]
        assert settings.bootstrap_servers
        with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
            publish_positions(positions, producer, "test")
        return positions[-1].date

    def test_a_day_is_forecast_from_the_days_before(
        self, client: Client, put: Put, settings: Settings, lstm: bytes, prophet: bytes
    ) -> None:
        last = self.publish(settings, 30)
        for kind, data in ((TypeModele.LSTM, lstm), (TypeModele.PROPHET, prophet)):
            answer = ask(client("one"), put(kind, data), CASH, CASH)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            assert body["predictions"][0]["date"] == str(last + dt.timedelta(days=3))
            assert len(body["predictions"]) == HORIZON
            assert body["historique"] == {"du": str(FIRST), "au": str(last)}

    def test_what_was_published_since_counts(
        self, client: Client, put: Put, settings: Settings, prophet: bytes
    ) -> None:
        model, reader = put(TypeModele.PROPHET, prophet), client("one")
        last = self.publish(settings, 30)
        assert ask(reader, model, CASH).json()["historique"] == {"du": str(FIRST), "au": str(last)}
        later = self.publish(settings, 3, first=last + dt.timedelta(days=1))
        assert ask(reader, model, CASH).json()["historique"] == {"du": str(FIRST), "au": str(later)}

    def test_what_is_missing_is_said(self, client: Client, put: Put, settings: Settings, lstm: bytes) -> None:
        model, reader = put(TypeModele.LSTM, lstm), client("one")
        assert "nothing is known" in ask(reader, model, CASH).json()["detail"]
        last = self.publish(settings, 5)
        refused = ask(reader, model, CASH)
        assert refused.status_code == 422
        assert f"send {SEQUENCE - 6} more" in refused.json()["detail"]
        later = {**CASH, "date": str(last + dt.timedelta(days=3))}
        assert "send the days between" in ask(reader, model, later).json()["detail"]
        assert "entrees" in ask(reader, model, {"solde": 1}).json()["detail"]


def test_every_algorithm_says_what_it_wants(client: Client) -> None:
    found = {one["type"]: one for one in client("one").get(f"{MODELS}types/").json()["results"]}
    assert set(found) == {kind.value for kind in TypeModele}
    for kind in TypeModele:
        service: type[BaseMLService] = service_class(kind)
        names = {field["nom"] for field in found[kind.value]["champs"]}
        assert set(service.columns) <= names, kind
        assert found[kind.value]["parametres"] is not None
    assert found["LSTM"]["serie"] is True


def test_another_companys_model_predicts_nothing(client: Client, put: Put, isolation: bytes) -> None:
    model = put(TypeModele.ISOLATION_FOREST, isolation)
    assert ask(client("none"), model, {}).status_code == 404


def test_an_artefact_that_is_missing(settings: Settings) -> None:
    version = VersionModele(
        modele_id=1, version=1, societe_id=1, type_modele=TypeModele.SVM, artefact="1/1/1/model.pkl", sha256="0" * 64
    )
    with pytest.raises(ValueError, match="cannot be read"):
        LoadedModels(ArtefactStore.of(settings)).get(version)
