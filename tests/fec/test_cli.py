import json
from pathlib import Path

from click.testing import CliRunner

from wisebook_ml.cli.fec import fec


def check(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(fec, ["check", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_compliant_ledger(lines, write) -> None:
    code, output = check(write(lines))
    assert code == 0
    assert "UTF-8" in output and "170.00" in output and "No finding" in output
    assert "Aucun constat" in check(write(lines), "--lang", "fr")[1]


def test_json(lines, write) -> None:
    lines[1][12] = "x"
    code, output = check(write(lines), "--json", "--lang", "fr")
    report = json.loads(output)
    assert code == 1
    assert {key: report[key] for key in ("lines", "entries", "debit", "credit", "rejected")} == {
        "lines": 5,
        "entries": 2,
        "debit": "170.00",
        "credit": "70.00",
        "rejected": 1,
    }
    first = next(finding for finding in report["findings"] if finding["code"] == "MONTANT_ILLISIBLE")
    assert (first["line"], first["column"], first["value"], first["rejected"]) == (3, "Credit", "x", True)
    assert "illisible" in first["message"]


def test_rejected_lines_are_shown_first(lines, write) -> None:
    lines[1][12] = "x"
    code, output = check(write(lines))
    assert code == 1
    assert output.index("MONTANT_ILLISIBLE") < output.index("ECRITURE_DESEQUILIBREE")


def test_markup_in_values_is_only_text(lines, write) -> None:
    lines[1][4] = "[/bold]x"
    code, output = check(write(lines))
    assert code == 0 and "[/bold]" in output


def test_a_terminal_gets_a_progress_bar(lines, write, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    code, output = check(write(lines))
    assert code == 0 and "170.00" in output


def test_what_is_no_fec(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"%PDF-1.7")
    code, output = check(path)
    assert code == 2 and "PDF" in output and "x.txt:1" in output
    code, output = check(path, "--json", "--lang", "fr")
    assert code == 2 and "document PDF" in json.loads(output)["error"]


def test_a_missing_file_and_a_wrong_year(tmp_path: Path, lines, write) -> None:
    code, output = check(tmp_path / "none.txt")
    assert code == 2 and "none.txt" in output
    assert check(tmp_path)[0] == 2
    assert check(write(lines), "--exercice", "24")[0] == 2
