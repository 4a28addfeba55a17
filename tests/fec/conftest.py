"""Small ledgers of our own."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from wisebook_ml.fec import Fec, read_fec
from wisebook_ml.fec.columns import HEADER

NAME = "732829320FEC20241231.txt"

# One sale and one purchase, as the article wants them.
SALE = [
    "VE|Ventes|1|20240105|411000|Clients|C001|Café de l'été|F001|20240105|Vente pâté|120,00|0,00|A|20240210|20240131||",
    "VE|Ventes|1|20240105|707000|Ventes de marchandises|||F001|20240105|Vente de pâté|0,00|100,00|||20240131||",
    "VE|Ventes|1|20240105|445710|TVA collectée|||F001|20240105|Vente de pâté|0,00|20,00|||20240131||",
]
PURCHASE = [
    "AC|Achats|1|20240110|607000|Achats|||A77|20240110|Forêt & Cie|50,00|0,00|||20240131||",
    "AC|Achats|1|20240110|401000|Fournisseurs|F001|Forêt & Cie|A77|20240110|Forêt & Cie|0,00|50,00|||20240131||",
]


@pytest.fixture
def lines() -> list[list[str]]:
    """Five compliant lines as fields, to be spoilt."""
    return [line.split("|") for line in SALE + PURCHASE]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write lines of fields as a file."""

    def _write(
        lines: Sequence[Sequence[str]],
        *,
        name: str = NAME,
        header: Sequence[str] | None = HEADER,
        separator: str = "|",
        end: str = "\r\n",
        encoding: str = "utf-8",
        last_end: bool = True,
    ) -> Path:
        rows = ([header] if header is not None else []) + list(lines)
        text = end.join(separator.join(row) for row in rows) + (end if last_end else "")
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return _write


@pytest.fixture
def read(write: Callable[..., Path]) -> Callable[..., Fec]:
    """Write lines of fields and read them back."""

    def _read(lines: Sequence[Sequence[str]], *, exercice: str | None = None, **layout: object) -> Fec:
        return read_fec(write(lines, **layout), societe_id=1, exercice=exercice)

    return _read
