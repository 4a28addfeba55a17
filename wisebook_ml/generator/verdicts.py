"""Verdicts of an imaginary accountant on a generated ledger, and what is corrected as they are given."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from schemas import Avis, DomaineApplication, Objet, TypeObjet, Verdict, detection_id
from schemas.entry import Ecriture
from schemas.enums import Operation, Origine
from wisebook_ml.french_time import PARIS
from wisebook_ml.generator.company import JOURNAUX
from wisebook_ml.generator.corrections import Usage, is_mistake, mended, mistyped, moved, names_account
from wisebook_ml.generator.generate import Ledger
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.publish import Publication

__all__ = ["DatedAvis", "Judged", "judge_ledger", "verdicts_of"]

SHARE = 0.05
"""Share of the entries that somebody looks at."""

HUMAN_ERROR = 0.02
"""Share of the verdicts that are wrong."""

FLAGGED_ANOMALIES, FLAGGED_TWINS, FLAGGED_OTHERS = 0.8, 0.35, 0.003
"""Shares of planted anomalies, look-alikes and other entries that a scorer would flag, where nobody says which."""

FIRST_DAY, LAST_DAY = 1, 12
"""Days after its publication within which an entry is looked at."""

RECTIFIED = 0.5
"""Share of the mistyped accounts that the company finds by itself and corrects by an entry of its general journal."""

GENERAL = "OD"
"""The general journal."""

AUTHOR = "expert.comptable"


class DatedAvis(NamedTuple):
    """A verdict and the moment at which it is given."""

    le: dt.datetime
    avis: Avis


class Judged(Struct, frozen=True):
    """What an accountant said and did.

    Attributes
    ----------
    avis : list of DatedAvis
        In the order of their publication.
    corrections : list of Publication
        Later revisions of entries, to be published after the ledger's own events, in that order.
    rectifications : list of Publication
        New entries that move an amount from a mistyped account to the right one, to be published after those.
    """

    avis: list[DatedAvis]
    corrections: list[Publication]
    rectifications: list[Publication] = []


class _Seen(Struct):
    """An entry: its first publication, its last, and what was planted in it."""

    le: dt.datetime
    dernier: dt.datetime
    ecriture: Ecriture
    labels: list[Label]

    @property
    def anomaly(self) -> Label | None:
        return next((label for label in self.labels if not label.jumeau), None)


def judge_ledger(
    publications: Sequence[Publication],
    labels: Sequence[Label],
    *,
    seed: int,
    share: float = SHARE,
    flagged: Collection[str] | None = None,
    human_error: float = HUMAN_ERROR,
) -> Judged:
    """Return the verdicts on a share of a ledger's entries.

    What a scorer flags is looked at first, then entries at random, up to the share. An input error is reclassified
    (with the account that is right) or confirmed and mended by a later revision; anything else that was planted is
    confirmed. What was not flagged is missed. Look-alikes and ordinary entries are false positives.

    Parameters
    ----------
    publications : sequence of Publication
        A generated ledger.
    labels : sequence of Label
        Its truth.
    seed : int
        The same seed gives the same verdicts.
    share : float
        Share of the entries that are looked at, in [0, 1].
    flagged : collection of str, optional
        Ids of the entries that a scorer flagged; otherwise it is drawn which ones it would flag.
    human_error : float
        Share of the verdicts that are wrong.

    Examples
    --------
    >>> from wisebook_ml.generator import generate_ledger
    >>> ledger = generate_ledger(entries=400, seed=3)
    >>> len(judge_ledger(ledger.publications, ledger.labels, seed=3, share=0.05).avis)  # of 463 entries
    23
    """
    rng = Random(f"{seed}:verdicts")
    entries = _entries(publications, labels)
    chosen = _chosen(entries, rng, share, flagged)
    usage = Usage(publication.ecriture for publication in publications)
    avis, corrections = [], []
    for name, was_flagged in chosen:
        seen = entries[name]
        le = _moment(seen.le, rng)
        anomaly = seen.anomaly
        if rng.random() < human_error:
            avis.append(DatedAvis(le, _avis(seen.ecriture, anomaly is None, was_flagged, None)))
            continue
        account = None
        if anomaly is not None and is_mistake(anomaly):
            if names_account(anomaly):
                account = usage.right_account(seen.ecriture, anomaly)
            else:
                after = max(le, seen.dernier + dt.timedelta(hours=1))
                correction = mended(seen.ecriture, anomaly, seen.ecriture.revision + 1)
                if correction is not None:
                    corrections.append(Publication(after, correction))
        avis.append(DatedAvis(le, _avis(seen.ecriture, anomaly is not None, was_flagged, account)))
    avis.sort(key=lambda one: (one.le, str(one.avis.ecriture_id)))
    corrections.sort(key=lambda one: (one.le, one.ecriture.ecriture_id))
    return Judged(avis, corrections, _rectifications(entries, Random(f"{seed}:rectifications")))


def verdicts_of(ledger: Ledger, *, seed: int = 1, share: float = SHARE) -> list[Avis]:
    """Return the verdicts on a generated ledger, without their moments and corrections; see `judge_ledger`."""
    return [one.avis for one in judge_ledger(ledger.publications, ledger.labels, seed=seed, share=share).avis]


def _rectifications(entries: Mapping[str, _Seen], rng: Random) -> list[Publication]:
    """Return the entries of the general journal that put mistyped accounts right."""
    names = {line.compte_num: line.compte_lib for seen in entries.values() for line in seen.ecriture.lignes}
    drawn = []
    for name, seen in entries.items():
        accounts = None if seen.anomaly is None else mistyped(seen.anomaly)
        if accounts is None or rng.random() >= RECTIFIED:
            continue
        lines = moved(seen.ecriture, *accounts, names.get(accounts[1], ""))
        if lines and seen.ecriture.operation is not Operation.SUPPRESSION:
            drawn.append((max(_moment(seen.le, rng), seen.dernier + dt.timedelta(hours=1)), name, lines))
    last: Counter[str] = Counter()
    for seen in entries.values():
        if seen.ecriture.journal_code == GENERAL and seen.ecriture.ecriture_num.isdecimal():
            year = str(seen.ecriture.exercice)
            last[year] = max(last[year], int(seen.ecriture.ecriture_num))
    found = []
    for le, name, lines in sorted(drawn, key=lambda one: one[:2]):
        wrong = entries[name].ecriture
        year = str(wrong.exercice)
        last[year] += 1
        end = dt.date.fromisoformat(year.rpartition("/")[2]) if "/" in year else le.date()
        correction = replace(
            wrong,
            ecriture_id=f"{name}-R",
            revision=1,
            operation=Operation.CREATION,
            journal_code=GENERAL,
            journal_lib=JOURNAUX[GENERAL],
            ecriture_num=str(last[year]),
            ecriture_date=min(le.date(), end),
            valid_date=None,
            saisie_par=AUTHOR,
            saisie_le=le,
            origine=Origine.MANUELLE,
            lignes=[replace(line, piece_date=min(le.date(), end)) for line in lines],
        )
        found.append(Publication(le, correction))
    return found


def _entries(publications: Sequence[Publication], labels: Sequence[Label]) -> dict[str, _Seen]:
    entries: dict[str, _Seen] = {}
    for le, ecriture in publications:
        seen = entries.get(ecriture.ecriture_id)
        if seen is None:
            entries[ecriture.ecriture_id] = _Seen(le, le, ecriture, [])
        else:
            seen.dernier, seen.ecriture = le, ecriture
    for label in labels:
        if label.ecriture_id is not None and label.ecriture_id in entries:
            entries[label.ecriture_id].labels.append(label)
    return entries


def _chosen(
    entries: dict[str, _Seen], rng: Random, share: float, flagged: Collection[str] | None
) -> list[tuple[str, bool]]:
    """Return which entries are looked at, and whether they were flagged."""
    if flagged is None:
        flagged = {name for name, seen in entries.items() if rng.random() < _chance(seen)}
    number = round(share * len(entries))
    first = [name for name in entries if name in flagged]
    if len(first) > number:
        first = rng.sample(first, number)
    others = [
        name
        for name, seen in entries.items()
        if name not in flagged and seen.ecriture.operation is not Operation.SUPPRESSION
    ]
    audited = rng.sample(others, min(len(others), number - len(first)))
    return [(name, True) for name in first] + [(name, False) for name in audited]


def _chance(seen: _Seen) -> float:
    if seen.anomaly is not None:
        return FLAGGED_ANOMALIES
    return FLAGGED_TWINS if seen.labels else FLAGGED_OTHERS


def _moment(published: dt.datetime, rng: Random) -> dt.datetime:
    """Return a time at work some days after a publication."""
    day = published.astimezone(PARIS).date() + dt.timedelta(days=rng.randint(FIRST_DAY, LAST_DAY))
    while day.weekday() >= 5:
        day += dt.timedelta(days=1)
    seconds = rng.randrange(9 * 3600, 18 * 3600)
    return dt.datetime.combine(day, dt.time(), PARIS) + dt.timedelta(seconds=seconds)


def _avis(ecriture: Ecriture, wrong: bool, was_flagged: bool, account: str | None) -> Avis:
    if not wrong:
        verdict = Verdict.FAUX_POSITIF
    elif not was_flagged:
        verdict = Verdict.MANQUEE
    else:
        verdict = Verdict.CONFIRMEE if account is None else Verdict.RECLASSEE
    objet = Objet(type=TypeObjet.ECRITURE, id=ecriture.ecriture_id)
    id_ = detection_id(ecriture.societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)
    return Avis(
        societe_id=ecriture.societe_id,
        detection_id=None if verdict is Verdict.MANQUEE else id_,
        ecriture_id=ecriture.ecriture_id,
        verdict=verdict,
        compte_num=account,
        auteur=AUTHOR,
    )
