"""Trainings over HTTP: asked for, followed, cancelled; requests go through a real broker."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas import (
    AnnulationEntrainement,
    Campagne,
    DemandeEntrainement,
    Derive,
    DeriveVariable,
    DomaineApplication,
    Etape,
    Motif,
    Statut,
    StatutCampagne,
    Tick,
    TypeModele,
    campagne_id,
)
from tests.storage.model_rows import left
from topics import ENTRIES, TRAINING_REQUESTS, Topic
from wisebook_ml.api.routes.model_trainings import CampagneDemandee
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Decoder
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, DriftStore, ModelRegistry, TokenStore, open_database

Client = Callable[[str], httpx.Client]

MODELS, CAMPAIGNS = "/api/ml/modeles/", "/api/ml/campagnes/"
LEASE = dt.timedelta(minutes=5)


class Registry:
    """The database of the served API."""

    def __init__(self, settings: Settings) -> None:
        engine = open_database(settings.sql_url)
        self.engine, self.models, self.campaigns = engine, ModelRegistry(engine), CampaignStore(engine)
        self.drift = DriftStore(engine)

    def model(self, societe_id: int = 1, nom: str = "Anomalies") -> int:
        return self.models.create(societe_id, nom, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id

    def request(self, modele_id: int, societe_id: int = 1) -> uuid.UUID:
        """Queue a training; return its campaign."""
        request = DemandeEntrainement(
            demande_id=str(uuid.uuid4()),
            modele_id=modele_id,
            societe_id=societe_id,
            motif=Motif.PLANIFIE,
            demandeur="auto-retrain",
        )
        return self.campaigns.submit(request).campagne_id


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    registry = Registry(settings)
    yield registry
    registry.engine.dispose()


def events_of(stream: httpx.Response) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the events of a stream: name and data."""
    name = ""
    for line in stream.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, msgspec.json.decode(value)


class TestReading:
    def test_filters(self, client: Client, registry: Registry) -> None:
        first, second = registry.model(), registry.model(nom="Autres")
        waits, other = registry.request(first), registry.request(registry.model(2), 2)
        ended = registry.request(second)
        registry.campaigns.cancel(str(registry.campaigns.get(ended).demande_id))  # type: ignore[union-attr]
        for token, filters, found in [
            ("one", {}, {waits, ended}),
            ("both", {"societe": 2}, {other}),
            ("one", {"societe": 2}, set()),
            ("one", {"modele": second}, {ended}),
            ("one", {"statut": "ANNULEE"}, {ended}),
            ("one", {"ouverte": True}, {waits}),
            ("one", {"ouverte": False}, {ended}),
        ]:
            body = client(token).get(CAMPAIGNS, params=filters).json()
            assert {uuid.UUID(one["campagne_id"]) for one in body["results"]} == found, filters
            assert body["count"] == len(found)

    def test_another_companys_campaign_is_none(self, client: Client, registry: Registry) -> None:
        other = registry.request(registry.model(2), 2)
        for path in ("", "flux/"):
            assert client("one").get(f"{CAMPAIGNS}{other}/{path}").status_code == 404
            assert client("one").get(f"{CAMPAIGNS}{uuid.uuid4()}/{path}").status_code == 404
        assert client("train").post(f"{CAMPAIGNS}{other}/cancel/").status_code == 404
        assert client("one").get(f"{CAMPAIGNS}x/").status_code == 404


class TestFollowing:
    def test_a_stream_tells_every_change_to_the_end(self, client: Client, registry: Registry) -> None:
        campaign = registry.request(registry.model())
        seen: list[tuple[str, dict[str, object]]] = []
        with client("one").stream("GET", f"{CAMPAIGNS}{campaign}/flux/", timeout=60) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for name, data in events_of(stream):
                seen.append((name, data))
                if data["statut"] == "DEMANDEE":
                    claim = registry.campaigns.claim("trainer", LEASE)
                    assert claim is not None
                elif data["statut"] == "EN_COURS" and data["etape"] is None:
                    registry.campaigns.renew(claim, LEASE, etape=Etape.APPRENTISSAGE, avancement=0.5)
                elif data["statut"] == "EN_COURS":
                    done = Campagne(
                        campagne_id=campaign,
                        demande_id=claim.request.demande_id,
                        modele_id=claim.request.modele_id,
                        societe_id=1,
                        statut=StatutCampagne.ECHEC,
                        erreur="no entries",
                    )
                    registry.campaigns.finish(claim, done)
        assert [(name, data["statut"]) for name, data in seen] == [
            ("campagne", "DEMANDEE"),
            ("campagne", "EN_COURS"),
            ("campagne", "EN_COURS"),
            ("campagne", "ECHEC"),
            ("fin", "ECHEC"),
        ]
        assert seen[2][1]["etape"] == "APPRENTISSAGE"
        assert seen[-1][1]["erreur"] == "no entries"

    def test_a_stream_ends_when_its_token_is_revoked(
        self, client: Client, registry: Registry, tokens: dict[str, str]
    ) -> None:
        campaign = registry.request(registry.model())
        store = TokenStore(registry.engine)
        with client("one").stream("GET", f"{CAMPAIGNS}{campaign}/flux/", timeout=60) as stream:
            events = events_of(stream)
            assert next(events)[0] == "campagne"
            (number,) = (one.caller.token_id for one in store.list() if one.caller.name == "one")
            store.revoke(number, dt.datetime.now(dt.UTC))
            assert [name for name, _ in events] == []

    def test_a_token_has_so_many_streams_at_once(self, client: Client, registry: Registry) -> None:
        place = f"{CAMPAIGNS}{registry.request(registry.model())}/flux/"
        reader = client("one")
        opened = [reader.send(reader.build_request("GET", place), stream=True) for _ in range(20)]
        assert {one.status_code for one in opened} == {200}
        refused = reader.get(place)
        assert (refused.status_code, "20 streams" in refused.json()["detail"]) == (429, True)
        for one in opened:
            one.close()
        again = client("one")
        deadline = time.monotonic() + 60
        while (status := _status(again, place)) != 200:
            assert status == 429 and time.monotonic() < deadline
            time.sleep(0.2)


def _status(client: httpx.Client, place: str) -> int:
    with client.stream("GET", place) as stream:
        return stream.status_code


class TestAsking:
    """What is published."""

    @pytest.fixture
    def settings(self, settings: Settings, kafka: str, topic_prefix: str, tmp_path: Path) -> Settings:
        apply_topics(kafka, topic_prefix)
        changes = {"bootstrap_servers": kafka, "topic_prefix": topic_prefix, "artefacts": str(tmp_path / "ml_models")}
        return settings.model_copy(update=changes)

    def test_a_training_is_requested_once_and_can_be_followed_and_cancelled(
        self, client: Client, registry: Registry, settings: Settings
    ) -> None:
        model, trainer = registry.model(), client("train")
        trainer.timeout = 60
        for _ in range(2):
            asked = trainer.post(
                f"{MODELS}{model}/train/", json={"du": "2025-01-01"}, headers={"Idempotency-Key": "once"}
            )
            assert asked.status_code == 202, asked.text
        (request,) = _published(settings, TRAINING_REQUESTS, DemandeEntrainement)
        assert (request.modele_id, request.demandeur, request.du) == (model, "train", dt.date(2025, 1, 1))
        msgspec.convert(asked.json(), CampagneDemandee)
        assert asked.json()["campagne"]["campagne_id"] == str(campagne_id(request.demande_id))
        assert asked.headers["location"] == asked.json()["liens"]["campagne"]
        followed = client("one").get(asked.headers["location"])
        assert (followed.status_code, followed.json()["statut"]) == (200, "DEMANDEE")
        # The trainer that reads the request finds it queued.
        assert registry.campaigns.submit(request).statut is StatutCampagne.DEMANDEE

        second = trainer.post(f"{MODELS}{model}/train/").json()
        assert second["campagne"]["statut"] == "REJOINTE"
        assert second["liens"]["campagne"] == asked.headers["location"], "the one to follow"
        assert trainer.post(f"{CAMPAIGNS}{second['campagne']['campagne_id']}/cancel/").status_code == 409

        place = asked.headers["location"]
        assert trainer.post(f"{place}cancel/", headers={"If-Match": '"of before"'}).status_code == 412
        read = {"If-Match": client("one").get(place).headers["etag"]}
        cancelled = trainer.post(f"{place}cancel/", headers=read)
        assert (cancelled.status_code, cancelled.json()["statut"]) == (202, "ANNULEE")
        (end,) = _published(settings, TRAINING_REQUESTS, AnnulationEntrainement)
        assert (end.demande_id, end.demandeur) == (request.demande_id, "train")
        assert trainer.post(f"{asked.headers['location']}cancel/").status_code == 409

    def test_what_cannot_be_trained(self, client: Client, registry: Registry, settings: Settings) -> None:
        archived, other, trainer = registry.model(), registry.model(2), client("train")
        left(registry.models, archived, statut=Statut.ARCHIVE)
        assert trainer.post(f"{MODELS}{archived}/train/").status_code == 409
        assert trainer.post(f"{MODELS}{other}/train/").status_code == 404
        assert client("one").post(f"{MODELS}{archived}/train/").status_code == 403
        late = {"du": "2025-02-01", "au": "2025-01-01"}
        assert trainer.post(f"{MODELS}{registry.model(nom='x')}/train/", json=late).status_code == 422
        assert _published(settings, TRAINING_REQUESTS, DemandeEntrainement) == []

    def test_versions_are_put_in_charge_and_back(self, client: Client, registry: Registry, settings: Settings) -> None:
        model, trainer, store = registry.model(), client("train"), ArtefactStore.of(settings)
        trainer.timeout = 60
        for number in (1, 2):
            saved = store.save(
                b"model %d" % number,
                societe_id=1,
                modele_id=model,
                version=number,
                type_modele=TypeModele.ISOLATION_FOREST,
            )
            registry.models.record_version(saved, {"auc": number / 10})
        for number in (1, 2):
            put = trainer.post(f"{MODELS}{model}/promote/", json={"version": number, "motif": "better"})
            assert (put.status_code, put.json()["version"]) == (200, number), put.text
        read = {"If-Match": client("one").get(f"{MODELS}{model}/").headers["etag"]}
        registry.models.update(model, description="changed meanwhile")
        for action, body in (("promote/", {"version": 1}), ("rollback/", {}), ("train/", {})):
            stale = trainer.post(f"{MODELS}{model}/{action}", json=body, headers=read)
            assert stale.status_code == 412, action
        read = {"If-Match": client("one").get(f"{MODELS}{model}/").headers["etag"]}
        back = trainer.post(f"{MODELS}{model}/rollback/", headers=read)
        assert (back.status_code, back.json()["version"]) == (200, 1)
        assert [one.par for one in registry.models.history(model)] == ["train"] * 3
        assert trainer.post(f"{MODELS}{model}/rollback/").status_code == 409
        assert trainer.post(f"{MODELS}{model}/promote/", json={"version": 3}).status_code == 404

        (Path(settings.artefacts) / saved.artefact).write_bytes(b"forged")
        refused = trainer.post(f"{MODELS}{model}/promote/", json={"version": 2})
        assert refused.status_code == 409
        assert settings.artefacts not in refused.text, "where artefacts are is nobody's business"
        assert registry.models.get(model).version_courante == 1

    def test_drift_is_checked_now(self, client: Client, settings: Settings) -> None:
        admin = client("operator")
        admin.timeout = 60
        assert client("admin").post(f"{MODELS}detect_drift/").status_code == 403, "it concerns all companies"
        assert client("train").post(f"{MODELS}detect_drift/").status_code == 403
        asked = admin.post(f"{MODELS}detect_drift/")
        assert (asked.status_code, asked.json()["demandeur"]) == (202, "Odile"), asked.text
        ticks = _published(settings, ENTRIES, Tick)
        assert {tick.minuterie for tick in ticks} == {"drift"}
        assert len(ticks) == ENTRIES.partitions


def test_reports_of_drift(client: Client, registry: Registry, now: dt.datetime) -> None:
    moved = DeriveVariable(variable="montant", mesure="psi", valeur=0.4, seuil=0.2)
    reports = [
        Derive(modele_id=1, version=1, societe_id=1, derive=True, variables=[moved], echeance=now),
        Derive(modele_id=1, version=1, societe_id=1, derive=False, variables=[], echeance=now - dt.timedelta(days=1)),
        Derive(modele_id=2, version=1, societe_id=2, derive=False, variables=[], echeance=now),
    ]
    registry.drift.write(reports)
    for token, filters, found in [
        ("one", {}, reports[:2]),
        ("both", {"modele": 2}, reports[2:]),
        ("one", {"societe": 2}, []),
        ("one", {"derive": True}, reports[:1]),
        ("one", {"limit": 1, "offset": 1}, reports[1:2]),
    ]:
        body = client(token).get(f"{MODELS}detect_drift/", params=filters).json()
        assert msgspec.convert(body["results"], list[Derive]) == found, filters
        assert body["count"] == (2 if "limit" in filters else len(found))


def test_without_brokers_nothing_is_queued(client: Client, registry: Registry, settings: Settings) -> None:
    refused = client("train").post(f"{MODELS}{registry.model()}/train/", timeout=60)
    assert refused.status_code == 503
    assert registry.campaigns.list() == []


def _published(settings: Settings, topic: Topic, type_: type) -> list:
    name, decode = topic.full_name(settings.topic_prefix), Decoder(topic).decode
    assert settings.bootstrap_servers
    found = [
        decode(raw)
        for partition, (first, end) in end_offsets(settings.bootstrap_servers, name).items()
        for run in read_partition(settings.bootstrap_servers, name, partition, first, end)
        for raw in run
    ]
    return [one for one in found if isinstance(one, type_)]
