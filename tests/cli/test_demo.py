"""What the demo says of a company's cash, and where it takes its positions from."""

import datetime as dt
import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    Ligne,
    Objet,
    Prediction,
    Severite,
    SourcePosition,
    TypeObjet,
    detection_id,
)
from schemas.detection import MotifDetection
from wisebook_ml.cli.demo_cash import cash_json, show_cash
from wisebook_ml.controls.texts import NARROW_SPACE
from wisebook_ml.demo.cash import CashSeen
from wisebook_ml.demo.run import load_book

UNTIL = dt.date(2025, 12, 31)


def found(code: CodeMotif, id_: str, severite: Severite = Severite.MOYENNE) -> Detection:
    objet = Objet(type=TypeObjet.TRESORERIE, id=id_)
    return Detection(
        detection_id=detection_id(7, DomaineApplication.FLUX_TRESORERIE, objet),
        societe_id=7,
        domaine=DomaineApplication.FLUX_TRESORERIE,
        objet=objet,
        etat=Etat.OUVERTE,
        revision=1,
        montant="1200.00",
        score=90.0,
        severite=severite,
        motifs=[
            MotifDetection(
                code=code, poids=90.0, valeur=1.0, seuil=0.5, libelle_fr=f"Motif de {id_}.", libelle_en=f"Why {id_}."
            )
        ],
        contributions={"solde": 90.0},
        modeles=[],
        parametres_version=0,
    )


def forecast(days: int = 90) -> Prediction:
    dates = [(UNTIL + dt.timedelta(days=ahead)).isoformat() for ahead in range(1, days + 1)]
    return Prediction(
        sujet="7/TRESORERIE/EUR/SOLDE",
        societe_id=7,
        domaine=DomaineApplication.FLUX_TRESORERIE,
        modele_id=0,
        version=3,
        valeurs={day: 1000.0 * ahead for ahead, day in enumerate(dates, 1)},
        bas={day: 900.0 * ahead for ahead, day in enumerate(dates, 1)},
        haut={day: 1100.0 * ahead for ahead, day in enumerate(dates, 1)},
    )


def seen(*detections: Detection, balance: Prediction | None) -> CashSeen:
    return CashSeen(
        societe_id=7,
        devise="EUR",
        accounts=2,
        positions=730,
        until=UNTIL,
        derived=False,
        balance=balance,
        forecasts=300,
        detections=detections,
        alerts=(),
    )


def shown(cash: CashSeen, lang: str, capsys: pytest.CaptureFixture[str]) -> str:
    console = Console(file=io.StringIO(), width=140)
    with console.capture() as captured:
        show_cash(cash, console, lang)
    text = captured.get() + capsys.readouterr().out
    return " ".join(text.replace(NARROW_SPACE, " ").split())


def test_forecast_reasons_and_the_most_serious_detections_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    days = [found(CodeMotif.FLUX_ABSENT, f"EUR/2025-03-1{at}") for at in range(3)]
    said = shown(seen(*days, found(CodeMotif.FLUX_DECALE, "EUR/2025-05-02"), balance=forecast()), "fr", capsys)
    for expected in (
        "730 positions of 2 accounts until 2025-12-31 (as its bank reports them)",
        "7 jours 07/01/2026 7 000 6 300 et 7 700",
        "90 jours 31/03/2026 90 000 81 000 et 99 000",
        "4 open detections: 3 FLUX_ABSENT, 1 FLUX_DECALE",
        "Trésorerie EUR (10/03/2025)",
        "Motif de EUR/2025-03-11.",
        "no liquidity warning",
    ):
        assert expected in said, expected
    assert "Motif de EUR/2025-03-12." not in said, "two are enough"


def test_a_liquidity_warning_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    dry = found(CodeMotif.RISQUE_LIQUIDITE, "EUR", Severite.ELEVEE)
    cash = seen(found(CodeMotif.FLUX_ABSENT, "EUR/2025-03-10"), dry, balance=forecast())
    said = shown(cash, "en", capsys)
    assert said.index("Why EUR.") < said.index("Why EUR/2025-03-10.")
    assert "liquidity warning, an alert" in said
    assert "no liquidity warning" not in said
    told = cash_json(cash)
    warning = told["liquidity_warning"]
    assert isinstance(warning, dict)
    assert warning["objet"] == {"type": "TRESORERIE", "id": "EUR"}
    assert told["detections"] == {"FLUX_ABSENT": 1, "RISQUE_LIQUIDITE": 1}


def test_without_a_forecast_nothing_is_promised(capsys: pytest.CaptureFixture[str]) -> None:
    said = shown(seen(balance=None), "fr", capsys)
    assert "no forecast: there is too little history" in said
    assert "no liquidity warning" not in said
    assert cash_json(seen(balance=None))["balance"] == []


def test_the_positions_of_a_ledger_file_are_derived_from_its_cash_accounts(tmp_path: Path) -> None:
    def entry(number: int, debit: str) -> Ecriture:
        return Ecriture(
            societe_id=4,
            ecriture_id=f"B{number}",
            journal_code="BQ",
            ecriture_date=UNTIL - dt.timedelta(days=10 * (5 - number)),
            lignes=[Ligne(compte_num="512100", debit=debit), Ligne(compte_num="411000", credit=debit)],
        )

    path = tmp_path / "books.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(entry(number, f"{number}00.00")) for number in (1, 2, 3)))
    positions = load_book(path, entries=0, seed=0).positions
    assert [(one.societe_id, one.solde) for one in positions] == [(4, "100.00"), (4, "300.00"), (4, "600.00")]
    assert {one.source for one in positions} == {SourcePosition.COMPTABILITE}


def test_a_generated_company_has_a_bank() -> None:
    book = load_book(None, entries=300, seed=3)
    assert {one.source for one in book.positions} == {SourcePosition.BANQUE}
    assert len({one.date for one in book.positions}) >= 200
