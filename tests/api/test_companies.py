"""Alerts, companies, settings and the audit log through the API: what is shown, to whom, and what is refused."""

import datetime as dt
import uuid
from collections.abc import Callable

import httpx
import msgspec
import pytest

from schemas import (
    Canal,
    Destination,
    Detection,
    Etat,
    EtatAlerte,
    Parametres,
    ReglageAlertes,
    Severite,
)
from wisebook_ml.alerting.state import Alert, CompanyState
from wisebook_ml.storage import AlertStore, AuditEntry, AuditLog, SettingsStore, open_database

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

ALERTS, AUDIT = "/api/ml/alertes/", "/api/ml/audit/"
EVIL = "<script>alert('x')</script>'; DROP TABLE alerte; --"
WEBHOOK = "https://chat.example.com/hook/T0123456789ABCDEF0123456789"

Client = Callable[[str], httpx.Client]
Write = Callable[..., None]
Make = Callable[..., Detection]


@pytest.fixture
def keep(database_url: str, now: dt.datetime) -> Callable[..., uuid.UUID]:
    """Store an alert of a company, as the alerting role does."""
    engine = open_database(database_url)

    def keep_(societe_id: int, number: int = 1, **changes: object) -> uuid.UUID:
        alert = Alert(
            alerte_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{societe_id}/{number}"),
            societe_id=societe_id,
            cause="DOUBLON",
            severite=Severite.ELEVEE,
            ouverte_le=now + dt.timedelta(minutes=number),
            derniere_le=now,
            texte_fr=EVIL,
            texte_en=EVIL,
            revision=1,
            nombre=1,
            ouvertes=1,
            detections=[uuid.UUID(int=1)],
            codes={"DOUBLON": 1},
            objets={"ECRITURE": 1},
            journaux={"AC": 1},
        )
        for name, value in changes.items():
            setattr(alert, name, value)
        with AlertStore(engine).session(0, "t") as session:
            session.keep(CompanyState(societe_id=societe_id), None, [alert], [], [])
        return alert.alerte_id

    return keep_


class TestAlerts:
    def test_the_latest_first_and_by_state(self, client: Client, keep: Callable[..., uuid.UUID]) -> None:
        first, second = keep(1, 1), keep(1, 2, etat=EtatAlerte.ACQUITTEE, severite=Severite.CRITIQUE)
        reader = client("one")

        def listed(query: str) -> list[str]:
            body = reader.get(f"{ALERTS}?{query}").json()
            assert body["count"] >= len(body["results"])
            return [one["alerte_id"] for one in body["results"]]

        assert listed("") == [str(second), str(first)]
        assert listed("limit=1&offset=1") == [str(first)]
        assert listed("etat=OUVERTE") == listed("severite=ELEVEE") == [str(first)]
        body = reader.get(f"{ALERTS}{first}/").json()
        assert body["livraisons"] == []
        assert EVIL in body["titre_fr"]

    def test_of_other_companies_nothing(self, client: Client, keep: Callable[..., uuid.UUID]) -> None:
        others, ours = keep(2), keep(0)
        for id_ in (others, ours, uuid.uuid4()):
            assert client("one").get(f"{ALERTS}{id_}/").status_code == 404
            assert client("verdict").post(f"{ALERTS}{id_}/acquittement/", json={}).status_code == 404
        for query in ("", "?societe=2", "?societe=0"):
            assert client("one").get(f"{ALERTS}{query}").json() == {"count": 0, "results": []}
        assert client("all").get(ALERTS).json()["count"] == 2

    def test_taking_note(self, client: Client, keep: Callable[..., uuid.UUID]) -> None:
        open_, done = keep(1, 1), keep(1, 2, etat=EtatAlerte.ACQUITTEE)
        assert client("one").post(f"{ALERTS}{open_}/acquittement/", json={}).status_code == 403
        judge = client("verdict")
        assert judge.post(f"{ALERTS}{done}/acquittement/", json={}).json()["statut"] == "SANS_OBJET"
        assert judge.post(f"{ALERTS}{open_}/acquittement/", json={}).status_code == 503  # no broker here
        assert judge.post(f"{ALERTS}{open_}/acquittement/", json={"auteur": "x"}).status_code == 400
        assert judge.post(f"{ALERTS}{open_}/acquittement/", json={"commentaire": "x" * 2001}).status_code == 400


def test_companies_have_their_open_detections_counted(client: Client, write: Write, detection: Make) -> None:
    write(
        detection(1),
        detection(2, severite=Severite.CRITIQUE),
        detection(3, etat=Etat.CLOSE),
        detection(4, societe_id=2),
    )
    first = {"societe_id": 1, "ouvertes": {"CRITIQUE": 1, "ELEVEE": 1}, "total": 2}
    second = {"societe_id": 2, "ouvertes": {"ELEVEE": 1}, "total": 1}
    for name, expected in {"one": [first], "both": [first, second], "all": [first, second], "none": []}.items():
        assert client(name).get("/api/ml/societes/").json() == {"count": len(expected), "results": expected}


class TestSettings:
    def test_addresses_are_shown_to_those_who_may_change_them(self, client: Client, database_url: str) -> None:
        there = Destination(canal=Canal.WEBHOOK, adresse=WEBHOOK)
        wanted = Parametres(societe_id=1, alertes=ReglageAlertes(destinations=[there]), motif=EVIL)
        engine = open_database(database_url)
        SettingsStore(engine).append(1, lambda _: wanted, "test")
        engine.dispose()
        told = {name: client(name).get("/api/ml/parametres/1/").json() for name in ("read", "admin")}
        addresses = {name: one["alertes"]["destinations"][0]["adresse"] for name, one in told.items()}
        assert addresses == {"read": "https://chat.example.com/hook/T012…", "admin": WEBHOOK}
        assert told["admin"]["motif"] == EVIL

    def test_addresses_of_all_companies_are_masked_to_those_of_one(self, client: Client, database_url: str) -> None:
        mail = Destination(canal=Canal.EMAIL, adresse="odile@operators.example")
        hook = Destination(canal=Canal.WEBHOOK, adresse=WEBHOOK)
        engine = open_database(database_url)
        store = SettingsStore(engine)
        store.append(0, lambda _: Parametres(societe_id=0, alertes=ReglageAlertes(destinations=[hook, mail])), "all")

        def told(name: str) -> httpx.Response:
            return client(name).get("/api/ml/parametres/1/")

        def check() -> None:
            shown = [one["adresse"] for one in told("admin").json()["alertes"]["destinations"]]
            assert shown == ["https://chat.example.com/***", "***@operators.example"]
            assert "odile" not in told("read").text
            assert WEBHOOK in told("operator").text

        check()
        # Settings of its own begin as a copy, and those of all companies may change meanwhile.
        store.append(1, lambda base: msgspec.structs.replace(base, motif="own"), "own")
        store.append(0, lambda _: Parametres(societe_id=0), "none any more")
        check()
        engine.dispose()
        listed = told("admin").json()["alertes"]["destinations"]
        headers = {"If-Match": told("admin").headers["etag"]}

        def change(destinations: list[object]) -> httpx.Response:
            patch = {"alertes": {"destinations": destinations}}
            return client("admin").patch("/api/ml/parametres/1/", json=patch, headers=headers)

        assert change(listed).status_code == 503, "what is masked may be kept; no broker here"
        for wrong in ([*listed, listed[0]], [{"canal": "EMAIL", "adresse": "***@elsewhere.example"}]):
            refused = change(wrong)
            assert refused.status_code == 400
            assert "***" in refused.json()["detail"]
            assert WEBHOOK not in refused.text

    def test_of_other_companies_nothing(self, client: Client) -> None:
        for path in ("/api/ml/parametres/2/", "/api/ml/parametres/0/"):
            assert client("one").get(path).status_code == 404
            assert client("admin").patch(path, json={"budget_alertes": 0.02}).status_code == 404
        assert client("all").get("/api/ml/parametres/0/").status_code == 200

    def test_a_change_needs_its_right_and_a_broker(self, client: Client) -> None:
        path, patch = "/api/ml/parametres/1/", {"budget_alertes": 0.02}
        assert client("verdict").patch(path, json=patch).status_code == 403
        assert client("admin").patch(path, json=patch).status_code == 503
        stale = client("admin").patch(path, json=patch, headers={"If-Match": '"abc"'})
        assert stale.status_code == 412

    @pytest.mark.parametrize(
        ("patch", "named"),
        [
            ({"budget_alerte": 0.02}, "budget_alertes"),
            ({"version": 3}, "version"),
            ({"auteur": "somebody else"}, "auteur"),
            ({"controles": {"DOUBLONS": {"seuil": 1}}}, "DOUBLON"),
            ({"controles": []}, "controles"),
            ({"mots_cles": [1]}, "mots_cles"),
            ({"alertes": {"destinations": [{"canal": "WEBHOOK", "adresse": "nowhere"}]}}, "nowhere"),
            ({"controles": {"RAFALE": {"seuil": {"a": {"b": {"c": {}}}}}}}, "RAFALE"),
        ],
    )
    def test_what_makes_no_sense(self, client: Client, patch: dict[str, object], named: str) -> None:
        answer = client("admin").patch("/api/ml/parametres/1/", json=patch)
        assert answer.status_code == 400
        assert named in answer.json()["detail"]

    @pytest.mark.parametrize("body", [b"[]", b'"x"', b"{", b"null", b"[" * 100_000])
    def test_what_is_no_object(self, client: Client, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = client("admin").patch("/api/ml/parametres/1/", content=body, headers=headers)
        assert answer.status_code == 400


class TestAudit:
    def test_only_administrators_of_the_company(self, client: Client, database_url: str, now: dt.datetime) -> None:
        engine = open_database(database_url)
        for societe_id in (1, 2, None, 1, 1):
            AuditLog(engine).add(
                AuditEntry(
                    quand=now,
                    jeton_id=None,
                    nom=EVIL,
                    adresse="",
                    societe_id=societe_id,
                    action="settings set",
                    statut=200,
                    demande={"motif": EVIL},
                    correlation="",
                )
            )
        engine.dispose()
        assert client("one").get(AUDIT).status_code == 403
        admin = client("admin")
        first = admin.get(AUDIT, params={"limit": 2}).json()
        rest = admin.get(AUDIT, params={"limit": 2, "cursor": first["next"]}).json()
        assert [one["id"] for one in (*first["results"], *rest["results"])] == [5, 4, 1]
        assert "next" not in rest
        assert {one["nom"] for one in first["results"]} == {EVIL}
        assert admin.get(AUDIT, params={"societe": 2}).json() == {"results": []}


def test_the_document_describes_the_bodies(client: Client) -> None:
    document = client("one").get("/api/ml/openapi.json").json()
    named = msgspec.json.encode(document).decode().split('"#/components/schemas/')[1:]
    missing = {one.partition('"')[0] for one in named} - set(document["components"]["schemas"])
    assert missing == set()
