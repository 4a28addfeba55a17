"""How detections look to a person on a terminal."""

from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas import Detection, Ecriture, Severite, to_minor
from wisebook_ml.controls.texts import date_fr, euros_fr

__all__ = ["plain_console", "show_detections", "show_rejected"]

STYLES = {
    Severite.CRITIQUE: "bold red",
    Severite.ELEVEE: "red",
    Severite.MOYENNE: "yellow",
    Severite.FAIBLE: "cyan",
    Severite.INFO: "dim",
}

REASONS = 3
"""Reasons shown of a detection; the record has them all."""

MIN_POINTS = 1.0
"""A reason worth less than a point of the score is left out here."""

LOG_WIDTH = 140
"""Columns where there is no terminal to tell how wide it is (a pipe, a log file)."""

SHOWN_REJECTED = 20
"""Rejected lines that are shown; a file of another kind would fill the screen."""

_HEADS = {
    "fr": ("Score", "Gravité", "Écriture", "Montant", "Motifs (points du score)"),
    "en": ("Score", "Severity", "Entry", "Amount", "Reasons (points of the score)"),
}


def plain_console() -> Console:
    """Return a console for standard output, wide enough where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH)


def show_rejected(rejected: Sequence[str]) -> None:
    """Print what was rejected of a file to standard error."""
    for line in rejected[:SHOWN_REJECTED]:
        click.echo(line, err=True)
    if len(rejected) > SHOWN_REJECTED:
        click.echo(f"… and {len(rejected) - SHOWN_REJECTED} more lines", err=True)


def show_detections(detections: Sequence[Detection], entries: Mapping[str, Ecriture], lang: str) -> None:
    """Print detections with their reasons, most serious first.

    Parameters
    ----------
    detections : sequence of Detection
        In the order to be shown.
    entries : mapping
        The entries by their id, for their labels, as far as they are at hand.
    lang : str
        ``"fr"`` or ``"en"``.
    """
    console = plain_console()
    if not detections:
        console.print("Aucune détection." if lang == "fr" else "No detections.")
        return
    table = Table(*_HEADS[lang], show_lines=True)
    table.columns[0].justify = table.columns[3].justify = "right"
    for column in (0, 1, 3):
        table.columns[column].no_wrap = True
    for detection in detections:
        table.add_row(
            f"{detection.score:.1f}",
            Text(detection.severite.value, style=STYLES[detection.severite]),
            _entry(detection, entries.get(detection.ecriture_id or "")),
            euros_fr(to_minor(detection.montant)),
            _reasons(detection, lang),
        )
    console.print(table)


def _entry(detection: Detection, entry: Ecriture | None) -> Text:
    day = date_fr(detection.ecriture_date) if detection.ecriture_date else ""
    text = Text(f"{detection.journal_code or ''} {detection.ecriture_num or ''} · {day}")
    if entry is not None and entry.lignes[0].ecriture_lib:
        text.append(f"\n{entry.lignes[0].ecriture_lib[:40]}", style="dim")
    return text


def _reasons(detection: Detection, lang: str) -> Text:
    text = Text()
    shown = [motif for motif in detection.motifs if motif.poids >= MIN_POINTS][:REASONS]
    for k, motif in enumerate(shown):
        label = motif.libelle_fr if lang == "fr" else motif.libelle_en
        text.append("\n" if k else "").append(f"{motif.poids:.0f} ", style="bold").append(label)
    return text
