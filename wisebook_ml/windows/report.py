"""The last hours or days of a company, one by one and together: what the command line and the API show."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from schemas import Fenetre, Pas, Statistique
from wisebook_ml.windows.calendar import HOUR, moment
from wisebook_ml.windows.hopping import SPANS, Span, clock_of, end_of_window, panes_of, together
from wisebook_ml.windows.rows import statistic

__all__ = ["NothingCounted", "Rapport", "UnknownJournal", "WrongSpan", "report", "span_of"]

HOURS_OF_A_DAY = 24


class NothingCounted(LookupError):
    """A company of which nothing is counted; the message says what that may be due to."""


class UnknownJournal(LookupError):
    """A journal that a company has not; the message names those that it has."""


class WrongSpan(ValueError):
    """A span that is not kept in such windows."""


class Rapport(msgspec.Struct, frozen=True, kw_only=True):
    """A span of a company or of one of its journals (`journal_code`), up to its clock (`horloge`).

    `panneaux` are its hours or days, the earliest first, and `ensemble` is their sum: the window of that length which
    moves on by the hour or day.
    """

    societe_id: int
    journal_code: str
    pas: Pas
    horloge: dt.datetime
    panneaux: list[Statistique]
    ensemble: Statistique


def span_of(last: str, pas: Pas | None = None) -> Span:
    """Return a span by its name, in hours or days as is asked for, or else as suits it.

    Raises
    ------
    WrongSpan
        Where hours are not kept for so long.

    Examples
    --------
    >>> span_of("7d"), span_of("7d", Pas.HEURE)
    (Span(pas=<Pas.JOUR: 'JOUR'>, panes=7), Span(pas=<Pas.HEURE: 'HEURE'>, panes=168))
    """
    span = SPANS[last]
    if pas is None or pas is span.pas:
        return span
    if pas is Pas.JOUR:
        return Span(pas, span.panes // HOURS_OF_A_DAY)
    if last == "30d":
        raise WrongSpan("hours are kept for 8 days; ask for the last 7d, or for days")
    return Span(pas, span.panes * HOURS_OF_A_DAY)


def report(windows: Sequence[Fenetre], societe_id: int, span: Span, journal: str | None = None) -> Rapport:
    """Return the last panes of a company.

    Parameters
    ----------
    windows : sequence of Fenetre
        All that are kept of it.
    societe_id : int
        The company.
    span : Span
        How many panes of which kind.
    journal : str, optional
        Only this one's.

    Raises
    ------
    NothingCounted, UnknownJournal
    """
    clock = clock_of(windows)
    if clock is None:
        raise NothingCounted(
            f"nothing is counted of company {societe_id}: are entries of it published, and do the roles `scoring` and "
            "`statistics` run? Counts come every thousand entries, and with the hourly tick of the role `timers`"
        )
    journals = sorted({window.journal_code for window in windows} - {""})
    if journal is not None and journal not in journals:
        raise UnknownJournal(f"company {societe_id} has no journal {journal!r}; it has {', '.join(journals)}")
    panes = panes_of(windows, *span, journal=journal or "")
    shares = _journals(windows, panes)
    whole = together(panes)
    summed = Counter[str]()
    for one in shares.values():
        summed.update(one)
    return Rapport(
        societe_id=societe_id,
        journal_code=whole.journal_code,
        pas=whole.pas,
        horloge=moment(clock + HOUR),
        panneaux=[statistic(pane, shares[pane.debut]) for pane in panes],
        ensemble=msgspec.structs.replace(
            statistic(whole, dict(sorted(summed.items()))), fin=moment(end_of_window(panes[-1]))
        ),
    )


def _journals(windows: Sequence[Fenetre], panes: Sequence[Fenetre]) -> Mapping[dt.datetime, Mapping[str, int]]:
    """Return entries by journal of each pane; of one journal's panes, none."""
    found: dict[dt.datetime, dict[str, int]] = {pane.debut: {} for pane in panes}
    if not panes[0].journal_code:
        for window in windows:
            if window.journal_code and window.pas is panes[0].pas and window.debut in found and window.ecritures:
                found[window.debut][window.journal_code] = window.ecritures
    return found
