"""The treasury of a partition: positions of many companies in one order, and what follows from each."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

import msgspec

from schemas import (
    Activation,
    Echeancier,
    PositionTresorerie,
    Reglage,
    RoleModele,
    SourcePosition,
    VersionModele,
)
from wisebook_ml.business_calendar import has_holidays
from wisebook_ml.snapshots.format import Buffer
from wisebook_ml.treasury.basis import TREASURY_FOLD
from wisebook_ml.treasury.company import Company, Made
from wisebook_ml.treasury.dump import KeptCompany, book_of, keep_book, keep_fold, restore_fold
from wisebook_ml.treasury.exceptions import ModelRefused, PositionRefused, TreasuryError
from wisebook_ml.treasury.forecasting.learning import Start, at_once
from wisebook_ml.treasury.forecasting.promoted import FORECASTERS, Promoted
from wisebook_ml.treasury.positions import AHEAD, EARLIEST, LATEST, PositionBook, Taken
from wisebook_ml.treasury.rules import USUAL, Rules

__all__ = ["Made", "StateError", "TreasuryRecord", "TreasuryState"]

UNTOLD = dt.timedelta(days=31)
"""How far a position may lie after the newest one that is known, where its event does not tell when it was published:
a month in arrear can come, and a mistyped year does not make the past of all that follows."""

FARTHEST_EVENING = dt.timedelta(days=366)
"""How far an evening of expected payments may lie after the last position: one mistyped year would have all evenings
before it forgotten."""

ALL_COMPANIES = 0
"""Settings of this company hold for those without own ones."""

KEPT_IN = "EUR"
"""The currency in which French books are kept: what they let expect is in it, whatever currency the banks are in."""

TreasuryRecord = PositionTresorerie | Echeancier | Activation | Reglage
"""What the topic `treasury` carries."""

ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(list[KeptCompany])
RULES_DECODER = msgspec.msgpack.Decoder(dict[int, Rules])


Open = Callable[[VersionModele], Promoted]
"""Says what a version was trained with; raises `ValueError` where it cannot be used."""


class StateError(TreasuryError):
    """A dump that is none of this version."""


class TreasuryState:
    """The companies of a partition: a function of their positions, in the order in which they came, and nothing else.

    However positions are cut into calls, whenever a model is there, and wherever a dump was taken, the same follows.

    Parameters
    ----------
    start : callable
        Has a model learnt from a series, here or elsewhere, and returns what waits for it.
    open_version : callable
        Says what a promoted version was trained with.
    """

    def __init__(self, start: Start = at_once, open_version: Open | None = None) -> None:
        self._start = start
        self._open = open_version or _no_artefacts
        self._rules: dict[int, Rules] = {}
        self._companies: dict[int, Company] = {}

    def take(self, record: TreasuryRecord, published: dt.date | None) -> list[Made]:
        """Take one record of the topic `treasury`; return what follows from it, in order.

        Parameters
        ----------
        record : TreasuryRecord
            A record that fits its schema.
        published : date, optional
            The day of the event, where it tells.

        Raises
        ------
        PositionRefused
            Where it makes no sense; then it leaves no trace.
        ModelRefused
            Where a version cannot take part; the one before stays in force.
        MissingLibrary
            Where one needs what is not installed here: no other forecast takes its place.
        """
        match record:
            case Activation():
                self._activate(record)
                return []
            case PositionTresorerie():
                return self._take_position(record, published)
            case Echeancier():
                return self._expect(record, published)
            case Reglage():
                return self._settle(record)

    def _activate(self, marker: Activation) -> None:
        """Have a promoted version be a candidate of the company's models; a challenger takes no part."""
        version, societe_id = marker.version, marker.societe_id
        if marker.role is not RoleModele.CHAMPION:
            return
        if societe_id == 0:
            raise ModelRefused("a forecast goes on from one company's cash flows, so there is no global one")
        if version.societe_id != societe_id:
            raise ModelRefused(f"it belongs to company {version.societe_id}, not to {societe_id}")
        if version.type_modele not in FORECASTERS:
            raise ModelRefused(
                f"a {version.type_modele.value} model forecasts no cash; its marker belongs on the topic entries"
            )
        known = self._companies.get(societe_id)
        before = None if known is None else known.promoted.get(version.type_modele)
        if before is not None and (before.modele_id, before.version) == (version.modele_id, version.version):
            return  # announced again
        try:
            opened = self._open(version)
        except ValueError as error:
            raise ModelRefused(str(error)) from error
        company = known or self._new_company(PositionBook(societe_id))
        self._companies[societe_id] = company
        company.promoted[version.type_modele] = opened
        for fold in company.folds.values():
            fold.promote()

    def _take_position(self, position: PositionTresorerie, published: dt.date | None) -> list[Made]:
        company = self._companies.get(position.societe_id)
        if company is None:
            company = self._new_company(PositionBook(position.societe_id))
        derived = position.source is SourcePosition.COMPTABILITE
        if derived and company.banked:
            return []
        switches = not derived and not company.banked and bool(company.book.accounts)
        book = PositionBook(position.societe_id) if switches else company.book
        limit = _limit(position, published, None if switches else company.newest())
        known = book.accounts.get(position.compte_num, {}).get(position.date)
        taken = book.take(position, limit)
        self._companies[position.societe_id] = company
        made: list[Made] = []
        if switches:
            made += company.begin_anew()
            company.book.take(position, limit)
        company.banked = company.banked or not derived
        if taken is Taken.UNCHANGED:
            return made
        if not derived:  # what is derived follows by itself, once all days of a correction are there
            made += company.balances(position)
        carried = derived and known is not None and known.moves_like(book.accounts[position.compte_num][position.date])
        fold = company.fold(position.devise)
        made += company.made(position.devise, fold.take(position.date, derived=derived, carried=carried))
        return made

    def _expect(self, schedule: Echeancier, published: dt.date | None) -> list[Made]:
        """Take what the books let expect."""
        where = f"expected payments of {schedule.date.isoformat()} in {schedule.devise}"
        company = self._companies.get(schedule.societe_id)
        if not EARLIEST <= schedule.date <= LATEST - UNTOLD:
            raise PositionRefused(f"{where}: no such evening can be; correct the year")
        newest = None if company is None else company.newest()
        limit = published if published is not None else None if newest is None else newest + UNTOLD
        if limit is not None and schedule.date > limit + AHEAD:
            raise PositionRefused(
                f"{where}: that evening lies in the future (after {limit.isoformat()}); send what is expected in the "
                "evening in which it is"
            )
        if newest is not None and schedule.date > newest + FARTHEST_EVENING:
            raise PositionRefused(
                f"{where}: that evening lies more than a year after the company's last position "
                f"({newest.isoformat()}); send positions, or correct the year"
            )
        kept = [] if company is None else list(company.book.devises())
        if kept and schedule.devise not in (*kept, KEPT_IN):
            raise PositionRefused(
                f"{where}: the company's accounts are kept in {', '.join(kept)}; expected payments are in a currency "
                "that it has an account in"
            )
        if company is None:
            company = self._new_company(PositionBook(schedule.societe_id))
        is_new = schedule.devise not in company.folds
        try:
            made = list(company.made(schedule.devise, company.fold(schedule.devise).expect(schedule)))
        except PositionRefused:
            if is_new:
                del company.folds[schedule.devise]
            raise
        self._companies[schedule.societe_id] = company
        return made

    def _settle(self, reglage: Reglage) -> list[Made]:
        """Put settings in force, for a company or for all without own ones."""
        societe_id, parametres = reglage.societe_id, reglage.parametres
        refused = f"settings {parametres.version} not in force, those before stay"
        if parametres.societe_id != societe_id:
            raise PositionRefused(f"{refused}: they are of company {parametres.societe_id}, not of {societe_id}")
        if not has_holidays(parametres.tresorerie.pays):
            raise PositionRefused(f"{refused}: no public holidays are known of {parametres.tresorerie.pays}")
        rules = Rules.of(parametres.tresorerie, parametres.version)
        self._rules[societe_id] = rules
        return [
            made
            for company in list(self._companies.values())
            if company.book.societe_id == societe_id
            or (societe_id == ALL_COMPANIES and company.book.societe_id not in self._rules)
            for made in company.settle(rules)
        ]

    def _new_company(self, book: PositionBook) -> Company:
        rules = self._rules.get(book.societe_id) or self._rules.get(ALL_COMPANIES, USUAL)
        return Company(book, self._start, rules)

    # State

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the records."""
        return TREASURY_FOLD

    def dump(self) -> Iterator[tuple[str, Buffer]]:
        """Return copies of the bytes that make the state, with a name each."""
        kept = [
            KeptCompany(
                societe_id,
                keep_book(company.book),
                [keep_fold(devise, fold) for devise, fold in company.folds.items()],
                company.findings.told,
                list(company.promoted.values()),
                company.banked,
            )
            for societe_id, company in self._companies.items()
        ]
        yield "companies", ENCODER.encode(kept)
        yield "rules", ENCODER.encode(self._rules)

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any positions.

        Raises
        ------
        StateError
            Where the parts are none of this version; the state is then of no more use.
        """
        for name in ("companies", "rules"):
            if name not in parts:
                raise StateError(f"missing part: {name}")
        try:
            self._rules = RULES_DECODER.decode(parts["rules"])
            companies = DECODER.decode(parts["companies"])
            for kept in companies:
                company = self._new_company(book_of(kept))
                company.findings.told = dict(kept.told)
                company.promoted |= {one.type_modele: one for one in kept.promoted}
                company.banked = kept.banked
                for one in kept.folds:
                    restore_fold(company.fold(one.devise), one, self._start)
                self._companies[kept.societe_id] = company
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise StateError(str(error)) from error


def _no_artefacts(version: VersionModele) -> Promoted:
    raise ValueError(f"artefact {version.artefact} cannot be read: no store of artefacts was given")


def _limit(position: PositionTresorerie, published: dt.date | None, newest: dt.date | None) -> dt.date:
    """Return the day of a position's publication, where it makes sense."""
    where = f"account {position.compte_num} on {position.date.isoformat()}"
    if position.date < EARLIEST:
        raise PositionRefused(f"{where}: lies before {EARLIEST.isoformat()}; correct the year")
    if published is not None:
        return min(published, LATEST)
    if newest is not None and position.date > newest + UNTOLD:
        raise PositionRefused(
            f"{where}: lies {(position.date - newest).days} days after the last one of the company "
            f"({newest.isoformat()}), and may lie in the future: its event does not tell when it was published. "
            "Correct the date; or send it with ce_time, or the days between before it"
        )
    return min(position.date, LATEST)
