"""What a check found: as a record for the topic `drift`, and as lines for people."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from schemas import Derive, DeriveVariable
from wisebook_ml.controls.texts import count_en, count_fr, number_en, number_fr
from wisebook_ml.drift.histogram import Histogram
from wisebook_ml.drift.performance import Performance
from wisebook_ml.drift.scores import ScoreChange
from wisebook_ml.drift.variables import Variable
from wisebook_ml.french_time import PARIS

__all__ = ["Moved", "Report", "lines_of", "record_of"]

PRECISION, EXPECTED_PRECISION = "precision", "precision_estimee"

MEASURES = {
    "ks": ("Kolmogorov-Smirnov", "Kolmogorov-Smirnov"),
    "wasserstein": ("Wasserstein normalisée", "normalised Wasserstein"),
    "psi": ("PSI", "PSI"),
    "chi2": ("chi² (w de Cohen)", "chi² (Cohen's w)"),
    "manquants": ("part manquante", "share missing"),
}
"""Names of measures, in French and English."""

SMALLEST = 1e-9
"""A probability below is told as being below."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One variable that moved.

    Attributes
    ----------
    variable : Variable
    mesure : str
        By which measure (`wisebook_ml.drift.measures`).
    valeur, seuil : float
        Its value, and the threshold that this passed.
    p : float
        Probability by chance, corrected for all that was tested.
    jours, lignes : int
        The window in which it moved: its days and rows.
    libelle_fr, libelle_en : str
        What moved, in a sentence.
    histogram : Histogram
        Before and after.
    """

    variable: Variable
    mesure: str
    valeur: float
    seuil: float
    p: float
    jours: int
    lignes: int
    libelle_fr: str
    libelle_en: str
    histogram: Histogram


@dataclass(frozen=True, slots=True)
class Report:
    """What one check of one model found.

    Attributes
    ----------
    moved : tuple of Moved
        The clearest first.
    performance, worse : tuple of Performance
        What was measured of its worth, and which of that is worse than it was.
    scores : tuple of (str, ScoreChange)
        Changes of streams of scores, with the name of the score.
    remarks : tuple of (str, str)
        What could not be told, in French and English.
    rows : int
        Rows of the longest window.
    """

    moved: tuple[Moved, ...]
    performance: tuple[Performance, ...]
    worse: tuple[Performance, ...]
    scores: tuple[tuple[str, ScoreChange], ...]
    remarks: tuple[tuple[str, str], ...]
    rows: int

    @property
    def derive(self) -> bool:
        """Whether there is drift."""
        return bool(self.moved or self.worse or self.scores)


def record_of(
    report: Report,
    *,
    modele_id: int,
    societe_id: int,
    version: int,
    threshold: float,
    jours: Sequence[dt.date] = (),
    echeance: dt.datetime | None = None,
) -> Derive:
    """Return the record for the topic `drift`.

    Parameters
    ----------
    report : Report
    modele_id, societe_id, version : int
        The model that was checked.
    threshold : float
        The fall of precision that counts (`Thresholds.precision`).
    jours : sequence of date
        The days that were looked at.
    echeance : datetime, optional
        When the check was due.
    """
    variables = [
        *(_of_variable(one) for one in report.moved),
        *(_of_performance(one, threshold) for one in report.worse),
        *(_of_score(name, change) for name, change in report.scores),
    ]
    return Derive(
        modele_id=modele_id,
        societe_id=societe_id,
        version=version,
        derive=report.derive,
        variables=variables,
        echeance=echeance,
        du=min(jours, default=None),
        au=max(jours, default=None),
        lignes=report.rows,
        remarques_fr=[french for french, _ in report.remarks],
        remarques_en=[english for _, english in report.remarks],
    )


def _of_variable(moved: Moved) -> DeriveVariable:
    return DeriveVariable(
        variable=moved.variable.name,
        mesure=moved.mesure,
        valeur=round(moved.valeur, 6),
        seuil=moved.seuil,
        p=moved.p,
        jours=moved.jours,
        lignes=moved.lignes,
        libelle_fr=moved.libelle_fr,
        libelle_en=moved.libelle_en,
        echelle=moved.variable.scale.value,
        bornes=list(moved.histogram.edges),
        valeurs=list(moved.histogram.names),
        avant=list(moved.histogram.before),
        apres=list(moved.histogram.after),
    )


def _of_performance(worse: Performance, threshold: float) -> DeriveVariable:
    french, english = _told_performance(worse)
    name = EXPECTED_PRECISION if worse.estimated else PRECISION
    return DeriveVariable(
        variable=name,
        mesure=name,
        valeur=round(worse.fall, 6),
        seuil=threshold,
        p=worse.p,
        lignes=round(worse.verdicts),
        libelle_fr=french,
        libelle_en=english,
    )


def _of_score(name: str, change: ScoreChange) -> DeriveVariable:
    french, english = _told_score(name, change)
    return DeriveVariable(
        variable=name,
        mesure=change.detector,
        valeur=round(change.after, 6),
        seuil=round(change.before, 6),
        libelle_fr=french,
        libelle_en=english,
    )


def lines_of(record: Derive, lang: str = "fr") -> list[str]:
    r"""Return a report as lines for a terminal, in French or English.

    Parameters
    ----------
    record : Derive
        Of `record_of`, or as it was read from the topic.
    lang : str
        ``"fr"`` or ``"en"``.

    Examples
    --------
    >>> moved = DeriveVariable(variable="montant", mesure="psi", valeur=0.31, seuil=0.1, p=1e-12, jours=1,
    ...     libelle_fr="Montant : a doublé (le dernier jour).", libelle_en="Amount: has doubled (on the last day).")
    >>> record = Derive(modele_id=3, societe_id=1, version=2, derive=True, variables=[moved], lignes=300)
    >>> print(*lines_of(record, "en"), sep="\n")
    Model 3, version 2, company 1: drift. 1 thing has moved.
      Amount: has doubled (on the last day).
        PSI 0.31, threshold 0.10; by chance less than one in a billion
    """
    french = lang == "fr"
    count = len(record.variables)
    if french:
        verdict = "dérive" if record.derive else "pas de dérive"
        head = f"Modèle {record.modele_id}, version {record.version}, société {record.societe_id} : {verdict}."
        head += f" {count} {'éléments ont' if count > 1 else 'élément a'} changé." if count else ""
    else:
        verdict = "drift" if record.derive else "no drift"
        head = f"Model {record.modele_id}, version {record.version}, company {record.societe_id}: {verdict}."
        head += f" {count} {'things have' if count > 1 else 'thing has'} moved." if count else ""
    lines = [head, *_when(record, french=french)]
    for one in record.variables:
        lines.append(f"  {(one.libelle_fr if french else one.libelle_en) or one.variable}")
        if one.mesure in MEASURES:
            lines.append(f"    {_measured(one, french=french)}")
    lines += [f"  {remark}" for remark in (record.remarques_fr if french else record.remarques_en)]
    return lines


def _when(record: Derive, *, french: bool) -> list[str]:
    """Return when it was checked and what was looked at, where it is known."""
    if record.echeance is None or record.du is None or record.au is None:
        return []
    checked = record.echeance.astimezone(PARIS)
    rows, day = record.lignes or 0, "%d/%m/%Y" if french else "%Y-%m-%d"
    since, until, due = (f"{moment:{day}}" for moment in (record.du, record.au, checked))
    if french:
        return [
            f"  Contrôle du {due} à {checked:%H:%M} : {count_fr(rows, 'écriture', 'écritures')}, {since} - {until}."
        ]
    return [
        f"  Checked on {due} at {checked:%H:%M} (France): {count_en(rows, 'entry', 'entries')}, {since} to {until}."
    ]


def _measured(one: DeriveVariable, *, french: bool) -> str:
    number = number_fr if french else number_en
    name = MEASURES[one.mesure][0 if french else 1]
    text = f"{name} {number(one.valeur, 2)}, {'seuil' if french else 'threshold'} {number(one.seuil, 2)}"
    if one.p is None:
        return text
    if one.p < SMALLEST:
        return (
            f"{text} ; par hasard, moins d'une fois sur un milliard"
            if french
            else f"{text}; by chance less than one in a billion"
        )
    once = number(1 / one.p, 0)
    return f"{text} ; par hasard, une fois sur {once}" if french else f"{text}; by chance one in {once}"


def _told_performance(one: Performance) -> tuple[str, str]:
    now, before = (round(100 * share) for share in (one.precision, one.before))
    low, high = (round(100 * share) for share in (one.low, one.high))
    if one.estimated:
        return (
            f"Détections : {now} % devraient être confirmées, contre {before} % avant"
            f" (entre {low} et {high} %, estimé sans avis).",
            f"Detections: {now}% are expected to be confirmed, {before}% before"
            f" (between {low} and {high}%, without verdicts).",
        )
    return (
        f"Détections : {now} % sont confirmées, contre {before} % avant (entre {low} et {high} %).",
        f"Detections: {now}% are confirmed, {before}% before (between {low} and {high}%).",
    )


def _told_score(name: str, change: ScoreChange) -> tuple[str, str]:
    old_fr, new_fr = number_fr(100 * change.before), number_fr(100 * change.after)
    old_en, new_en = number_en(100 * change.before), number_en(100 * change.after)
    return (
        f"Score « {name} » : la moyenne passe de {old_fr} à {new_fr} sur 100.",
        f"Score “{name}”: its mean goes from {old_en} to {new_en} of 100.",
    )
