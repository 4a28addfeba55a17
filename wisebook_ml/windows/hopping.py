"""Windows that overlap, from windows that do not.

A window of the last 24 hours that moves on by the hour is the sum of 24 panes. So one value is written for an event,
not 24, and how long the window is can be chosen when it is read.

References
----------
J. Li, D. Maier, K. Tufte, V. Papadimos, P. A. Tucker (2005). No pane, no gain: efficient evaluation of sliding-window
aggregates over data streams. SIGMOD Record 34(1).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas import Fenetre, Pas
from schemas.money import MAX_TOTAL_MINOR, from_minor, to_minor
from wisebook_ml.windows.calendar import end_of, floor_of, is_over, moment, seconds

__all__ = ["SPANS", "Span", "hopping", "panes_of", "together"]


class Span(NamedTuple):
    """So many panes of a kind."""

    pas: Pas
    panes: int


SPANS = {"24h": Span(Pas.HEURE, 24), "7d": Span(Pas.JOUR, 7), "30d": Span(Pas.JOUR, 30)}
"""The windows that are asked for, by how people call them."""


def panes_of(windows: Iterable[Fenetre], pas: Pas, panes: int, *, journal: str = "") -> list[Fenetre]:
    """Return the last panes up to a company's clock, without gaps: an hour without events counts nothing.

    Parameters
    ----------
    windows : iterable of Fenetre
        Those of one company; others than asked for are passed over.
    pas : Pas
        Hours or days.
    panes : int
        How many.
    journal : str
        One journal's, or the whole company's.

    Returns
    -------
    list of Fenetre
        The earliest first; empty for a company without a clock.
    """
    windows = list(windows)
    clock = clock_of(windows)
    if clock is None:
        return []
    there = {
        seconds(one.debut): one
        for one in windows
        if one.pas is pas and one.journal_code == journal and not is_over(pas, seconds(one.debut), clock)
    }
    societe_id, debut, found = windows[0].societe_id, floor_of(pas, clock), list[Fenetre]()
    for _ in range(panes):
        empty = Fenetre(societe_id=societe_id, journal_code=journal, pas=pas, debut=moment(debut))
        found.append(there.get(debut, empty))
        debut = floor_of(pas, debut - 1)
    return found[::-1]


def clock_of(windows: Iterable[Fenetre]) -> int | None:
    """Return how far a company's clock is: the last hour in which entries of it were counted.

    Of a company without entries, the last hour in which anything was.
    """
    hours = [one for one in windows if one.pas is Pas.HEURE and not one.journal_code]
    with_entries = [one for one in hours if one.depuis is not None]
    return max((seconds(one.debut) for one in with_entries or hours), default=None)


def hopping(panes: Sequence[Fenetre], size: int) -> list[Fenetre]:
    """Return the window of `size` panes that ends with each pane, for those that have so many before them.

    Examples
    --------
    >>> import datetime as dt
    >>> hours = [Fenetre(societe_id=7, pas=Pas.HEURE, debut=dt.datetime(2025, 6, 30, h, tzinfo=dt.UTC), ecritures=h)
    ...          for h in range(6)]
    >>> [(one.debut.hour, one.ecritures) for one in hopping(hours, 3)]
    [(0, 3), (1, 6), (2, 9), (3, 12)]
    """
    return [together(panes[k - size : k]) for k in range(size, len(panes) + 1)]


def together(panes: Sequence[Fenetre]) -> Fenetre:
    """Return the sum of panes, as a window that begins with the first; what was counted how far is not told."""
    first = panes[0]
    cents = sum(to_minor(one.montant) for one in panes)
    return Fenetre(
        societe_id=first.societe_id,
        journal_code=first.journal_code,
        pas=first.pas,
        debut=first.debut,
        ecritures=sum(one.ecritures for one in panes),
        lignes=sum(one.lignes for one in panes),
        montant=from_minor(max(-MAX_TOTAL_MINOR, min(MAX_TOTAL_MINOR, cents))),
        scores=_bars([one.scores for one in panes]),
        detections=_counts([one.detections for one in panes]),
        severites=_counts([one.severites for one in panes]),
        avis=_counts([one.avis for one in panes]),
        latences=_bars([one.latences for one in panes]),
        tardives=sum(one.tardives for one in panes),
        en_avance=sum(one.en_avance for one in panes),
    )


def end_of_window(window: Fenetre) -> int:
    """Return the end of a pane in seconds."""
    return end_of(window.pas, seconds(window.debut))


def _counts(all_: Sequence[dict[str, int]]) -> dict[str, int]:
    names = sorted({name for one in all_ for name in one})
    return {name: sum(one.get(name, 0) for one in all_) for name in names}


def _bars(all_: Sequence[list[int]]) -> list[int]:
    width = max((len(one) for one in all_), default=0)
    return [sum(one[k] for one in all_ if k < len(one)) for k in range(width)]
