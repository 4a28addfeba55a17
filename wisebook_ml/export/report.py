"""What a printed report says: counts, and the detections in words; the same for the page and for the PDF."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas import CodeMotif, Etat, Severite, TypeObjet, to_minor
from wisebook_ml.controls.texts import date_en, date_fr, euros_en, euros_fr
from wisebook_ml.delivery.texts import SEVERITIES
from wisebook_ml.export.rows import Exported, Period
from wisebook_ml.export.words import ETATS, VERDICTS, WORDS
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.french_time import PARIS
from wisebook_ml.handbook import DESCRIPTIONS
from wisebook_ml.handbook.subject_names import subject_name

__all__ = ["MOST_SHOWN", "Counted", "Report", "Said", "Shown", "report_of"]

MOST_SHOWN = 500
"""Detections that a report shows, a hundred pages or so; it counts all of them."""

Counted = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict in words."""

    what: str
    comment: str
    stands: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A detection in words."""

    title: str
    facts: str
    severity: str
    level: str
    """The severity as its code: what a style goes by."""
    reasons: list[str]
    said: list[Said]
    id: str


@dataclass(slots=True)
class Report:
    """A report in words, of one language."""

    langue: str
    title: str
    company: str
    period: str
    made: str
    total: int = 0
    counts: list[tuple[str, Counted]] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    left_out: str = ""

    @property
    def words(self) -> dict[str, str]:
        """The words of its language."""
        return WORDS[self.langue]


def report_of(rows: Iterable[Exported], period: Period, langue: str, now: dt.datetime) -> Report:
    """Return the report of a period.

    Parameters
    ----------
    rows : iterable of Exported
        Its detections, the highest score first.
    period : Period
        Which.
    langue : str
        ``fr`` or ``en``.
    now : datetime
        When it is made.
    """
    words, day = WORDS[langue], date_fr if langue == "fr" else date_en
    report = Report(
        langue,
        words["title"],
        f"{words['company']} {period.societe_id}",
        f"{words['period']}{words['colon']}{day(period.depuis)} {words['to']} {day(period.jusque)}",
        f"{words['made']} {_moment(now, langue)}",
    )
    severities: Counter[Severite] = Counter()
    states: Counter[Etat] = Counter()
    verdicts: Counter[str] = Counter()
    codes: Counter[CodeMotif] = Counter()
    ordered = iter(rows)
    for row in ordered:
        severities[row.detection.severite] += 1
        states[row.detection.etat] += 1
        standing = row.standing
        verdicts[words["unjudged"] if standing is None else VERDICTS[langue][standing.avis.verdict]] += 1
        codes.update({motif.code for motif in row.detection.motifs})
        report.total += 1
        if len(report.shown) < MOST_SHOWN:
            report.shown.append(_shown(row, langue))
    report.counts = [
        (
            words["by_severity"],
            [(SEVERITIES[langue][one], severities[one]) for one in SEVERITIES[langue] if severities[one]],
        ),
        (words["by_state"], [(ETATS[langue][one], states[one]) for one in ETATS[langue] if states[one]]),
        (words["by_verdict"], verdicts.most_common()),
        (
            words["by_code"],
            [
                (DESCRIPTIONS[code].title(langue), count)
                for code, count in sorted(codes.items(), key=lambda item: (-item[1], item[0]))
            ],
        ),
    ]
    if report.total > len(report.shown):
        report.left_out = words["left_out"].format(shown=len(report.shown), total=report.total)
    return report


def _shown(row: Exported, langue: str) -> Shown:
    found, words = row.detection, WORDS[langue]
    day, euros = (date_fr, euros_fr) if langue == "fr" else (date_en, euros_en)
    if found.objet.type is TypeObjet.ECRITURE:
        title = f"{words['entry']} {found.ecriture_num or found.objet.id}"
    else:
        title = subject_name(found, langue)
    facts = [] if found.ecriture_date is None else [day(found.ecriture_date)]
    if found.journal_code:
        facts.append(f"{words['journal']} {found.journal_code}")
    facts += [
        f"{words['amount']} {euros(to_minor(found.montant))}",
        f"{words['score']} {found.score:.0f}",
        ETATS[langue][found.etat],
    ]
    return Shown(
        title=title,
        facts=" · ".join(facts),
        severity=SEVERITIES[langue][found.severite],
        level=found.severite.value.lower(),
        reasons=[motif.libelle_fr if langue == "fr" else motif.libelle_en for motif in found.motifs],
        said=[_said(one, langue) for one in row.history],
        id=str(found.detection_id),
    )


def _said(one: Judgement, langue: str) -> Said:
    words, avis = WORDS[langue], one.avis
    account = f" ({words['account']} {avis.compte_num})" if avis.compte_num else ""
    replaced = "" if one.en_vigueur else f", {words['replaced']}"
    moment = _moment(one.donne_le, langue)
    what = f"{VERDICTS[langue][avis.verdict]}{account}, {words['by']} {avis.auteur} {words['on']} {moment}{replaced}"
    return Said(what, avis.commentaire, one.en_vigueur)


def _moment(moment: dt.datetime, langue: str) -> str:
    local = moment.astimezone(PARIS)
    return f"{(date_fr if langue == 'fr' else date_en)(local.date())} {local:%H:%M}"
