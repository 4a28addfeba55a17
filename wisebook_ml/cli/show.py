"""How detections look to a person on a terminal, in a pipe and on paper: one below the other, as wide as one reads."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

import click
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas import Detection, Ecriture, Ligne, MotifDetection, Severite, TypeObjet, to_minor
from wisebook_ml.controls.texts import (
    NARROW_SPACE,
    count_en,
    count_fr,
    date_en,
    date_fr,
    euros_en,
    euros_fr,
    number_en,
    number_fr,
)
from wisebook_ml.handbook.subject_names import subject_name
from wisebook_ml.scoring.fusion import apportion

__all__ = [
    "SEVERITIES",
    "STYLES",
    "EntryNames",
    "by_id",
    "glued",
    "plain_console",
    "put",
    "reading_console",
    "show_detections",
    "show_rejected",
]

EntryNames = Mapping[tuple[int, str], Ecriture]
"""Entries by company and id."""

STYLES = {
    Severite.CRITIQUE: "bold red",
    Severite.ELEVEE: "red",
    Severite.MOYENNE: "yellow",
    Severite.FAIBLE: "cyan",
    Severite.INFO: "dim",
}

SEVERITIES = {
    "fr": {
        Severite.CRITIQUE: "critique",
        Severite.ELEVEE: "élevée",
        Severite.MOYENNE: "moyenne",
        Severite.FAIBLE: "faible",
        Severite.INFO: "info",
    },
    "en": {
        Severite.CRITIQUE: "critical",
        Severite.ELEVEE: "high",
        Severite.MOYENNE: "medium",
        Severite.FAIBLE: "low",
        Severite.INFO: "info",
    },
}
"""What people call them."""

REASONS = 4
"""Reasons shown of a detection; the record has them all."""

MIN_POINTS = 1.0
"""A reason worth less than a point of the score is left out here."""

SCALE = 10
"""Steps of a point that are shown, of the score and of its reasons alike: these sum to it as a reader adds them."""

LINES = 2
"""Lines shown of a reason."""

LOG_WIDTH = 140
"""Columns where there is no terminal to tell how wide it is (a pipe, a log file)."""

READING_WIDTH = 100
"""Columns beyond which lines of text are hard to read."""

SHOWN_REJECTED = 20
"""Rejected lines that are shown; a file of another kind would fill the screen."""

GLUE = "\ue000"
"""Stands for a narrow no-break space while lines are broken: Rich breaks at every blank."""

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Characters that a label must not bring to a terminal."""

NAMED = re.compile(r"(?<=l'écriture )\S+|(?<=\bentry )\S+")
"""Where a reason names another entry by its id."""


def plain_console() -> Console:
    """Return a console for standard output, wide enough where it is no terminal."""
    console = Console()
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(width=LOG_WIDTH)


def reading_console() -> Console:
    """Return a console for texts: no wider than one reads."""
    console = plain_console()
    console.width = min(console.width, READING_WIDTH)
    return console


def put(console: Console, what: RenderableType) -> None:
    """Print something; what `glued` holds together stays so.

    Where it is no terminal, blanks at the ends of lines are left out: files keep them.
    """
    with console.capture() as captured:
        console.print(what)
    lines = captured.get().replace(GLUE, NARROW_SPACE).splitlines()
    click.echo("\n".join(lines if console.is_terminal else map(str.rstrip, lines)), color=console.is_terminal or None)


def glued(text: str) -> Text:
    """Return a text whose figures are not broken at the end of a line, and that cannot command the terminal."""
    return Text(CONTROLS.sub(" ", text).replace(NARROW_SPACE, GLUE))


def by_id(entries: Iterable[Ecriture]) -> EntryNames:
    """Return entries by company and id; the last revision of each."""
    return {(entry.societe_id, entry.ecriture_id): entry for entry in entries}


def show_rejected(rejected: Sequence[str], lang: str = "en") -> None:
    """Print what was rejected of a file to standard error."""
    for line in rejected[:SHOWN_REJECTED]:
        click.echo(line, err=True)
    if len(rejected) > SHOWN_REJECTED:
        left = len(rejected) - SHOWN_REJECTED
        click.echo(f"… et {left} autres lignes" if lang == "fr" else f"… and {left} more lines", err=True)


def show_detections(detections: Sequence[Detection], entries: EntryNames, lang: str) -> None:
    """Print detections with their reasons, most serious first.

    Parameters
    ----------
    detections : sequence of Detection
        In the order to be shown.
    entries : mapping
        The entries, for their labels and lines, as far as they are at hand.
    lang : str
        ``"fr"`` or ``"en"``.
    """
    console = reading_console()
    if not detections:
        console.print("Aucune détection." if lang == "fr" else "No detections.")
        return
    table = Table(box=box.HORIZONTALS, show_header=False, show_lines=True, pad_edge=False, expand=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    several = len({detection.societe_id for detection in detections}) > 1
    for detection in detections:
        entry = entries.get((detection.societe_id, detection.ecriture_id or ""))
        parts = [_head(detection, lang, several=several), *_about(detection, entry, lang)]
        table.add_row(_score(detection, lang), Group(*parts, _reasons(detection, entry, entries, lang)))
    put(console, table)


def _score(detection: Detection, lang: str) -> Text:
    score = _points(_steps(detection), lang)
    style = STYLES[detection.severite]
    return Text.assemble((score, style), "\n", (SEVERITIES[lang][detection.severite], style))


def _steps(detection: Detection) -> int:
    return round(detection.score * SCALE)


def _points(steps: int, lang: str) -> str:
    return number_fr(steps / SCALE) if lang == "fr" else number_en(steps / SCALE)


def _head(detection: Detection, lang: str, *, several: bool) -> RenderableType:
    """Return what a detection is about, and the amount at stake."""
    row = Table.grid(expand=True, padding=(0, 1))
    row.add_column(ratio=1)
    row.add_column(justify="right", no_wrap=True)
    cents = to_minor(detection.montant)
    name = _entry_name(detection, lang) if detection.objet.type is TypeObjet.ECRITURE else subject_name(detection, lang)
    if several:
        name = f"{'Société' if lang == 'fr' else 'Company'} {detection.societe_id} · {name}"
    title, amount = glued(name), glued(euros_fr(cents) if lang == "fr" else euros_en(cents))
    for text in (title, amount):
        text.stylize("bold")
    row.add_row(title, amount)
    return row


def _entry_name(record: Detection | Ecriture, lang: str) -> str:
    """Return how an accountant names an entry: journal, number, date."""
    number = f" n° {record.ecriture_num}" if lang == "fr" else f" no. {record.ecriture_num}"
    day = record.ecriture_date
    date = "" if day is None else f" du {date_fr(day)}" if lang == "fr" else f" of {date_en(day)}"
    return f"{record.journal_code or ''}{number if record.ecriture_num else ''}{date}".strip()


def _about(detection: Detection, entry: Ecriture | None, lang: str) -> Iterable[Text]:
    """Yield the entry's label and third party, or the entry to look at first."""
    if detection.objet.type is not TypeObjet.ECRITURE and detection.ecriture_id is not None:
        name = _entry_name(detection if entry is None else entry, lang) or detection.ecriture_id
        yield Text(f"À voir d'abord : {name}" if lang == "fr" else f"Look first at: {name}", style="dim")
    if entry is None:
        return
    label = next((line.ecriture_lib.strip() for line in entry.lignes if line.ecriture_lib.strip()), "")
    if label:
        yield glued(label)
    parties = dict.fromkeys(_party(line) for line in entry.lignes if line.comp_aux_num or line.comp_aux_lib)
    if parties:
        who = ", ".join([*parties][:LINES]) + (" …" if len(parties) > LINES else "")
        party = glued(f"Tiers : {who}" if lang == "fr" else f"Third party: {who}")
        party.stylize("dim")
        yield party


def _party(line: Ligne) -> str:
    return " ".join(filter(None, (line.comp_aux_num.strip(), line.comp_aux_lib.strip())))


def _reasons(detection: Detection, entry: Ecriture | None, entries: EntryNames, lang: str) -> RenderableType:
    """Return the reasons with their points of the score, and the lines they come from."""
    shown = [motif for motif in detection.motifs if motif.poids >= MIN_POINTS][:REASONS]
    points = apportion(_steps(detection), [motif.poids for motif in detection.motifs])
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right", no_wrap=True, min_width=4)
    table.add_column()
    for motif, part in zip(shown, points, strict=False):
        told = motif.libelle_fr if lang == "fr" else motif.libelle_en
        text = glued(_with_names(told, detection, entries, lang))
        if entry is not None:
            for line in _lines(motif, entry, lang):
                text.append("\n").append_text(glued(line)).stylize("dim", len(text) - len(line))
        table.add_row(Text(_points(part, lang), style="bold"), text)
    left = detection.motifs[len(shown) :]
    if left:
        more = (
            f"et {count_fr(len(left), 'autre motif', 'autres motifs')}"
            if lang == "fr"
            else f"and {count_en(len(left), 'other reason', 'other reasons')}"
        )
        table.add_row(Text(_points(sum(points[len(shown) :]), lang), style="dim"), Text(more, style="dim"))
    return table


def _lines(motif: MotifDetection, entry: Ecriture, lang: str) -> Iterable[str]:
    """Yield the lines that a reason comes from, where they are not the whole entry."""
    lines = [number for number in motif.lignes if number <= len(entry.lignes)]
    if len(lines) == len(entry.lignes):
        return
    for number in lines[:LINES]:
        line = entry.lignes[number - 1]
        account = f"{line.compte_num} {line.compte_lib.strip()}".strip()
        yield f"{f'ligne {number} :' if lang == 'fr' else f'line {number}:'} {account}, {_side(line, lang)}"
    if len(lines) > LINES:
        left = len(lines) - LINES
        yield (
            f"et {count_fr(left, 'autre ligne', 'autres lignes')}"
            if lang == "fr"
            else f"and {count_en(left, 'other line', 'other lines')}"
        )


def _side(line: Ligne, lang: str) -> str:
    debit, credit = to_minor(line.debit), to_minor(line.credit)
    on_debit = debit != 0 or credit == 0
    cents = debit if on_debit else credit
    if lang == "fr":
        return f"{'débit' if on_debit else 'crédit'} {euros_fr(cents)}"
    return f"{'debit' if on_debit else 'credit'} {euros_en(cents)}"


def _with_names(text: str, detection: Detection, entries: EntryNames, lang: str) -> str:
    """Return a reason in which other entries are called as accountants do, as far as they are at hand."""

    def name(found: re.Match[str]) -> str:
        word = found.group()
        for end in (len(word), len(word) - 1):  # a comma or the like may follow the id
            other = entries.get((detection.societe_id, word[:end]))
            if other is not None and other.ecriture_num:
                return _entry_name(other, lang) + word[end:]
        return word

    return NAMED.sub(name, text)
