"""LETTRAGE_INEGAL: an account of class 4 lettered with sums that differ."""

import datetime as dt

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.controls.texts import count_en, count_fr, euros_en, euros_fr, number_fr
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.subjects import lettering_judge as judging
from wisebook_ml.subjects import lettering_pass as passes
from wisebook_ml.subjects.base import SubjectFinding
from wisebook_ml.subjects.lettering_layout import EVENT, new_store

__all__ = ["SUBJECT", "Lettering"]

CENTS = 100

DEFAULT_EUROS = 0.05
"""Difference in euros from which on sums are unequal: a few cents are rounding."""

ROOM_LINES = 64
"""Lines that room is made for at least, so that it need not be made for every entry."""


class _Output:
    """What a pass writes, and how it grows."""

    def __init__(self) -> None:
        self.events = np.zeros(256, EVENT)
        self.texts = np.zeros(65_536, np.uint8)
        self.used = np.zeros(2, np.int64)

    def drain(self, findings: list[SubjectFinding]) -> None:
        """Take what was written; make more room where nothing was."""
        told = int(self.used[0])
        if not told:
            self.events, self.texts = np.zeros(2 * len(self.events), EVENT), np.zeros(2 * len(self.texts), np.uint8)
        findings += [_finding(self.events[k], self.texts) for k in range(told)]
        self.used[:] = 0


class Lettering:
    """Adds up what is lettered together, and tells where the sums differ once they should be equal.

    A group is what has one letter on a third party's accounts of class 4 (or on one account, without a third party).
    Letters that are used again in another year go on in the same group: sums that are equal change nothing. A letter
    in lower case is a part payment and none of it.

    Notes
    -----
    When a group should be complete, see `wisebook_ml.subjects.lettering_judge`. It closes as soon as it is equal. Where
    more than a fifth of an account's groups are unequal, its lettering is used otherwise: one finding about the account
    takes the place of all further ones (``411/lettrage``). No regulation asks for lettering, so habits excuse it.

    Not seen: a difference in an amount that was lettered in a foreign currency, if nobody posted it, is one here.
    """

    name = "lettering"
    code = CodeMotif.LETTRAGE_INEGAL
    attribute = "ecriture_let"
    threshold = DEFAULT_EUROS
    weight = 0.8
    source = "BOI-CF-IOR-60-40-20 (EcritureLet, DateLet); PCG art. 944-40 and 944-41 (accounts of third parties)"
    required = False

    def new_state(self) -> Store:
        """Return an empty state."""
        return new_store()

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Follow the letters of a batch; see `wisebook_ml.subjects.base.Subject`."""
        batch, facts = view.batch, view.facts
        findings: list[SubjectFinding] = []
        if not len(batch):
            return findings
        chosen = [self._setting(parametres) for parametres in view.settings]
        limits, usual, active = (np.array([one[k] for one in chosen])[view.setting_of] for k in range(3))
        compte, aux, letter = (_span(batch, name) for name in ("compte_num", "comp_aux_num", "ecriture_let"))
        output, cursor = _Output(), np.zeros(2, np.int64)
        while True:
            stopped = passes.follow_entries(
                cursor,
                batch.data,
                batch.societe,
                batch.first,
                facts.key,
                facts.journal,
                batch.day,
                facts.stamp,
                batch.valid,
                batch.operation,
                facts.deleted,
                first,
                _span(batch, "ecriture_id"),
                batch.net,
                batch.root,
                facts.party,
                facts.account,
                batch.date_let,
                compte,
                aux,
                letter,
                limits,
                usual,
                active,
                state.directory(),
                output.events,
                output.used,
                output.texts,
            )
            if stopped == passes.ROOM:
                self._reserve(state, len(batch.lines_of(int(cursor[0]))))
                continue
            output.drain(findings)
            if stopped == passes.DONE:
                return findings

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Judge what a day makes due; see `wisebook_ml.subjects.base.Subject`."""
        findings: list[SubjectFinding] = []
        output, cursor = _Output(), np.zeros(2, np.int64)
        limit, usual, active = self._setting(parametres)
        while True:
            stopped = passes.follow_tick(
                cursor, societe_id, day.toordinal(), limit, usual, active,
                state.directory(), output.events, output.used, output.texts,
            )  # fmt: skip
            output.drain(findings)
            if stopped == passes.DONE:
                return findings

    def _setting(self, parametres: Parametres) -> tuple[int, bool, bool]:
        """Return the difference in cents that is none, whether habits may raise it, and whether to tell."""
        chosen = parametres.controles.get(self.code)
        if chosen is None:
            return round(self.threshold * CENTS), True, True
        limit = self.threshold if chosen.seuil is None else chosen.seuil
        return round(limit * CENTS), chosen.seuil is None, chosen.actif

    @staticmethod
    def _reserve(state: Store, lines: int) -> None:
        lines = max(lines, ROOM_LINES)
        state.reserve(
            {"companies": ROOM_LINES, "books": lines, "groups": lines, "members": ROOM_LINES},
            {"traces": 4 * lines, "words": passes.WORDS_OF_LINE * lines},
        )


def _span(batch: EntryBatch, name: str) -> tuple[Ints, Ints]:
    """Return where a text of each entry or line starts, and its length, as compiled functions take them."""
    span = batch.text(name)
    return span.start, span.length


def _finding(event: np.void, texts: npt.NDArray[np.uint8]) -> SubjectFinding:
    """Return the finding of what a pass has written."""
    kind = int(event["kind"])
    if kind in (judging.HABIT_SHARE, judging.NO_HABIT):
        return _of_account(event, kind == judging.HABIT_SHARE)
    at, parts = int(event["text"]), []
    for name in ("compte", "aux", "letter", "id"):
        parts.append(bytes(texts[at : at + int(event[name])]).decode())
        at += int(event[name])
    compte, aux, letter, entry = parts
    debit, credit = int(event["debit"]), int(event["credit"])
    gap, day = abs(debit - credit), int(event["day"])
    french, english = _texts(compte, aux, letter, debit, credit, int(event["lines"]))
    opened = kind == judging.OPENED
    return SubjectFinding(
        position=int(event["position"]),
        societe_id=int(event["societe"]),
        type=TypeObjet.TIERS if aux else TypeObjet.COMPTE,
        id=f"{aux or compte}/{letter}",
        etat=Etat.OUVERTE if opened else Etat.CLOSE,
        revision=int(event["revision"]),
        montant=gap,
        value=gap / CENTS,
        threshold=int(event["limit"]) / CENTS,
        strength=1.0 if opened else 0.0,
        libelle_fr=french,
        libelle_en=english,
        date=dt.date.fromordinal(day) if day else None,
        ecriture_id=entry or None,
    )


def _texts(compte: str, aux: str, letter: str, debit: int, credit: int, lines: int) -> tuple[str, str]:
    """Say in French and in English what is unequal."""
    of = f"{compte} ({aux})" if aux else compte
    if debit == credit:
        return f"Lettrage {letter} du compte {of} équilibré.", f"Lettering {letter} of account {of} is equal."
    if debit == 0 or credit == 0:
        amount, side = max(debit, credit, key=abs), "débit" if credit == 0 else "crédit"
        return (
            f"Lettrage {letter} du compte {of} sans contrepartie : {count_fr(lines, 'ligne', 'lignes')}, "
            f"{euros_fr(amount)} au {side}.",
            f"Lettering {letter} of account {of} has nothing against it: {count_en(lines, 'line', 'lines')}, "
            f"{euros_en(amount)} {'debit' if credit == 0 else 'credit'}.",
        )
    gap = abs(debit - credit)
    return (
        f"Lettrage {letter} du compte {of} inégal : {euros_fr(debit)} au débit, {euros_fr(credit)} au crédit, "
        f"écart de {euros_fr(gap)}.",
        f"Lettering {letter} of account {of} is unequal: {euros_en(debit)} debit, {euros_en(credit)} credit, "
        f"a difference of {euros_en(gap)}.",
    )


def _of_account(event: np.void, stands: bool) -> SubjectFinding:
    """Return the finding that so many groups of an account are unequal that its lettering says nothing."""
    root, unequal, groups = int(event["root"]), int(event["debit"]), int(event["credit"])
    share = unequal / groups if groups else 0.0
    return SubjectFinding(
        position=int(event["position"]),
        societe_id=int(event["societe"]),
        type=TypeObjet.COMPTE,
        id=f"{root}/lettrage",
        etat=Etat.OUVERTE if stands else Etat.CLOSE,
        revision=int(event["revision"]),
        montant=0,
        value=share,
        threshold=judging.USUAL_SHARE,
        strength=0.8 if stands else 0.0,
        libelle_fr=f"Lettrage des comptes {root} inexploitable : {unequal} lettrages inégaux sur {groups} "
        f"({number_fr(100 * share, 0)} %). Les suivants ne sont plus signalés un à un.",
        libelle_en=f"The lettering of accounts {root} cannot be used: {unequal} of {groups} groups are unequal "
        f"({100 * share:.0f} %). Further ones are not told one by one.",
    )


SUBJECT = Lettering()
