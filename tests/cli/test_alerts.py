"""`wisebook-ml alerts` on a database: what a company was alerted to, and what is said of an id that is none."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas import (
    Acquittement,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    MotifDetection,
    Objet,
    Parametres,
    Severite,
    TypeObjet,
    detection_id,
)
from schemas import ReglageAlertes as Policies
from wisebook_ml.alerting.desk import CompanyDesk
from wisebook_ml.alerting.policy import Policy
from wisebook_ml.alerting.state import CompanyState
from wisebook_ml.cli import main
from wisebook_ml.clock import utc_now
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import AlertStore, DetectionStore, SettingsStore, StoredDetection, open_database


def alerts(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["alerts", *arguments])


def found(number: int, code: CodeMotif) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E{number}")
    motif = MotifDetection(code=code, poids=90.0, valeur=1.0, seuil=1.0, libelle_fr="Écart", libelle_en="Gap")
    return Detection(
        detection_id=detection_id(7, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=7,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=Etat.OUVERTE,
        revision=1,
        journal_code="AC",
        montant="12.00",
        score=90.0,
        severite=Severite.ELEVEE,
        motifs=[motif],
        contributions={},
        modeles=[],
        parametres_version=0,
    )


@pytest.fixture
def ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Keep two alerts of company 7, the second of which is acknowledged; yield their ids."""
    url = f"sqlite:///{tmp_path / 'a.db'}"
    monkeypatch.setenv("WISEBOOK_ML_DATABASE_URL", url)
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    get_settings.cache_clear()
    now = utc_now()
    desk = CompanyDesk(CompanyState(societe_id=7), Policy(Policies()))
    for number, code in enumerate([CodeMotif.DOUBLON] * 3 + [CodeMotif.DESEQUILIBRE]):
        desk.take(found(number, code), now, now)
    first, second = (one.record.alerte_id for one in desk.told)
    desk.acknowledge(Acquittement(societe_id=7, alerte_id=second, auteur="anne", commentaire="vu"), now, now)
    with AlertStore(open_database(url)).session(0, "t") as session:
        session.keep(desk.state, desk.due, desk.changed_alerts.values(), desk.changed_members.values(), [])
    yield [str(first), str(second)]
    get_settings.cache_clear()


def test_list(ids: list[str]) -> None:
    told = {one["alerte_id"]: one for one in map(json.loads, alerts("list", "7", "--json").stdout.splitlines())}
    assert sorted(told) == sorted(ids)
    assert told[ids[0]]["nombre"] == 3
    said = alerts("list", "7").stdout
    for text in (ids[0][:8], "État", "Gravité", "élevée", "prise en charge par anne", "Doublon probable : 3 écritures"):
        assert text in said
    assert not {"Alert ", "State", "open", "high"} & set(said.split())
    said = alerts("list", "7", "--lang", "en").stdout
    for text in ("State", "high", "acknowledged by anne", "Probable duplicate: 3 entries"):
        assert text in said
    assert "la société 8 n'a aucune alerte ouverte ; --all montre" in alerts("list", "8").stdout
    said = alerts("list", "8", "--lang", "en").stdout
    assert "company 8 has no open alerts; --all lists those that are resolved" in said


def test_what_the_policy_holds_back(ids: list[str]) -> None:
    assert alerts("list", "7").stderr == ""  # nothing is known that it would hold back
    engine = open_database(get_settings().sql_url)
    record = [
        StoredDetection(detection=found(number, CodeMotif.DOUBLON), ce_time=utc_now(), partition=0, offset=number)
        for number in range(3)
    ]
    DetectionStore(engine).write(record)
    assert alerts("list", "7").stderr == ""
    versions = SettingsStore(engine)
    versions.append(7, lambda _: Parametres(societe_id=7, alertes=Policies(montant="99999999999.99")), "t")
    versions.mark(7, 1)
    assert "lets 0 of the last 3 open detections (30 days) through and holds 3 back" in (
        alerts("list", "7", "--lang", "en").stderr
    )
    assert "laisse passer 0 des 3 dernières détections ouvertes" in alerts("list", "7").stderr
    assert alerts("list", "7", "--json").stderr == ""


def test_show(ids: list[str]) -> None:
    said = alerts("show", "7", ids[0][:8], "--lang", "en").stdout
    for text in ("Probable duplicate: 3 entries, journal AC", ids[0], "3, 3 of them stand", "Probable duplicate (3)"):
        assert text in said
    said = alerts("show", "7", ids[1]).stdout
    for text in ("Commentaire :", "Gravité :", "prise en charge par anne", "Motifs :", "1 (encore ouvertes : 1)"):
        assert text in said


def test_ids_that_are_none(ids: list[str]) -> None:
    for company, text in (("8", ids[0]), ("7", "zz")):
        refused = alerts("ack", company, text, "--by", "paul")
        assert refused.exit_code == 1
        assert f"company {company} has no alert {text!r}; `wisebook-ml alerts list {company} --all`" in refused.stderr
    assert "2 alerts of company 7 begin with ''" in alerts("show", "7", "").stderr


def test_what_is_acknowledged_needs_no_second_time(ids: list[str]) -> None:
    done = alerts("ack", "7", ids[1], "--by", "paul")
    assert (done.exit_code, done.stdout.strip()) == (0, f"alert {ids[1]} is acknowledged by anne")
