"""What a scored ledger comes to, in the words of an accountant."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas import CodeMotif, Detection, Ecriture, Parametres, Severite, TypeObjet
from wisebook_ml.cli.show import SEVERITIES, STYLES, glued, put, reading_console
from wisebook_ml.controls.texts import count_en, count_fr, date_en, date_fr, number_en, number_fr
from wisebook_ml.handbook import describe
from wisebook_ml.handbook.fields import why_off

__all__ = ["Company", "off_lines", "show_summary", "summarise"]


@dataclass(slots=True)
class Company:
    """What came of a company's entries.

    Attributes
    ----------
    societe_id : int
    entries : int
        Distinct ones that were scored; each has one or more events.
    first, last : datetime.date or None
        Their earliest and latest date.
    detections : list of Detection
        Those that stand.
    budget : float
        Share of entries that the company wants to look at.
    off : mapping
        Controls that are switched off, and the fields that no entry gives.
    """

    societe_id: int
    entries: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    detections: list[Detection] = field(default_factory=list)
    budget: float = 0.0
    off: Mapping[CodeMotif, tuple[str, ...]] = field(default_factory=dict)

    @property
    def flagged(self) -> int:
        """Number of entries with a detection of their own."""
        return sum(found.objet.type is TypeObjet.ECRITURE for found in self.detections)


def summarise(
    entries: Iterable[Ecriture],
    detections: Iterable[Detection],
    settings: Mapping[int, Parametres],
    off: Mapping[int, Mapping[CodeMotif, tuple[str, ...]]],
) -> list[Company]:
    """Return what came of each company's entries.

    Parameters
    ----------
    entries : iterable of Ecriture
        The last revision of each entry that was scored.
    detections : iterable of Detection
        Those that stand.
    settings, off : mapping
        Of each company: its settings, and its controls that are switched off.
    """
    companies: dict[int, Company] = {}
    for entry in entries:
        company = companies.setdefault(entry.societe_id, Company(entry.societe_id))
        company.entries += 1
        company.first = min(company.first or entry.ecriture_date, entry.ecriture_date)
        company.last = max(company.last or entry.ecriture_date, entry.ecriture_date)
    for found in detections:
        companies.setdefault(found.societe_id, Company(found.societe_id)).detections.append(found)
    for number, company in companies.items():
        company.budget, company.off = settings[number].budget_alertes, off.get(number, {})
    return [companies[number] for number in sorted(companies)]


def show_summary(companies: Sequence[Company], lang: str) -> None:
    """Print how many entries were scored, what was found, by severity and by reason, and which controls were off."""
    console = reading_console()
    console.print()
    for company in companies:
        put(console, glued(_scored(company, lang)))
        put(console, glued(_found(company, lang)))
    found = [one for company in companies for one in company.detections]
    if found:
        put(console, _severities(found, lang))
        _reasons(found, lang, console)
    _off(companies, lang, console)


def _off(companies: Sequence[Company], lang: str, console: Console) -> None:
    """Print which controls were off, and why."""
    lines = [line.partition(", ") for line in off_lines(companies, lang)]
    if lines:
        title = "Contrôles inactifs, faute de données" if lang == "fr" else "Controls switched off for want of data"
        console.print(Text(title, style="bold"))
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        for name, _, why in lines:
            table.add_row(f"  {name},", why)
        put(console, table)


def off_lines(companies: Sequence[Company], lang: str) -> Iterable[str]:
    """Yield a line for each control that is switched off, with the reason."""
    word = "société" if lang == "fr" else "company"
    for company in companies:
        prefix = f"{word} {company.societe_id} " if len(companies) > 1 else ""
        for code, fields in company.off.items():
            state = "inactif," if lang == "fr" else "off,"
            colon = " :" if lang == "fr" else ":"
            yield f"{prefix}{code.value}{colon} {state} {why_off(fields, lang)}"


def _scored(company: Company, lang: str) -> str:
    if lang == "fr":
        entries = count_fr(company.entries, "écriture", "écritures")
        dates = f" du {date_fr(company.first)} au {date_fr(company.last)}" if company.first and company.last else ""
        return f"Société {company.societe_id} : {entries}{dates}."
    entries = count_en(company.entries, "entry", "entries")
    dates = f" from {date_en(company.first)} to {date_en(company.last)}" if company.first and company.last else ""
    return f"Company {company.societe_id}: {entries}{dates}."


def _found(company: Company, lang: str) -> str:
    flagged, others = company.flagged, len(company.detections) - company.flagged
    rate, budget = 100 * flagged / max(company.entries, 1), 100 * company.budget
    if lang == "fr":
        text = (
            f"{count_fr(flagged, 'écriture signalée', 'écritures signalées')}, soit {number_fr(rate)} % "
            f"(budget d'alertes : {number_fr(budget)} %)"
        )
        about = count_fr(others, "constat", "constats")
        return f"{text}, et {about} sur des comptes, journaux ou tiers." if others else f"{text}."
    text = (
        f"{count_en(flagged, 'entry flagged', 'entries flagged')}, which is {number_en(rate)} % "
        f"(alert budget: {number_en(budget)} %)"
    )
    about = count_en(others, "finding", "findings")
    return f"{text}, and {about} about accounts, journals or third parties." if others else f"{text}."


def _severities(found: Sequence[Detection], lang: str) -> Text:
    counts = Counter(one.severite for one in found)
    text = Text("Gravité : " if lang == "fr" else "Severity: ")
    parts = [
        Text(f"{SEVERITIES[lang][level]} {counts[level]}", style=STYLES[level])
        for level in reversed(Severite)
        if counts[level]
    ]
    return text.append_text(Text(" · ").join(parts))


def _reasons(found: Sequence[Detection], lang: str, console: Console) -> None:
    """Print how many detections have which main reason: the one with the most points."""
    counts = Counter(one.motifs[0].code for one in found if one.motifs)
    heads = ("Motif principal", "Code", "Détections") if lang == "fr" else ("Main reason", "Code", "Detections")
    table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[1].no_wrap = True
    table.columns[2].justify = "right"
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].value))
    for code, count in ranked:
        table.add_row(describe(code).title(lang), code.value, str(count))
    put(console, table)
