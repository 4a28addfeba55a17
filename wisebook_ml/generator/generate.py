"""The generator's front: a company's ledger as a stream or as a whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from functools import cached_property

from msgspec import Struct

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.company import Company, make_company
from wisebook_ml.generator.journals import FLOWS
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.people import Clock
from wisebook_ml.generator.planting import Plan
from wisebook_ml.generator.publish import Publication, Publisher
from wisebook_ml.generator.timeline import JOUR, fiscal_months
from wisebook_ml.generator.world import World

__all__ = ["DEFAULT_START", "Ledger", "LedgerStream", "generate_ledger", "stream_ledger"]

DEFAULT_START = dt.date(2024, 1, 1)

MIN_PER_MONTH = 40
"""Entries below which a month is no plausible one: very small ledgers get fewer months instead."""


class Ledger(Struct, frozen=True):
    """A whole generated ledger.

    Attributes
    ----------
    publications : list of Publication
        Events with the moment of their publication, in that order.
    labels : list of Label
        What was planted; an entry without a label is an ordinary one.
    """

    company: Company
    publications: list[Publication]
    labels: list[Label]

    @property
    def events(self) -> list[Ecriture]:
        """The entry events in publication order."""
        return [publication.ecriture for publication in self.publications]


class LedgerStream:
    """A ledger that is made while it is read, once, a month at a time.

    `labels` is complete when the stream has been read to its end.
    """

    def __init__(
        self,
        *,
        entries: int,
        seed: int,
        societe_id: int = 1,
        start: dt.date = DEFAULT_START,
        years: int = 1,
        anomaly_rate: float = 0.01,
        twin_rate: float = 0.01,
        codes: Collection[CodeMotif] | None = None,
        validation_rate: float = 0.15,
        lettering_rate: float = 0.6,
    ) -> None:
        if entries < 1:
            raise ValueError(f"entries must be at least 1, not {entries}")
        if start.day != 1:
            raise ValueError(f"a fiscal year starts on the first of a month, not on {start}")
        months = max(1, min(12 * years, entries // MIN_PER_MONTH))
        self._months = fiscal_months(start, months)
        self.company = make_company(entries=entries, months=months, seed=seed, societe_id=societe_id, start=start)
        self._world = World(self.company, self._months, lettering_rate=lettering_rate)
        self._publisher = Publisher(self._world, start, validation_rate)
        self._plans = [
            Plan(self._world, self._months, cases=round(entries * rate), jumeau=jumeau, codes=codes)
            for jumeau, rate in ((False, anomaly_rate), (True, twin_rate))
        ]
        self._codes = codes

    @cached_property
    def labels(self) -> list[Label]:
        """The labels of what has been read so far."""
        return self._world.labels

    def __iter__(self) -> Iterator[Publication]:
        """Yield every event with its moment of publication."""
        world = self._world
        for month in self._months:
            world.company.clients.open_month(month.fin)
            world.company.fournisseurs.open_month(month.fin)
            for plan in self._plans:
                plan.run(month, avant=True)
            for flow in FLOWS:
                flow(world, month)
            for plan in self._plans:
                plan.run(month, avant=False)
            self._publisher.take()
            yield from self._publisher.until(Clock.moment(month.fin + JOUR, 0))
            world.forget(month.debut)
        yield from self._publisher.until()


def stream_ledger(
    *,
    entries: int,
    seed: int,
    societe_id: int = 1,
    start: dt.date = DEFAULT_START,
    years: int = 1,
    anomaly_rate: float = 0.01,
    twin_rate: float = 0.01,
    codes: Collection[CodeMotif] | None = None,
    validation_rate: float = 0.15,
    lettering_rate: float = 0.6,
) -> LedgerStream:
    """Return a ledger as a stream of publications; memory stays bounded by about two months of entries.

    The parameters are those of `generate_ledger`.
    """
    return LedgerStream(
        entries=entries,
        seed=seed,
        societe_id=societe_id,
        start=start,
        years=years,
        anomaly_rate=anomaly_rate,
        twin_rate=twin_rate,
        codes=codes,
        validation_rate=validation_rate,
        lettering_rate=lettering_rate,
    )


def generate_ledger(
    *,
    entries: int,
    seed: int,
    societe_id: int = 1,
    start: dt.date = DEFAULT_START,
    years: int = 1,
    anomaly_rate: float = 0.01,
    twin_rate: float = 0.01,
    codes: Collection[CodeMotif] | None = None,
    validation_rate: float = 0.15,
    lettering_rate: float = 0.6,
) -> Ledger:
    """Return the ledger of a made-up French company with planted anomalies and their labels.

    Parameters
    ----------
    entries : int
        About how many entries (not events, not lines); the company's size follows from it.
    seed : int
        The same seed and parameters give the same bytes.
    societe_id : int
        The company's number; it also takes part in the seed, so that two companies differ.
    start : datetime.date
        First day of the first fiscal year.
    years : int
        Fiscal years over which the entries are spread.
    anomaly_rate, twin_rate : float
        Planted cases, and legitimate look-alikes, per entry. A case may span several entries.
    codes : collection of CodeMotif or None
        The kinds to plant; all by default.
    validation_rate : float
        Share of the entries whose validation is published as a revision.
    lettering_rate : float
        Share of the settled invoices that are lettered, each by a revision.

    Examples
    --------
    >>> ledger = generate_ledger(entries=300, seed=7)
    >>> ledger.events == generate_ledger(entries=300, seed=7).events
    True
    """
    stream = stream_ledger(
        entries=entries,
        seed=seed,
        societe_id=societe_id,
        start=start,
        years=years,
        anomaly_rate=anomaly_rate,
        twin_rate=twin_rate,
        codes=codes,
        validation_rate=validation_rate,
        lettering_rate=lettering_rate,
    )
    publications = list(stream)
    return Ledger(stream.company, publications, stream.labels)
