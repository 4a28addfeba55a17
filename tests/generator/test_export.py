import json
from pathlib import Path

import msgspec
from click.testing import CliRunner

from schemas import Ecriture, Operation
from wisebook_ml.cli.generate import generate
from wisebook_ml.generator import Label, final_state, generate_ledger, stream_ledger, write_ledger


def test_files_of_a_ledger(tmp_path: Path) -> None:
    ledger = generate_ledger(entries=1_200, seed=8)
    written = write_ledger(ledger, tmp_path)
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Ecriture) for line in lines] == ledger.events
    assert lines == [msgspec.json.encode(one) for one in ledger.events]
    labels = (tmp_path / "labels.jsonl").read_bytes().splitlines()
    assert [msgspec.json.decode(line, type=Label) for line in labels] == ledger.labels
    assert json.loads((tmp_path / "company.json").read_text())["siren"] == ledger.company.siren
    assert written.evenements == len(ledger.events)
    assert all(path.stat().st_size for path in written.fichiers)


def test_the_fec_is_the_final_state(tmp_path: Path) -> None:
    ledger = generate_ledger(entries=1_200, seed=8)
    written = write_ledger(ledger, tmp_path)
    (fec,) = [path for path in written.fichiers if path.suffix == ".txt"]
    assert fec.name == f"{ledger.company.siren}FEC20241231.txt"
    rows = [line.split("\t") for line in fec.read_text().splitlines()]
    final = final_state(ledger.events)
    assert len(rows) - 1 == sum(len(one.lignes) for one in final)
    assert all(len(row) == 18 and row[15] for row in rows)
    dates = [row[3] for row in rows[1:]]
    assert dates == sorted(dates)


def test_several_years_give_several_fec(tmp_path: Path) -> None:
    ledger = generate_ledger(entries=2_400, seed=8, years=2)
    names = sorted(path.name[-12:-4] for path in write_ledger(ledger, tmp_path).fichiers if "FEC" in path.name)
    assert names == ["20241231", "20251231"]
    openings = [one for one in ledger.events if one.journal_code == "AN" and one.revision == 1]
    assert [one.ecriture_date.year for one in openings] == [2024, 2025]


def test_deleted_entries_leave_the_final_state() -> None:
    ledger = generate_ledger(entries=20_000, seed=3, lettering_rate=0, validation_rate=0)
    deleted = {one.ecriture_id for one in ledger.events if one.operation is Operation.SUPPRESSION}
    assert deleted
    assert not deleted & {one.ecriture_id for one in final_state(ledger.events)}


def test_a_stream_is_the_same_as_the_whole() -> None:
    stream = stream_ledger(entries=800, seed=9)
    whole = generate_ledger(entries=800, seed=9)
    assert list(stream) == whole.publications
    assert stream.labels == whole.labels


def test_the_command_writes_and_reports(tmp_path: Path) -> None:
    out = tmp_path / "books"
    result = CliRunner().invoke(generate, ["--entries", "700", "--seed", "2", "--out", str(out), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["evenements"] == len((out / "events.jsonl").read_bytes().splitlines())
    assert all(Path(path).exists() for path in report["fichiers"])


def test_the_command_explains_a_wrong_start(tmp_path: Path) -> None:
    result = CliRunner().invoke(generate, ["--start", "2024-01-15", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "first of a month" in result.output
