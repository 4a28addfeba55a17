"""`wisebook-ml score FILE`: what an accountant reads of a ledger, in both languages."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    Ligne,
    MotifDetection,
    Objet,
    Parametres,
    Severite,
    TypeModele,
    TypeObjet,
    detection_id,
)
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.cli import main
from wisebook_ml.cli.show import by_id, show_detections
from wisebook_ml.cli.summary import show_summary, summarise
from wisebook_ml.datasets.entries import EntryFeatures
from wisebook_ml.fec import write_fec
from wisebook_ml.generator import final_state, generate_ledger
from wisebook_ml.services.catalogue import service_class
from wisebook_ml.settings import get_settings

NARROW_SPACE = "\u202f"


def run(*arguments: str, columns: int = 80) -> Result:
    return CliRunner(env={"COLUMNS": str(columns)}).invoke(main, ["score", *arguments])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of a made-up company with everything planted."""
    path = tmp_path_factory.mktemp("ledger") / "events.jsonl"
    events = generate_ledger(entries=600, seed=6, anomaly_rate=0.06).events
    path.write_bytes(b"\n".join(map(msgspec.json.encode, events)))
    return path


@pytest.fixture(scope="module")
def fec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The FEC of a made-up company."""
    made = generate_ledger(entries=300, seed=7, anomaly_rate=0.03)
    path = tmp_path_factory.mktemp("fec") / f"{made.company.siren}FEC20241231.txt"
    write_fec(final_state(made.events, cloture=True), path)
    return path


class TestALedger:
    @pytest.mark.parametrize("columns", [60, 80, 200])
    @pytest.mark.parametrize("lang", ["fr", "en"])
    def test_lines_fit_and_do_not_end_with_blanks(self, ledger: Path, lang: str, columns: int) -> None:
        done = run(str(ledger), "--lang", lang, columns=columns)
        assert done.exit_code == 0
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= min(columns, 100)
        assert not [line for line in lines if line.endswith(" ")]

    def test_french(self, ledger: Path) -> None:
        said = run(str(ledger), "--lang", "fr", "--top", "400").stdout
        assert re.search(r"^ +\d+,\d +\w+ n° \d+ du \d\d/\d\d/\d{4} +[\d\u202f]+,\d\d\u202f€$", said, re.MULTILINE)
        assert "critique" in said
        assert "Tiers : " in said
        assert re.search(r"Société 1 : \d+ écritures du \d\d/\d\d/\d{4} au ", said)
        assert "(budget d'alertes : 1,0 %)" in said
        assert "Motif principal" in said
        assert not re.search(r"\(s\)|ELEVEE|nan", said)

    def test_english(self, ledger: Path) -> None:
        said = run(str(ledger), "--lang", "en", "--top", "400").stdout
        assert re.search(r"^ +\d+\.\d +\w+ no\. \d+ of \d{4}-\d\d-\d\d +€[\d,]+\.\d\d$", said, re.MULTILINE)
        assert "critical" in said
        assert "(alert budget: 1.0 %)" in said
        assert "Écriture déséquilibrée" not in said
        assert not re.search(r"\(s\)|\b1 \w+s (apart|missing)", said)

    def test_figures_are_not_broken(self, ledger: Path) -> None:
        said = run(str(ledger), "--top", "400", columns=60).stdout
        assert not re.search(rf"{NARROW_SPACE}$", said, re.MULTILINE)
        assert not re.search(r"^ +€", said, re.MULTILINE)

    def test_an_earlier_entry_is_called_by_its_number(self, tmp_path: Path) -> None:
        path = tmp_path / "events.jsonl"
        events = generate_ledger(entries=600, seed=6, anomaly_rate=0.03, codes={CodeMotif.DOUBLON}).events
        path.write_bytes(b"\n".join(map(msgspec.json.encode, events)))
        said = " ".join(run(str(path), "--top", "400").stdout.split())
        assert re.search(r"Doublon probable de l'écriture \w+ n° \d+ du \d\d/", said)
        assert "l'écriture E1-" not in said

    def test_as_many_as_asked_for_most_serious_first(self, ledger: Path) -> None:
        said = run(str(ledger), "--top", "5").stdout
        heads = re.findall(r"^ +(\d+),\d   ", said, re.MULTILINE)
        levels = re.findall(r"^ *(critique|élevée|moyenne|faible|info)  ", said, re.MULTILINE)
        assert len(heads) == len(levels) == 5
        order = ["critique", "élevée", "moyenne", "faible", "info"]
        assert levels == sorted(levels, key=order.index)

    def test_the_summary_adds_up(self, ledger: Path) -> None:
        said = run(str(ledger), "--lang", "en").stdout
        flagged = int(re.search(r"^(\d+) entries flagged", said, re.MULTILINE)[1])  # type: ignore[index]
        levels = re.search(r"^Severity: (.*)$", said, re.MULTILINE)[1]  # type: ignore[index]
        reasons = re.findall(r" [A-Z_]{6,} +(\d+)$", said, re.MULTILINE)
        others = re.search(r"and (\d+) finding", said)
        total = flagged + (int(others[1]) if others else 0)
        assert sum(map(int, re.findall(r"\d+", levels))) == total
        assert sum(map(int, reasons)) == total

    def test_json_is_the_records_alone(self, ledger: Path) -> None:
        done = run(str(ledger), "--json")
        records = [msgspec.json.decode(line, type=Detection) for line in done.stdout.splitlines()]
        assert records
        assert f"{len(records)} messages" in done.stderr
        assert f"{len(records)} records" in run(str(ledger), "--json", "--lang", "en").stderr


class TestWhatIsNotSupplied:
    def test_a_fec_switches_off_what_looks_at_authors_and_times(self, fec: Path) -> None:
        said = run(str(fec), "--lang", "en", columns=120).stdout
        assert "Controls switched off for want of data" in said
        flat = " ".join(said.split())
        assert "HEURE_INHABITUELLE: off, no entry gives saisie_le (time of entry) or saisie_par" in flat
        assert "IBAN_PARTAGE: off, no entry gives iban_empreinte" in flat
        assert "PIECE_ABSENTE: off" not in flat
        assert "Contrôles inactifs, faute de données" in run(str(fec)).stdout

    def test_a_program_is_told_on_standard_error(self, fec: Path) -> None:
        done = run(str(fec), "--json", "--lang", "en")
        assert "ANTIDATEE: off, no entry gives saisie_le (time of entry)\n" in done.stderr

    def test_nothing_is_off_where_all_is_given(self, ledger: Path) -> None:
        assert "faute de données" not in run(str(ledger)).stdout


class TestSettings:
    def test_are_in_force_from_the_first_entry_on(self, ledger: Path, tmp_path: Path) -> None:
        path = tmp_path / "settings.json"
        path.write_text(
            '{"societe_id":1,"version":4,"budget_alertes":0.05,"controles":{"MONTANT_ROND":{"actif":false}}}'
        )
        done = run(str(ledger), "--json", "--settings", str(path))
        records = [msgspec.json.decode(line, type=Detection) for line in done.stdout.splitlines()]
        assert {record.parametres_version for record in records} == {4}
        assert not any(motif.code is CodeMotif.MONTANT_ROND for record in records for motif in record.motifs)
        assert "budget: 5.0 %" in run(str(ledger), "--settings", str(path), "--lang", "en").stdout


# What is about no single entry, and what comes from elsewhere.

LABEL = "Facture\x1b[31m DURAND"
ENTRY = Ecriture(
    societe_id=1,
    ecriture_id="E1",
    journal_code="AC",
    ecriture_num="12",
    ecriture_date=dt.date(2024, 3, 5),
    lignes=[
        Ligne(compte_num="606400", compte_lib="Fournitures", debit="1234.50", ecriture_lib=LABEL),
        Ligne(compte_num="401000", comp_aux_num="DURAND", comp_aux_lib="Durand SA", credit="1234.50"),
    ],
)


def detection(objet: Objet, ecriture: Ecriture | None = None, **fields: object) -> Detection:
    """Return a detection with one reason."""
    domaine = DomaineApplication.ECRITURES_COMPTABLES
    motif = MotifDetection(
        code=CodeMotif.LETTRAGE_INEGAL, poids=62.5, valeur=3.0, seuil=1.0, lignes=[2], libelle_fr="Écart.",
        libelle_en="Gap.",
    )  # fmt: skip
    known = {} if ecriture is None else {name: getattr(ecriture, name) for name in ("ecriture_id", "journal_code")}
    common = {
        "detection_id": detection_id(1, domaine, objet), "societe_id": 1, "domaine": domaine, "objet": objet,
        "etat": Etat.OUVERTE, "revision": 1, "montant": "1234.50", "score": 62.5, "severite": Severite.MOYENNE,
        "motifs": [motif], "contributions": {}, "modeles": [], "parametres_version": 0,
    }  # fmt: skip
    return Detection(**(common | known | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "name", "french", "english"),
    [
        (TypeObjet.JOURNAL, "VE/2024", "Journal VE (exercice 2024)", "Journal VE (fiscal year 2024)"),
        (TypeObjet.JOURNAL, "VE/2024/pieces", "Journal VE (exercice 2024)", "Journal VE (fiscal year 2024)"),
        (TypeObjet.JOURNAL, "VE/2024-05", "Journal VE (mai 2024)", "Journal VE (May 2024)"),
        (TypeObjet.COMPTE, "411000/AB", "Compte 411000 (lettrage AB)", "Account 411000 (lettering AB)"),
        (TypeObjet.COMPTE, "401/lettrage", "Compte 401", "Account 401"),
        (TypeObjet.TIERS, "DURAND", "Tiers DURAND", "Third party DURAND"),
        (TypeObjet.TIERS, "DURAND/24/03", "Tiers DURAND (lettrage 24/03)", "Third party DURAND (lettering 24/03)"),
    ],
)
def test_a_subject_is_named(
    capsys: pytest.CaptureFixture[str], type_: TypeObjet, name: str, french: str, english: str
) -> None:
    found = detection(Objet(type=type_, id=name))
    for lang, expected in (("fr", french), ("en", english)):
        show_detections([found], {}, lang)
        said = capsys.readouterr().out
        assert re.search(rf"{re.escape(expected)}  +", said)
        assert "n°" not in said
        assert "None" not in said


def test_a_subject_s_entry_is_the_one_to_look_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = detection(Objet(type=TypeObjet.JOURNAL, id="AC/2024"), ENTRY)
    show_detections([found], by_id([ENTRY]), "fr")
    assert "À voir d'abord : AC n° 12 du 05/03/2024" in capsys.readouterr().out
    show_detections([found], {}, "en")
    assert "Look first at: AC" in capsys.readouterr().out


def test_lines_are_shown_with_account_side_and_amount(capsys: pytest.CaptureFixture[str]) -> None:
    found = detection(
        Objet(type=TypeObjet.ECRITURE, id="E1"), ENTRY, ecriture_num="12", ecriture_date=dt.date(2024, 3, 5)
    )
    show_detections([found], by_id([ENTRY]), "fr")
    said = capsys.readouterr().out.replace(NARROW_SPACE, " ")
    assert "ligne 2 : 401000, crédit 1 234,50 €" in said
    assert "Tiers : DURAND Durand SA" in said
    show_detections([found], by_id([ENTRY]), "en")
    assert "line 2: 401000, credit €1,234.50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("weights", "score", "shown"),
    [
        ((82.34, 1.23), 83.57, "83,6 82,4 1,2"),
        ((46.92, 46.92), 93.84, "93,8 46,9 46,9"),
        ((30.06, 30.06, 30.06, 0.05, 0.05), 90.28, "90,3 30,1 30,1 30,1 0,0"),
    ],
)
def test_points_on_the_screen_sum_to_the_score(
    capsys: pytest.CaptureFixture[str], weights: tuple[float, ...], score: float, shown: str
) -> None:
    motif = detection(Objet(type=TypeObjet.ECRITURE, id="E1")).motifs[0]
    motifs = [msgspec.structs.replace(motif, poids=weight) for weight in weights]
    show_detections([detection(Objet(type=TypeObjet.ECRITURE, id="E1"), score=score, motifs=motifs)], {}, "fr")
    said = capsys.readouterr().out
    found = re.findall(r"(?<!\S)\d+,\d(?!\S)", said)
    assert " ".join(found) == shown
    total, *parts = (round(float(one.replace(",", ".")) * 10) for one in found)
    assert sum(parts) == total


def test_a_label_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    found = detection(Objet(type=TypeObjet.ECRITURE, id="E1"), ENTRY)
    show_detections([found], by_id([ENTRY]), "fr")
    assert "\x1b" not in capsys.readouterr().out


def test_findings_about_subjects_are_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        detection(Objet(type=TypeObjet.ECRITURE, id="E1"), ENTRY),
        detection(Objet(type=TypeObjet.JOURNAL, id="AC")),
    ]
    settings = {1: Parametres(societe_id=0, budget_alertes=0.02)}
    show_summary(summarise([ENTRY], found, settings, {1: {CodeMotif.RAFALE: ("saisie_le",)}}), "en")
    said = capsys.readouterr().out
    assert "Company 1: 1 entry from 2024-03-05 to 2024-03-05." in said
    assert "1 entry flagged, which is 100.0 % (alert budget: 2.0 %), and 1 finding about" in said
    assert "Severity: medium 2" in said
    assert "RAFALE: off, no entry gives saisie_le (time of entry)" in said


def test_several_companies_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    other = msgspec.structs.replace(ENTRY, societe_id=2)
    settings = {1: Parametres(societe_id=0), 2: Parametres(societe_id=2, budget_alertes=0.03)}
    off = {2: {CodeMotif.RAFALE: ("saisie_le",)}}
    show_summary(summarise([ENTRY, other], [], settings, off), "fr")
    said = capsys.readouterr().out
    assert "Société 1 : 1 écriture du 05/03/2024" in said
    assert "Société 2 : 1 écriture du 05/03/2024" in said
    assert "0 écriture signalée, soit 0,0 % (budget d'alertes : 3,0 %)." in said
    assert "société 2 RAFALE : inactif, aucune écriture ne donne saisie_le" in said


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_detections([], {}, "fr")
    assert capsys.readouterr().out == "Aucune détection.\n"


class TestModels:
    @pytest.fixture
    def folders(self, ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
        """Return folders of models that were trained on the ledger, by kind."""
        monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
        monkeypatch.setenv("WISEBOOK_ML_ARTEFACTS", str(tmp_path / "models"))
        get_settings.cache_clear()
        store = ArtefactStore.of(get_settings())
        entries = [msgspec.json.decode(line, type=Ecriture) for line in ledger.read_bytes().splitlines()]
        frame = EntryFeatures().take(entries)
        frame["corrigee"], frame["avis"] = (frame["evidence"] > 0.25).astype(float), True
        made = {}
        for number, (kind, given) in enumerate(
            {TypeModele.ISOLATION_FOREST: {}, TypeModele.GRADIENT_BOOSTING: {"n_estimators": 20}}.items(), 3
        ):
            data = service_class(kind)(given, seed=1).fit(frame).dump()
            store.save(data, societe_id=1, modele_id=number, version=1, type_modele=kind)
            made[kind.value] = str(tmp_path / "models" / "1" / str(number) / "1")
        yield made
        get_settings.cache_clear()

    def test_a_company_with_models_of_several_kinds_can_be_scored(self, ledger: Path, folders: dict[str, str]) -> None:
        one, other = folders.values()
        done = run(str(ledger), "--json", "--model", one, "--model", other)
        assert done.exit_code == 0, done.stderr
        found = [msgspec.json.decode(line, type=Detection) for line in done.stdout.splitlines()]
        assert {used.modele_id for detection in found for used in detection.modeles} == {3, 4}
        codes = {motif.code for detection in found for motif in detection.motifs}
        assert {CodeMotif.FORET_ISOLATION, CodeMotif.RISQUE_CORRECTION} <= codes

    def test_two_of_one_kind_are_refused(self, ledger: Path, folders: dict[str, str]) -> None:
        done = run(str(ledger), "--model", folders["ISOLATION_FOREST"], "--model", folders["ISOLATION_FOREST"])
        assert done.exit_code == 1
        assert "two ISOLATION_FOREST models" in done.stderr
