"""`wisebook-ml treasury`: what a finance director reads, from files and topics, and what mistakes are told."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from schemas import Ecriture, Ligne, PositionTresorerie, ReglageTresorerie, from_minor
from wisebook_ml.cli import main
from wisebook_ml.controls.texts import NARROW_SPACE
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries, publish_positions
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import SettingsStore, open_database

FIRST = dt.date(2025, 1, 6)
DAYS = 100
LAST = FIRST + dt.timedelta(days=DAYS - 1)
HEAD = "compte_num,date,solde,entrees,sorties,devise"


def flows(day: dt.date) -> tuple[int, int]:
    """Return what came in and went out: clients pay on Tuesdays and Fridays, wages go out on the 28th."""
    if day.weekday() >= 5:
        return 0, 0
    return (2_000 if day.weekday() in (1, 4) else 150), (300 if day.day != 28 else 6_000)


def positions(societe_id: int = 7, days: int = DAYS, opening: int = 12_000) -> list[PositionTresorerie]:
    balance, found = opening, []
    for at in range(days):
        day = FIRST + dt.timedelta(days=at)
        came, went = flows(day)
        balance += came - went
        found.append(
            PositionTresorerie(
                societe_id=societe_id,
                compte_num="512100",
                date=day,
                solde=f"{balance}.00",
                entrees=f"{came}.00",
                sorties=f"{went}.00",
            )
        )
    return found


def invoice(number: int, day: dt.date, client: str, cents: int) -> Ecriture:
    return Ecriture(
        societe_id=7,
        ecriture_id=f"F{number}",
        journal_code="VE",
        ecriture_num=str(number),
        ecriture_date=day,
        lignes=[
            Ligne(
                compte_num="411000",
                comp_aux_num=client,
                comp_aux_lib=f"{client.title()} SA",
                piece_ref=f"F{number}",
                debit=from_minor(cents),
            ),
            Ligne(compte_num="706000", credit=from_minor(cents)),
        ],
    )


BOOKS = [
    invoice(1, LAST - dt.timedelta(days=10), "DUPONT", 120_000),
    invoice(2, LAST - dt.timedelta(days=5), "MARTIN", 90_000),
]


def bank_entry(position: PositionTresorerie) -> Ecriture:
    """Return what the books say of a day in the bank."""
    came, went = flows(position.date)
    return Ecriture(
        societe_id=8,
        ecriture_id=f"B{position.date.isoformat()}",
        journal_code="BQ",
        ecriture_date=position.date,
        lignes=[
            Ligne(compte_num="512100", debit=f"{came}.00"),
            Ligne(compte_num="411000", credit=f"{came}.00"),
            Ligne(compte_num="401000", debit=f"{went}.00"),
            Ligne(compte_num="512100", credit=f"{went}.00"),
        ],
    )


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    lines = [HEAD]
    lines += [f"{one.compte_num},{one.date},{one.solde},{one.entrees},{one.sorties},EUR" for one in positions()]
    return written(tmp_path / "positions.csv", lines)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return written(tmp_path / "books.jsonl", [msgspec.json.encode(one).decode() for one in BOOKS])


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(command: str, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["treasury", command, *map(str, arguments)], env={"COLUMNS": "120"})


def plain(text: str) -> str:
    return " ".join(text.replace(NARROW_SPACE, " ").split())


def test_a_forecast_is_a_table_and_a_picture(csv: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "out.png"
    done = run("forecast", 7, "--file", csv, "--plancher", 5000, "--plot", picture)
    assert done.exit_code == 0, done.output
    said = plain(done.stdout)
    for expected in (
        "Société 7 : trésorerie de tous les comptes, en EUR",
        f"Solde au {LAST:%d/%m/%Y}",
        "100 jours connus depuis le 06/01/2025",
        "7 jours",
        "30 jours",
        "90 jours",
        "80 % de chances entre",
        "95 % de chances entre",
        "Semaine du",
        "plancher de 5 000 €",
        "Point bas attendu",
        "Meilleure référence",
        f"Graphique : {picture}",
    ):
        assert expected in said, expected
    assert picture.stat().st_size > 20_000


def test_months_in_english(csv: Path) -> None:
    done = run("forecast", 7, "--file", csv, "--by", "month", "--lang", "en", "--horizon", 45)
    assert done.exit_code == 0, done.output
    said = plain(done.stdout)
    for expected in (
        "Company 7: cash of all accounts, in EUR",
        "45 days",
        "Month Inflows",
        "May 2025",
        "Risk of falling",
    ):
        assert expected in said, expected
    assert "90 days" not in said


def test_json_has_every_day_with_both_intervals(csv: Path) -> None:
    done = run("forecast", 7, "--file", csv, "--json", "--horizon", 30)
    told = json.loads(done.stdout)
    assert (told["societe_id"], told["horizon"], told["dernier_jour"]) == (7, 30, LAST.isoformat())
    assert len(told["jours"]) == 30
    assert told["jours"][0]["date"] == (LAST + dt.timedelta(days=1)).isoformat()
    for day in told["jours"]:
        for name in ("entrees", "sorties", "flux", "solde"):
            low, high = day[name]["intervalle_80"]
            assert day[name]["intervalle_95"][0] <= low <= high <= day[name]["intervalle_95"][1]
    assert told["modeles"].keys() == {"entrees", "entrees_cumul", "sorties", "sorties_cumul"}
    assert 0 <= told["liquidite"]["probabilite"] <= 1


def test_a_company_under_its_floor_is_warned(csv: Path) -> None:
    said = plain(run("forecast", 7, "--file", csv, "--plancher", 1_000_000).stdout)
    assert "ALERTE : le solde est déjà sous le plancher de 1 000 000 €" in said


def test_lines_that_are_no_positions_are_told_and_left_out(csv: Path) -> None:
    with csv.open("a") as file:
        file.write(f"512100,{LAST + dt.timedelta(days=1)},inf,0,0,EUR\n512100,2999-01-01,5.00,0,0,EUR\n")
        file.write(f"512100,{LAST},1.00,0,0,EUR\n")
    done = run("forecast", 7, "--file", csv, "--horizon", 7, "--lang", "en")
    assert done.exit_code == 1
    assert f"positions.csv:{DAYS + 2}: solde 'inf' is no amount" in done.stderr
    assert "lies in the future" in done.stderr
    assert "send a correction with a higher revision" in done.stderr
    assert f"Balance on {LAST.isoformat()}" in done.stdout


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            [f"512100,{FIRST + dt.timedelta(days=at)},10.00,1.00,0,EUR" for at in range(10)],
            "10 days; a forecast needs 60",
        ),
        ([f"512100,{FIRST + dt.timedelta(days=at)},10.00,0,0,EUR" for at in range(90)], "nothing moved in 90 days"),
        ([f"512100,{FIRST + dt.timedelta(days=at)},{at}.00,1,0,USD" for at in range(90)], "512100 (USD)"),
        (["512100,2025-01-01,x,0,0,EUR"], "no positions of company 7; its first line that is none"),
        ([], "no positions of company 7"),
    ],
    ids=["short", "constant", "currency", "wrong", "empty"],
)
def test_without_data_there_is_no_forecast(tmp_path: Path, lines: list[str], said: str) -> None:
    done = run("forecast", 7, "--lang", "en", "--file", written(tmp_path / "p.csv", [HEAD, *lines]))
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stdout == ""


def test_a_gap_is_named(tmp_path: Path) -> None:
    days = [*range(60), *range(150, 170)]
    lines = [f"512100,{FIRST + dt.timedelta(days=at)},{at}.00,1,0,EUR" for at in days]
    done = run("forecast", 7, "--lang", "en", "--file", written(tmp_path / "p.csv", [HEAD, *lines]))
    assert done.exit_code == 1
    assert "since the gap of 90 days" in done.stderr


def test_a_scenario_stands_beside_the_forecast(csv: Path, ledger: Path) -> None:
    given = ("--late", "dupont=30", "--loan", "2025-04-22:20000:36:4.2", "--invest", "2025-05-02:8000:300:12")
    done = run("scenario", 7, "--file", csv, "--ledger", ledger, *given, "--flow", "2025-05-06:-1000:2")
    assert done.exit_code == 0, done.output
    said = plain(done.stdout)
    for expected in (
        "dupont paie 30 jours plus tard (1 paiement attendu, 1 200 €)",
        "emprunt de 20 000 € le 22/04/2025, remboursé en 36 mensualités à 4,20 % par an",
        "investissement de 8 000 € le 02/05/2025, qui rapporte 300 € par mois pendant 12 mois",
        "-1 000 € le 06/05/2025, puis chaque mois (2 fois en tout)",
        "Sans le scénario",
        "Avec le scénario",
        "Effet sur le solde",
    ):
        assert expected in said, expected


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "fr",
            (
                "DUPONT paie 1 jour plus tard",
                "remboursé en 1 mensualité à",
                "pendant 1 mois",
                "d'ici 1 jour :",
                "1 jour ",
            ),
        ),
        (
            "en",
            (
                "DUPONT pays 1 day later",
                "paid back in 1 monthly instalment at",
                "for 1 month",
                "within 1 day:",
                "1 day ",
            ),
        ),
    ],
)
def test_one_is_singular(csv: Path, ledger: Path, lang: str, told: tuple[str, ...]) -> None:
    given = ("--late", "DUPONT=1", "--loan", "2025-04-16:20000:1:4.2", "--invest", "2025-04-16:8000:300:1")
    done = run("scenario", 7, "--file", csv, "--ledger", ledger, *given, "--horizon", 1, "--lang", lang)
    assert done.exit_code == 0, done.output
    said = plain(done.stdout)
    for expected in told:
        assert expected in said, expected
    for wrong in ("1 jours", "1 days", "1 mensualités", "1 months"):
        assert f" {wrong}" not in said


def test_a_scenario_moves_the_balance_by_what_was_stated(csv: Path) -> None:
    done = run("scenario", 7, "--file", csv, "--loan", "2025-04-22:20000", "--json", "--horizon", 30)
    told = json.loads(done.stdout)
    before, after = (
        {day["date"]: day["solde"]["moyenne"] for day in told[which]["jours"]} for which in ("sans", "avec")
    )
    moved = {day: round(after[day] - before[day], 2) for day in before}
    assert {value for day, value in moved.items() if day < "2025-04-22"} == {0.0}
    assert {value for day, value in moved.items() if day >= "2025-04-22"} == {20_000.0}


def test_what_a_scenario_cannot_do_is_told(csv: Path, ledger: Path) -> None:
    done = run("scenario", 7, "--file", csv, "--ledger", ledger, "--late", "DURAND=30", "--lang", "en")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nothing is expected of client DURAND: payments are expected of DUPONT, MARTIN" in done.stderr
    done = run("scenario", 7, "--file", csv, "--loan", "2025-01-10:1000", "--lang", "en")
    assert done.exit_code == 1
    assert "a scenario changes days to come" in done.stderr


def test_a_scenario_is_drawn_and_its_doubts_are_told(csv: Path, ledger: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    huge = msgspec.json.encode(invoice(3, LAST - dt.timedelta(days=3), "LENOIR", 50_000_000)).decode()
    with ledger.open("a") as file:
        file.write(huge + "\n")
    picture = tmp_path / "s.svg"
    given = ("--late", "*=20", "--flow", "2031-01-02:5", "--plot", picture, "--lang", "en", "--by", "month")
    done = run("scenario", 7, "--file", csv, "--ledger", ledger, *given)
    assert done.exit_code == 0, done.output
    assert "all clients pay what is not overdue yet 20 days later (3 expected payments, 502,100 EUR)" in plain(
        done.stdout
    )
    assert "The change of 2031-01-02 comes after the end of the forecast" in done.stderr
    assert "The books have open items of clients of 502,100 EUR, the forecast expects inflows of" in done.stderr
    assert picture.stat().st_size > 20_000


def test_positions_that_stopped_moving_are_told(csv: Path) -> None:
    with csv.open("a") as file:
        for ahead in range(1, 31):
            file.write(f"512100,{LAST + dt.timedelta(days=ahead)},{positions()[-1].solde},0,0,EUR\n")
    done = run("forecast", 7, "--file", csv, "--horizon", 7, "--lang", "en")
    assert done.exit_code == 0
    assert "Nothing has moved since 2025-04-15, 30 days before the last position" in done.stderr


def test_what_is_wrong_is_told_in_french_as_well(csv: Path, tmp_path: Path) -> None:
    with csv.open("a") as file:
        file.write(f"512100,{LAST + dt.timedelta(days=1)},inf,0,0,EUR\n512100,2999-01-01,5.00,0,0,EUR\n")
        file.write(f"512100,{LAST + dt.timedelta(days=2)},5.00,-1.00,0,EUR\n")
    done = run("scenario", 7, "--file", csv, "--flow", "2031-01-02:5", "--horizon", 7)
    assert done.exit_code == 1
    said = plain(done.stderr)
    for expected in (
        "solde 'inf' n'est pas un montant : écrire 1234.50",
        "compte 512100 au 01/01/2999 : ce jour est à venir",
        "entrees vaut -1.00 ; un flux n'est pas négatif",
        "Le changement du 02/01/2031 vient après la fin de la prévision",
    ):
        assert expected in said, expected
    lines = [HEAD, *(f"512100,{FIRST + dt.timedelta(days=at)},10.00,1.00,0,EUR" for at in range(10))]
    short = run("forecast", 7, "--file", written(tmp_path / "p.csv", lines))
    assert "société 7, tous les comptes en EUR : 10 jours ; une prévision en demande 60" in plain(short.stderr)
    one = written(tmp_path / "q.csv", ["societe_id," + HEAD, f"7,512100,{FIRST},1,0,0,EUR"])
    other = run("forecast", 3, "--file", one)
    assert "aucune position de la société 3 ; le fichier a celles de 7" in plain(other.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "state a change: --late, --loan, --invest or --flow"),
        (("--late", "DUPONT"), "names no client, or no days; its form is CLIENT=DAYS, such as DUPONT=30"),
        (("--late", "DUPONT=0"), "'0' is no number of days"),
        (("--late", "DUPONT=30"), "--late needs the books"),
        (("--loan", "2025-02-30:1000"), "'2025-02-30' is no date"),
        (("--loan", "2025-05-02:1e400"), "is no amount"),
        (("--loan", "2025-05-02:nan"), "is no amount"),
        (("--loan", "2025-05-02:-5"), "is not above 0"),
        (("--loan", "2025-05-02:1000:12:400"), "is no yearly rate in percent"),
        (("--loan", "2025-05-02"), "has 1 parts between colons, not 2 to 4"),
        (("--invest", "2025-05-02:1000:50"), "but not for how many"),
        (("--flow", "2025-05-02:0"), "is not above 0"),
        (("--flow", "2025-05-02:5", "--plot", "x.doc"), "ends in none of .pdf, .png, .svg"),
        (("--flow", "2025-05-02:5", "--plot", "nowhere/x.png"), "there is no folder"),
        (("--flow", "2025-05-02:5", "--plancher", "nan"), "nan is no amount"),
        (("--flow", "2025-05-02:5", "--horizon", "91"), "91 is not in the range"),
    ],
)
def test_mistakes_are_told_before_any_work(csv: Path, arguments: tuple[str, ...], said: str) -> None:
    done = run("scenario", 7, "--file", csv, *arguments)
    assert done.exit_code == 2, done.output
    assert said in " ".join(done.stderr.replace("\n", " ").replace("│", " ").split())


@pytest.fixture
def topics(kafka: str, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EventProducer]:
    """Name a real broker and topics of the test's own to the command."""
    apply_topics(kafka, topic_prefix)
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", kafka)
    monkeypatch.setenv("WISEBOOK_ML_TOPIC_PREFIX", topic_prefix)
    get_settings.cache_clear()
    with EventProducer(kafka, topic_prefix) as producer:
        yield producer
    get_settings.cache_clear()


def test_positions_are_read_from_their_topic(topics: EventProducer, csv: Path) -> None:
    publish_positions(positions(9, days=20), topics, "test")
    published = CliRunner().invoke(main, ["publish", "treasury", str(csv), "--societe", "7"])
    assert (published.exit_code, published.stdout) == (0, f"{DAYS} positions published.\n")
    done = run("forecast", 7, "--json", "--horizon", 7)
    assert done.exit_code == 0, done.output
    assert done.stdout == run("forecast", 7, "--file", csv, "--json", "--horizon", 7).stdout
    short = run("forecast", 9, "--lang", "en")
    assert (short.exit_code, short.stdout) == (1, "")
    assert "company 9, all accounts in EUR: 20 days; a forecast needs 60" in short.stderr


def test_what_the_company_has_set_holds_where_nothing_else_is_stated(topics: EventProducer, csv: Path) -> None:
    publish_positions(positions(), topics, "test")
    cash = ReglageTresorerie(plancher={"EUR": "11000.00"}, probabilite_alerte=0.05, pays="BE")
    store = SettingsStore(open_database(get_settings().sql_url))
    store.append(7, lambda base: msgspec.structs.replace(base, tresorerie=cash), "t/0/0")
    found = json.loads(run("forecast", 7, "--json").stdout)["liquidite"]
    assert found["plancher"] == 11_000
    stated = json.loads(run("forecast", 7, "--json", "--plancher", 500).stdout)["liquidite"]
    assert stated["plancher"] == 500
    from_file = json.loads(run("forecast", 7, "--json", "--file", csv).stdout)["liquidite"]
    assert from_file["plancher"] == 0
    both = json.loads(run("scenario", 7, "--json", "--flow", f"{LAST + dt.timedelta(days=30)}:-1000000").stdout)
    assert (both["avec"]["liquidite"]["plancher"], both["avec"]["liquidite"]["probabilite"]) == (11_000, 1.0)


def test_clients_that_pay_late_are_read_from_the_books_on_the_topic(topics: EventProducer) -> None:
    publish_positions(positions(), topics, "test")
    publish_entries(BOOKS, topics, "test")
    done = run("scenario", 7, "--late", "Martin SA=30", "--lang", "en")
    assert done.exit_code == 0, done.output
    assert "Martin SA pays 30 days later (1 expected payment, 900 EUR)" in plain(done.stdout)


def test_without_positions_the_books_tell_them(topics: EventProducer) -> None:
    entries = [bank_entry(one) for one in positions() if any(flows(one.date))]
    publish_entries(entries, topics, "test")
    done = run("forecast", 8, "--lang", "en", "--horizon", 7)
    assert done.exit_code == 0, done.output
    assert "derived from the entries (no bank positions were published)" in plain(done.stdout)
    nothing = run("forecast", 12, "--lang", "en")
    assert nothing.exit_code == 1
    assert "company 12 has no positions on" in nothing.stderr
    assert "wisebook-ml publish treasury FILE" in nothing.stderr
