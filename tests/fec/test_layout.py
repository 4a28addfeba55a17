"""Encodings, line ends and blocks."""

from pathlib import Path

import pytest

from wisebook_ml.fec import encoding, read_fec
from wisebook_ml.fec.encoding import scan
from wisebook_ml.fec.lines import physical_lines

TEXTS = [
    "Réglé à l'été",
    "REMISE N° 12 DU 3",
    "Frais généraux, déjà payés",
    "Hôtel de la forêt, dîner",
    "ACHATS D'ÉLECTRICITÉ",
    "Société Générale prélèvement",
    "Bénéfice reçu, goût sûr",
    "AVOIR REÇU À NOËL",
]


@pytest.mark.parametrize("codec", ["cp850", "cp1252", "iso8859-15"])
@pytest.mark.parametrize("text", TEXTS)
def test_one_accented_text_tells_the_encoding(codec: str, text: str, lines, read) -> None:
    plain = [[field.encode("ascii", "ignore").decode() for field in fields] for fields in lines]
    plain[0][10] = text
    assert next(iter(read(plain, encoding=codec))).lignes[0].ecriture_lib == text


def test_no_break_spaces_in_amounts(lines, read) -> None:
    lines[0][11] = "1\u00a0120,00"
    lines[1][12] = "1\u00a0100,00"
    for codec in ("cp850", "cp1252", "utf-8"):
        report = read(lines, encoding=codec).report
        assert (report.rejected, report.findings_total["MONTANT_FORMAT"]) == (0, 2)


def test_a_file_cut_off_within_a_character(lines, write) -> None:
    path = write([*lines[:4], [*lines[4][:8], "Forê"]], last_end=False)
    path.write_bytes(path.read_bytes()[:-1])
    report = read_fec(path, societe_id=1).report
    assert (report.encoding, report.lines, report.rejected) == ("UTF-8", 5, 1)


def test_half_a_utf16_character_at_the_end(lines, write) -> None:
    path = write(lines, encoding="utf-16")
    path.write_bytes(path.read_bytes() + b"x")
    report = read_fec(path, societe_id=1).report
    assert (report.lines, report.rejected) == (6, 1)


def test_utf16_without_mark(lines, read) -> None:
    fec = read(lines, encoding="utf-16-le")
    assert (fec.report.encoding, len(fec)) == ("UTF-16", 2)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("codec", ["utf-8-sig", "cp850", "utf-16"])
def test_blocks_may_end_anywhere(size: int, codec: str, lines, write, monkeypatch) -> None:
    path = write(lines, encoding=codec)
    whole = list(read_fec(path, societe_id=1))
    scanned = scan(path)
    monkeypatch.setattr(encoding, "BLOCK", size)
    found = [(number, line) for number, line, _ in physical_lines(path, scanned)]
    assert [number for number, _ in found] == list(range(1, 7))
    monkeypatch.undo()
    assert len(whole) == 2


@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb", [b"a", b"b"]),
        (b"a\r\nb\r\n", [b"a", b"b"]),
        (b"a\rb\r", [b"a", b"b"]),
        (b"a\n\nb\n", [b"a", b"", b"b"]),
        (b"a\r\n\r\nb", [b"a", b"", b"b"]),
        (b"a\r\nb\rc\rd\n", [b"a", b"b", b"c", b"d"]),
        (b"a\n" * 20 + b"b\rc\n", [b"a"] * 20 + [b"b\rc"]),
        (b"a\r\n\x1a", [b"a"]),
    ],
)
def test_line_ends(size: int, content: bytes, expected: list[bytes], tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    scanned = scan(path)
    monkeypatch.setattr(encoding, "BLOCK", size)
    found = list(physical_lines(path, scanned))
    assert [line for _, line, _ in found] == expected
    assert [number for number, _, _ in found] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("size", [64, 1 << 12, 1 << 20])
def test_long_lines_keep_the_numbers_right(size: int, tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a\n" + b"x" * 200_000 + b"\nb\n" + b"y" * 100_000)
    scanned = scan(path)
    monkeypatch.setattr(encoding, "BLOCK", size)
    assert [(n, line[:1], long) for n, line, long in physical_lines(path, scanned)] == [
        (1, b"a", 0),
        (2, b"x", 200_000),
        (3, b"b", 0),
        (4, b"y", 100_000),
    ]


def test_progress_adds_up_to_the_file(lines, write) -> None:
    path = write(lines)
    read: list[int] = []
    read_fec(path, societe_id=1, on_progress=read.append)
    assert sum(read) == path.stat().st_size
