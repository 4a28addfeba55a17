"""Detections as CSV: one a line, as spreadsheets of the language read it, and nothing in it that they would execute.

All cells are quoted, which spreadsheets read past: numbers are numbers to them.

References
----------
OWASP, "CSV Injection": a cell that begins with one of ``= + - @``, a tab or a line end is a formula to spreadsheets.
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator

from wisebook_ml.delivery.texts import SEVERITIES
from wisebook_ml.export.rows import Exported
from wisebook_ml.export.words import ETATS, HEADS, VERDICTS
from wisebook_ml.feedback.judgement import Judgement

__all__ = ["csv_lines", "safe"]

BOM = "\ufeff"
"""By which spreadsheets tell UTF-8."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, the full-width forms as well."""

SIGNS = "".join(sign for sign in FORMULA if not sign.isspace())
AFTER_SEPARATOR = re.compile(rf'([;,\t\r\n][\s"]*)([{re.escape(SIGNS)}])')
"""Where a cell would begin for a spreadsheet of another country, that takes other characters for separators."""

PIECE_LINES = 500


def safe(text: str) -> str:
    r"""Return a text as a cell that is none but a text.

    Examples
    --------
    >>> safe("=HYPERLINK(A1)"), safe("  @SUM(1)"), safe("Loyer"), safe("a\0b"), safe("Loyer;=A1")
    ("'=HYPERLINK(A1)", "'  @SUM(1)", 'Loyer', 'ab', "Loyer;'=A1")
    """
    text = AFTER_SEPARATOR.sub(r"\1'\2", text.replace("\0", ""))
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text


def csv_lines(rows: Iterable[Exported], langue: str) -> Iterator[str]:
    """Yield a CSV file in pieces of some hundred lines.

    Parameters
    ----------
    rows : iterable of Exported
        What it tells.
    langue : str
        ``fr``: semicolons between cells and commas in numbers; ``en``: commas, and points.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if langue == "fr" else ",", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    buffer.write(BOM)
    writer.writerow(HEADS[langue])
    for number, row in enumerate(rows, 1):
        writer.writerow(_cells(row, langue))
        if number % PIECE_LINES == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cells(row: Exported, langue: str) -> list[str]:
    found, standing = row.detection, row.standing
    said = ["", "", "", "", ""]
    if standing is not None:
        avis = standing.avis
        said = [VERDICTS[langue][avis.verdict], avis.compte_num or "", avis.auteur, avis.commentaire]
        said = [*map(safe, said), _moment(standing.donne_le)]
    reasons = [motif.libelle_fr if langue == "fr" else motif.libelle_en for motif in found.motifs]
    return [
        str(found.societe_id),
        "" if found.ecriture_date is None else found.ecriture_date.isoformat(),
        safe(found.journal_code or ""),
        safe(found.ecriture_num or ""),
        safe(found.ecriture_id or ""),
        safe(f"{found.objet.type.value} {found.objet.id}"),
        _number(found.montant, langue),
        _number(f"{found.score:.1f}", langue),
        SEVERITIES[langue][found.severite],
        ETATS[langue][found.etat],
        safe(" | ".join(reasons)),
        " ".join(motif.code.value for motif in found.motifs),
        _moment(row.ce_time),
        str(found.revision),
        *said,
        safe(" | ".join(_told(one, langue) for one in row.history)),
        str(found.detection_id),
    ]


def _told(one: Judgement, langue: str) -> str:
    avis = one.avis
    account = f" {avis.compte_num}" if avis.compte_num else ""
    comment = f" ({avis.commentaire})" if avis.commentaire else ""
    return f"{_moment(one.donne_le)} {avis.auteur}: {VERDICTS[langue][avis.verdict]}{account}{comment}"


def _number(text: str, langue: str) -> str:
    return text.replace(".", ",") if langue == "fr" else text


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z"
