"""`wisebook-ml settings`: what it prints, what it publishes, and what it says of mistakes before it does."""

import datetime as dt
import json
import uuid
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from schemas import (
    Attenuation,
    Canal,
    CodeMotif,
    Destination,
    Detection,
    DomaineApplication,
    Etat,
    HeuresCalmes,
    Objet,
    Parametres,
    ReglageAlertes,
    ReglageControle,
    ReglageTresorerie,
    Severite,
    TypeObjet,
)
from topics import DEAD_LETTER, SETTINGS, TREASURY
from wisebook_ml.cli import main
from wisebook_ml.clock import utc_now
from wisebook_ml.ledger.vocabulary import DEFAULT_WATCHED
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DetectionStore, SettingsStore, StoredDetection, open_database


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.delenv("WISEBOOK_ML_DATABASE_URL", raising=False)
    monkeypatch.delenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", raising=False)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


@pytest.fixture
def store(home: Path) -> SettingsStore:
    return SettingsStore(open_database(get_settings().sql_url))


@pytest.fixture
def two_versions(store: SettingsStore) -> SettingsStore:
    """Return a store with two versions of company 1, of which the first is in force."""
    rafale = {CodeMotif.RAFALE: ReglageControle(actif=False)}
    store.append(1, lambda base: replace(base, controles=rafale, auteur="anne", motif="clôture"), "t/0/0")
    store.mark(1, 1)
    store.append(1, lambda base: replace(base, budget_alertes=0.02, mots_cles=["perso"], auteur="luc"), "t/0/1")
    return store


@pytest.fixture
def broker(kafka: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have topics of this test's own, and no worker."""
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("WISEBOOK_ML_TOPIC_PREFIX", topic_prefix)
    get_settings.cache_clear()
    apply_topics(kafka, topic_prefix, declared=(SETTINGS, TREASURY, DEAD_LETTER))


def published() -> list[Parametres]:
    """Return what is on the topic."""
    chosen = get_settings()
    topic = SETTINGS.full_name(chosen.topic_prefix)
    (end,) = end_offsets(chosen.bootstrap_servers, topic).values()
    runs = read_partition(chosen.bootstrap_servers, topic, 0, *end)
    return [msgspec.json.decode(raw.value or b"", type=Parametres) for run in runs for raw in run]


def settings(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["settings", *arguments])


def set_(*arguments: str, societe: int = 1) -> Result:
    """Set, and do not wait for a worker."""
    return settings("set", "--societe", str(societe), "--timeout", "0", *arguments)


class TestShow:
    def test_without_any(self) -> None:
        done = settings("show", "--societe", "1")
        assert "company 1: the built-in defaults" in done.stdout
        assert msgspec.json.decode(settings("show", "--societe", "1", "--json").stdout, type=Parametres) == Parametres(
            societe_id=1
        )

    def test_the_last_version(self, two_versions: SettingsStore) -> None:
        done = settings("show", "--societe", "1")
        assert "company 1, version 2, not in force yet, by luc" in done.stdout
        assert "RAFALE.actif" in done.stdout
        assert "perso" in done.stdout

    def test_an_earlier_one(self, two_versions: SettingsStore) -> None:
        done = settings("show", "--societe", "1", "--version", "1")
        assert "version 1, in force from" in done.stdout
        assert "by anne: clôture" in done.stdout

    def test_one_that_there_is_not(self, two_versions: SettingsStore) -> None:
        done = settings("show", "--societe", "1", "--version", "7")
        assert done.exit_code == 1
        assert "company 1 has no version 7 of its settings; the last is 2" in done.stderr

    def test_those_of_all_companies(self, store: SettingsStore) -> None:
        store.append(0, lambda base: replace(base, budget_alertes=0.05), "t/0/0")
        done = settings("show", "--societe", "4")
        assert "company 4 has no settings of its own; those of all companies (0) hold" in done.stdout
        assert "0.05" in done.stdout

    def test_what_verdicts_have_taught(self, store: SettingsStore) -> None:
        one = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5, avis=6, rejets=5)
        store.append(1, lambda base: replace(base, attenuations=[one]), "t/0/0")
        done = settings("show", "--societe", "1")
        assert "RAFALE in journal BQ" in done.stdout
        assert "×0.5 (5 of 6 verdicts: false positive)" in done.stdout


class TestHistory:
    def test_who_why_when_and_what(self, two_versions: SettingsStore) -> None:
        done = settings("history", "--societe", "1")
        for text in ("anne", "clôture", "luc", "not yet", "controles RAFALE actif: – → false", "mots_cles perso"):
            assert text in done.stdout
        rows = [json.loads(line) for line in settings("history", "--societe", "1", "--json").stdout.splitlines()]
        assert [row["parametres"]["auteur"] for row in rows] == ["anne", "luc"]

    def test_without_any(self) -> None:
        assert "the built-in defaults" in settings("history", "--societe", "1").stdout


class TestDiff:
    def test_the_last_change_by_default(self, two_versions: SettingsStore) -> None:
        rows = [json.loads(line) for line in settings("diff", "--societe", "1", "--json").stdout.splitlines()]
        assert rows == [
            {"champ": "budget_alertes", "avant": 0.01, "apres": 0.02},
            {"champ": "mots_cles perso", "avant": None, "apres": "perso"},
        ]

    def test_between_two(self, two_versions: SettingsStore) -> None:
        assert "RAFALE" in settings("diff", "0", "1", "--societe", "1").stdout
        assert "versions 2 and 2 set the same" in settings("diff", "2", "2", "--societe", "1").stdout
        assert "no version 9" in settings("diff", "1", "9", "--societe", "1").stderr


class TestSet:
    @pytest.mark.usefixtures("broker")
    def test_all_at_once(self) -> None:
        done = set_(
            *("--budget", "0.02", "--control", "MONTANT_ROND.seuil=3", "--control", "RAFALE.actif=false"),
            *(
                "--mot-cle",
                "honoraires",
                "--plafond",
                "3000",
                "--sans-plafond",
                "100000",
                "--ferie",
                "2026-12-24",
                "--seuil-signification",
                "1500",
            ),
            *("--par", "anne", "--motif", "clôture", "--json"),
        )
        assert done.exit_code == 3, done.stderr
        assert json.loads(done.stdout) == {"societe_id": 1, "version": 1, "en_vigueur": False}
        assert "start `wisebook-ml worker tuning`" in done.stderr.lower()
        assert published() == [
            Parametres(
                societe_id=1,
                version=1,
                budget_alertes=0.02,
                seuil_signification="1500",
                plafonds_approbation=["5000", "10000", "25000", "50000", "3000"],
                mots_cles=[*DEFAULT_WATCHED, "honoraires"],
                jours_feries=[dt.date(2026, 12, 24)],
                controles={
                    CodeMotif.MONTANT_ROND: ReglageControle(seuil=3.0),
                    CodeMotif.RAFALE: ReglageControle(actif=False),
                },
                auteur="anne",
                motif="clôture",
            )
        ]

    @pytest.mark.usefixtures("broker")
    def test_it_changes_the_last_version(self, two_versions: SettingsStore) -> None:
        changes = ("--mot-cle", "cadeau", "--sans-mot-cle", "perso", "--control", "RAFALE.actif=defaut")
        assert set_(*changes).exit_code == 3
        assert published() == [
            Parametres(societe_id=1, version=3, budget_alertes=0.02, mots_cles=["cadeau"], auteur="cli")
        ]

    @pytest.mark.usefixtures("broker")
    def test_how_cash_is_watched(self, store: SettingsStore) -> None:
        done = set_("--plancher", "-20000", "--plancher", "USD=5000", "--probabilite-alerte", "0.3", "--pays", "BE")
        assert done.exit_code == 3, done.stderr
        cash = ReglageTresorerie(plancher={"EUR": "-20000.00", "USD": "5000.00"}, probabilite_alerte=0.3, pays="BE")
        assert published() == [Parametres(societe_id=1, version=1, tresorerie=cash, auteur="cli")]
        store.append(1, lambda base: replace(base, tresorerie=cash), "t/0/0")
        shown = settings("show", "--societe", "1").stdout
        for text in ("tresorerie.plancher EUR", "-20000.00", "tresorerie.probabilite_alerte", "0.3", "tresorerie.pays"):
            assert text in shown

    @pytest.mark.parametrize(
        ("option", "value", "why"),
        [
            ("--plancher", "12,5", "floor of EUR: '12,5' is no amount"),
            ("--plancher", "EURO=5", "'EURO' is no currency"),
            ("--probabilite-alerte", "50", "probabilite_alerte 50 is not between 0.05 and 0.95"),
            ("--pays", "XX", "no public holidays are known of the country 'XX'"),
        ],
    )
    def test_what_cash_cannot_be_watched_by(self, option: str, value: str, why: str) -> None:
        done = set_(option, value)
        assert done.exit_code == 1
        assert why in done.stderr

    @pytest.mark.usefixtures("broker")
    def test_what_it_is_alerted_to(self, store: SettingsStore) -> None:
        changes = (
            "--alerte",
            "severite=CRITIQUE",
            "--calmes",
            "20:00-08:00 feries",
            "--destination",
            "anne@example.fr",
        )
        done = set_(*changes)
        assert done.exit_code == 3, done.stderr
        alerts = ReglageAlertes(
            severite=Severite.CRITIQUE,
            calmes=[HeuresCalmes(feries=True)],
            destinations=[Destination(canal=Canal.EMAIL, adresse="anne@example.fr")],
        )
        assert published() == [Parametres(societe_id=1, version=1, alertes=alerts, auteur="cli")]
        store.append(1, lambda base: replace(base, alertes=alerts), "t/0/0")
        shown = settings("show", "--societe", "1").stdout
        for text in ("alertes.severite", "CRITIQUE", "20:00-08:00 feries", "EMAIL anne@example.fr", "alertes.escalade"):
            assert text in shown
        refused = set_("--alerte", "budget_horaire=5000")
        assert (refused.exit_code, "not between 0 and 1000 alerts an hour" in refused.stderr) == (1, True)

    @pytest.mark.usefixtures("broker")
    def test_alerts_that_let_nothing_through(self, store: SettingsStore) -> None:
        detection = Detection(
            detection_id=uuid.uuid4(), societe_id=1, domaine=DomaineApplication.ECRITURES_COMPTABLES,
            objet=Objet(type=TypeObjet.ECRITURE, id="E1"), etat=Etat.OUVERTE, revision=1, montant="12.00", score=90.0,
            severite=Severite.CRITIQUE, motifs=[], contributions={}, modeles=[], parametres_version=0,
        )  # fmt: skip
        record = StoredDetection(detection=detection, ce_time=utc_now(), partition=0, offset=0)
        DetectionStore(store.engine).write([record])
        assert "alert policy" not in set_("--budget", "0.02").stderr
        assert "warning: the alert policy lets 0 of the last 1 open" in set_("--alerte", "montant=99999999.99").stderr
        told = set_("--alerte", "severite=CRITIQUE").stderr
        assert "lets 1 of the last 1 open detections" in told
        assert "warning" not in told

    @pytest.mark.usefixtures("broker")
    def test_secrets_of_addresses_are_shown_nowhere_but_in_what_set_reads(self, store: SettingsStore) -> None:
        hook = "https://anne:pw@chat.example.com/hook/T0123456789ABCDEF0123456789?token=abc"
        one = Destination(canal=Canal.WEBHOOK, adresse=hook)
        store.append(1, lambda base: replace(base, alertes=ReglageAlertes(destinations=[one])), "t/0/0")
        store.mark(1, 1)
        for command in ("show", "history", "diff"):
            plain = " ".join(settings(command, "--societe", "1").stdout.split())
            assert "https://chat.example.com/hook/T012…?…" in plain
            for told in (plain, *([] if command == "show" else [settings(command, "--societe", "1", "--json").stdout])):
                assert not any(secret in told for secret in ("pw@", "T0123", "token"))
        read_back = msgspec.json.decode(settings("show", "--societe", "1", "--json").stdout, type=Parametres)
        assert read_back.alertes.destinations == [one]
        wrong = set_("--sans-destination", "https://chat.example.com/hook")
        assert (wrong.exit_code, "there are: https://chat.example.com/hook/T012…?…" in wrong.stderr) == (1, True)
        done = set_("--sans-destination", "https://chat.example.com/hook/T012…?…")
        assert done.exit_code == 3, done.stderr
        assert published()[-1].alertes.destinations == []

    def test_the_last_word_of_a_list_stays(self, two_versions: SettingsStore) -> None:
        done = set_("--sans-mot-cle", "perso")
        assert done.exit_code == 1
        assert "nothing would be left of the list" in done.stderr

    @pytest.mark.usefixtures("broker")
    def test_nothing_to_change_is_no_version(self, two_versions: SettingsStore) -> None:
        assert set_("--budget", "0.02").exit_code == 3  # a worker has recorded it, and not marked it yet
        two_versions.mark(1, 2)
        done = set_("--budget", "0.02", "--par", "anne")
        assert done.exit_code == 0
        assert "nothing to change" in done.stderr
        assert published() == []

    @pytest.mark.usefixtures("broker")
    def test_a_file_replaces_all_but_what_verdicts_taught(self, store: SettingsStore, tmp_path: Path) -> None:
        one = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5, avis=6, rejets=5)
        for societe_id in (1, 2):
            store.append(
                societe_id, lambda base: replace(base, attenuations=[one], budget_alertes=0.05), f"t/0/{societe_id}"
            )
        path = tmp_path / "settings.json"
        path.write_text('{"societe_id": 99, "mots_cles": ["perso"]}')
        assert set_("--file", str(path), "--plafond", "3000").exit_code == 3
        path.write_text('{"attenuations": []}')
        assert set_("--file", str(path), societe=2).exit_code == 3
        first = Parametres(
            societe_id=1,
            version=2,
            mots_cles=["perso"],
            plafonds_approbation=["5000", "10000", "25000", "50000", "100000", "3000"],
            attenuations=[one],
            auteur="cli",
        )
        assert published() == [first, Parametres(societe_id=2, version=2, auteur="cli")]

    @pytest.mark.usefixtures("broker")
    def test_a_second_change_does_not_overtake_the_first(self) -> None:
        assert set_("--budget", "0.02").exit_code == 3
        done = set_("--budget", "0.03")
        assert done.exit_code == 1
        assert "a change of company 1 waits for a worker" in done.stderr
        assert set_("--budget", "0.03", societe=2).exit_code == 3
        assert [one.societe_id for one in published()] == [1, 2]

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["--control", "MONTANT_RONDS.seuil=3"], "did you mean MONTANT_ROND?"),
            (["--control", "RAFALE.poids=-1"], "weight -1 of control RAFALE"),
            (["--control", "RAFALE.seuil=-1"], "is negative"),
            (["--control", "RAFALE.seuil=nan"], "no number"),
            (["--control", "DESEQUILIBRE.actif=false"], "cannot be switched off: regulation requires it"),
            (["--control", "DESEQUILIBRE.poids=0.1"], "cannot be lowered"),
            (["--budget", "0.9"], "at most 0.5"),
            (["--budget", "-1"], "budget_alertes -1"),
            (["--mot-cle", "..."], "to search for"),
            (["--sans-mot-cle", "honoraires"], "not in the list"),
            (["--plafond", "5000,00"], "plafonds_approbation"),
            (["--seuil-signification", "-5"], "more than 0"),
            (["--ferie", "1026-12-24"], "is the year right?"),
        ],
    )
    def test_mistakes_are_told_before_a_broker_is_asked_for(self, arguments: list[str], told: str) -> None:
        done = set_(*arguments)
        assert done.exit_code == 1
        assert told in done.stderr
        assert "Kafka" not in done.stderr

    def test_without_a_broker(self) -> None:
        done = set_("--budget", "0.02")
        assert done.exit_code == 1
        assert "wisebook-ml kafka start" in done.stderr
