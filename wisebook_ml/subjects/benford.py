"""First digits of an account's amounts that are not those of amounts which arise by themselves."""

import datetime as dt

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.controls.rupture_numerotation import closes_accounts
from wisebook_ml.controls.texts import number_fr
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.subjects.base import SubjectFinding
from wisebook_ml.subjects.benford_law import DIGITS
from wisebook_ml.subjects.benford_pass import count_digits
from wisebook_ml.subjects.benford_state import EVENT, ROWS, new_digits
from wisebook_ml.subjects.periods import month_id, month_text, year_id, year_text
from wisebook_ml.subjects.settings import thresholds_of

__all__ = ["SUBJECT", "Benford"]

NAMED = 4
"""Digits named in a text; more would hide the point."""

NOTABLE = 1.0
"""Standard deviations above what is expected from which digits are named; those furthest come first."""

SUFFIX = "/benford"
"""What follows the period in ids: an account and month can have a finding of another kind, of what did not arrive."""

SPARE_EVENTS = 16
"""Findings of a few small entries, before those that were made must be taken."""

FULL = 4.0
"""Surer than the threshold by so much (in -log10), a finding has its full strength."""

BARELY = 0.6


class Benford:
    """Follows the first digits of amounts, of each account of classes 2, 3, 6 and 7.

    Good for series of invented amounts: people begin too few with 1 and too many with high digits. Two tests:

    * A *month* with at least 12 different amounts, far more than the account is used to: its first digits against those
      of the account's months before (and Benford's law, where there are few), by a chi-square test and by whether they
      are too high, taken together. Judged every third amount. First digits, since two would need hundreds of lines.
    * A *fiscal year* with at least 300 different amounts over two orders of magnitude: its first two digits against
      Benford's law, the account's years before, and the company's other accounts. Told where it deviates from all of
      these that are known, surely (chi-square) and by more than Nigrini's limit for non-conformity, after what chance
      gives so few lines is taken off; by far more where no year before is known, since many accounts follow no law.
      Judged every hundred amounts, and when the next year begins.

    Equal amounts count once a month or year, so that rents, subscriptions and price lists have no say. It fails where
    invented amounts replace real ones without adding any, or repeat the digits of the account.

    The value is ``-log10`` of the probability that chance gives so much; a year's threshold is six times a month's, a
    first year's fifteen times.

    References
    ----------
    Nigrini: Benford's Law: Applications for Forensic Accounting, Auditing, and Fraud Detection. Wiley 2012.
    Hill: Random-number guessing and the first digit phenomenon. Psychological Reports 62 (1988).
    """

    name = "benford"
    code = CodeMotif.BENFORD
    attribute = "montant"
    threshold = 2.0
    weight = 0.6
    source = "Nigrini: Benford's Law, Wiley 2012; ISA 240 A44 (unusual relationships)"
    required = False

    def new_state(self) -> Store:
        """Return an empty state."""
        return new_digits()

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Count the lines of a batch's entries that arrive for the first time; see `Subject.take`."""
        batch, facts = view.batch, view.facts
        thresholds = thresholds_of(view, self.code, self.threshold)
        follows = first & ~facts.deleted & ~closes_accounts(view)
        most = int(np.diff(batch.first).max(initial=1))
        # Zeros that nobody writes take no memory, however long the longest entry is.
        events, used = np.zeros(3 * most + SPARE_EVENTS, EVENT), np.zeros(1, np.int64)
        findings: list[SubjectFinding] = []
        done = 0
        while True:
            done = count_digits(
                done,
                batch.first,
                batch.societe,
                batch.day,
                facts.exercice_first,
                facts.exercice_last,
                follows,
                thresholds,
                facts.account,
                batch.root,
                batch.amount,
                state.directory(),
                events,
                used,
            )
            findings += [_finding(view, event) for event in events[: int(used[0])]]
            if done == len(batch):
                return findings
            used[0] = 0
            state.reserve(dict.fromkeys(ROWS, int(batch.first[done + 1] - batch.first[done])), {})

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Return nothing: what follows from entries does not wait for a day."""
        return []


def _finding(view: View, event: np.void) -> SubjectFinding:
    position, stands = int(event["entry"]), bool(event["stands"])
    compte = view.batch.line(int(event["line"])).compte_num
    value, threshold = float(event["value"]), float(event["threshold"])
    if event["kind"] == DIGITS:
        period = month_id(int(event["month"]))
        fr, en = _month_texts(compte, event)
    else:
        period = year_id(int(event["first"]), int(event["last"]))
        fr, en = _year_texts(compte, event)
    return SubjectFinding(
        position=position,
        societe_id=int(view.batch.societe[position]),
        type=TypeObjet.COMPTE,
        id=f"{compte}/{period}{SUFFIX}",
        etat=Etat.OUVERTE if stands else Etat.CLOSE,
        revision=int(event["revision"]),
        montant=int(event["stake"]),
        value=value,
        threshold=threshold,
        strength=BARELY + (1.0 - BARELY) * max(0.0, min(1.0, (value - threshold) / FULL)) if stands else 0.0,
        libelle_fr=fr,
        libelle_en=en,
    )


def _digits(event: np.void) -> tuple[str, str]:
    """Return the digits that are too frequent, the furthest first, with how often they are and should be."""
    size = int(event["kind"])
    counts, expected = event["counts"][:size].astype(float), event["expected"][:size]
    excess = (counts - expected) / np.sqrt(expected)
    chosen = [k for k in np.argsort(-excess, kind="stable").tolist() if excess[k] >= NOTABLE][:NAMED]
    begin = 1 if size == DIGITS else 10
    lines = float(event["lines"])
    fr = ", ".join(
        f"{k + begin} ({number_fr(100 * counts[k] / lines)} % au lieu de {number_fr(100 * expected[k] / lines)} %)"
        for k in chosen
    )
    en = ", ".join(
        f"{k + begin} ({100 * counts[k] / lines:.1f}% instead of {100 * expected[k] / lines:.1f}%)" for k in chosen
    )
    return fr, en


def _month_texts(compte: str, event: np.void) -> tuple[str, str]:
    fr, en = month_text(int(event["month"]))
    lines, usual = int(event["lines"]), float(event["usual"])
    if not event["stands"]:
        return (
            f"Compte {compte}, {fr} : les premiers chiffres des {lines} montants ne surprennent plus.",
            f"Account {compte}, {en}: the first digits of the {lines} amounts are no longer surprising.",
        )
    digits_fr, digits_en = _digits(event)
    return (
        f"Compte {compte}, {fr} : {lines} montants différents (habituellement {number_fr(usual)} par mois), dont les "
        f"premiers chiffres s'écartent de l'habitude du compte ; trop fréquents : {digits_fr}. "
        "Des montants inventés ont cette allure.",
        f"Account {compte}, {en}: {lines} different amounts (usually {usual:.1f} a month), whose first digits depart "
        f"from what the account is used to; too frequent: {digits_en}. Invented amounts look like this.",
    )


def _year_texts(compte: str, event: np.void) -> tuple[str, str]:
    fr, en = year_text(int(event["first"]), int(event["last"]))
    lines, far = int(event["lines"]), float(event["deviation"])
    if not event["stands"]:
        return (
            f"Compte {compte}, {fr} : les deux premiers chiffres des {lines} montants ne surprennent plus.",
            f"Account {compte}, {en}: the first two digits of the {lines} amounts are no longer surprising.",
        )
    digits_fr, digits_en = _digits(event)
    return (
        f"Compte {compte}, {fr} : les deux premiers chiffres de {lines} montants différents s'écartent de la loi de "
        f"Benford et de ce que la société connaît (écart moyen {number_fr(100 * far, 2)} point, limite 0,22) ; trop "
        f"fréquents : {digits_fr}.",
        f"Account {compte}, {en}: the first two digits of {lines} different amounts depart from Benford's law and from "
        f"what the company is used to (mean deviation {100 * far:.2f} points, limit 0.22); too frequent: {digits_en}.",
    )


SUBJECT = Benford()
