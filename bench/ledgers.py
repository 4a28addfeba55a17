"""What is measured on: a few generated ledgers, given to many companies.

A ledger is generated once per template and its entries are encoded once; each further company gets the same bytes with
its own number in front and in the entry ids. The entries of all companies are then mixed as they would arrive: each
company begins at a time of its own, and publishes in the order of its ledger.

Companies have numbers that divide them evenly among the partitions, so that all partitions end at about the same time.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from bench.engines.small import SmallEvent
from bench.preload import PARTITIONS, Record, partition
from schemas import Activation, Ecriture, TypeModele
from topics.incoming import entry_event
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import event_headers
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.services.isolation_forest import IsolationForestService

__all__ = ["Ledgers", "companies_of", "global_activation", "has_model", "make_ledgers", "small_events"]

SEED = 20_221_231
TEMPLATES = 4
"""Different ledgers; more of them would measure the same and take longer to generate."""

EVENTS_PER_ENTRY = 1.45
"""Validations and letterings publish an entry again; used to generate about as many events as asked for."""

WITHOUT_MODEL = 20
"""One company in so many has no model: 5 % of the entries."""

TEMPLATE_COMPANY = 1
GLOBAL, GLOBAL_MODEL, GLOBAL_ENTRIES = 0, 1_000_000, 1_000
"""The company that stands for all, the number of its model, and the size of the ledger that it is trained on."""
SOURCE = "wisebook/bench"
_EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class _Event:
    """An entry of a template, ready to become any company's."""

    tail: bytes
    """What follows the company's number in the id, to the end of the value."""
    id: str
    """The id without the company's number."""
    revision: int
    time: bytes
    lines: int


@dataclass(frozen=True, slots=True)
class Ledgers:
    """The entries of all companies.

    Attributes
    ----------
    records : list of Record
        Model activations first, then the entries, in the order of publication.
    markers : int
        How many of the records are activations.
    lines : float
        Lines of an entry on average.
    size : float
        Bytes of an entry on average.
    """

    records: Sequence[Record]
    markers: int
    lines: float
    size: float

    @property
    def entries(self) -> int:
        """Number of entry records."""
        return len(self.records) - self.markers

    def described(self) -> dict[str, Any]:
        """Return what a result line says of them."""
        return {
            "entries": self.entries,
            "lines_per_entry": round(self.lines, 2),
            "bytes_per_entry": round(self.size),
            "companies": len({record.key for record in self.records}),
        }


def make_ledgers(companies: int, events: int, artefacts: Path) -> Ledgers:
    """Return the ledgers of companies, and store a model for all but one in `WITHOUT_MODEL` of them.

    Parameters
    ----------
    companies, events : int
        How many, and about how many events each.
    artefacts : Path
        The artefact store that the activations refer to.
    """
    store = ArtefactStore(artefacts)
    templates, forests = [], []
    for number in range(TEMPLATES):
        ledger = generate_ledger(
            entries=round(events / EVENTS_PER_ENTRY), seed=SEED + number, societe_id=TEMPLATE_COMPANY
        )
        templates.append([_event(entry) for entry in ledger.events][:events])
        forests.append(_forest(ledger.events))
    numbers = companies_of(companies)
    template = {societe: _template(index) for index, societe in enumerate(numbers)}
    records = [
        _activation(store, societe, forests[template[societe]])
        for index, societe in enumerate(numbers)
        if has_model(index)
    ]
    markers = len(records)
    lines = size = 0
    for societe, event in _mixed({societe: templates[number] for societe, number in template.items()}):
        record = _record(societe, event)
        records.append(record)
        lines += event.lines
        size += len(record.value)
    entries = max(1, len(records) - markers)
    return Ledgers(records, markers, lines / entries, size / entries)


def companies_of(count_: int) -> list[int]:
    """Return numbers of companies that take the partitions in turns; the first ones in each that there are.

    Examples
    --------
    >>> [partition(str(societe).encode()) for societe in companies_of(8)]
    [0, 1, 2, 3, 4, 5, 0, 1]
    """
    found: list[list[int]] = [[] for _ in range(PARTITIONS)]
    rounds = -(-count_ // PARTITIONS)
    for societe in count(1):
        if all(len(some) >= rounds for some in found):
            break
        found[partition(str(societe).encode())].append(societe)
    return [found[index % PARTITIONS][index // PARTITIONS] for index in range(count_)]


def has_model(index: int) -> bool:
    """Return whether a company has a model, by its place in `companies_of`.

    One of each `WITHOUT_MODEL` has none; over six times as many, one in each partition.

    Examples
    --------
    >>> without = [index for index in range(120) if not has_model(index)]
    >>> len(without), sorted(index % PARTITIONS for index in without)
    (6, [0, 1, 2, 3, 4, 5])
    """
    block, place = divmod(index, WITHOUT_MODEL)
    return place != (block - block * WITHOUT_MODEL) % PARTITIONS


def _template(index: int) -> int:
    """Return which ledger a company gets, by its place in `companies_of`: each partition has as many of each."""
    turn, place = divmod(index, PARTITIONS)
    return (turn + place) % TEMPLATES


def small_events(count: int) -> list[Record]:
    """Return events of about 230 bytes: movements on bank accounts."""
    rng, encode = random.Random(SEED), msgspec.json.encode
    records = []
    for number in range(count):
        event = SmallEvent(
            societe_id=rng.randrange(1, 200),
            mouvement_id=f"M{rng.getrandbits(64):016x}",
            compte_num=f"5121{number % 7}000",
            date=dt.date(2024, 1, 1) + dt.timedelta(days=number % 366),
            libelle=f"VIREMENT SEPA RECU FACTURE {number:08d}",
            montant=f"{rng.randrange(1, 10_000_000) / 100:.2f}",
            solde=f"{rng.randrange(-(10**9), 10**9) / 100:.2f}",
            devise="EUR",
            auteur=f"import.banque.{number % 37}",
            revision=1,
        )
        records.append(Record(str(event.societe_id).encode(), encode(event), (("ce_type", b"bench.mouvement"),)))
    return records


def _event(entry: Ecriture) -> _Event:
    outgoing = entry_event(entry, SOURCE)
    value, prefix = outgoing.value, f'{{"societe_id":{TEMPLATE_COMPANY},"ecriture_id":"E{TEMPLATE_COMPANY}'.encode()
    assert value is not None
    assert value.startswith(prefix), "the generator writes other ids now"
    time = next(content for name, content in outgoing.headers if name == "ce_time")
    assert time is not None
    return _Event(value[len(prefix) :], entry.ecriture_id[2:], entry.revision, time, len(entry.lignes))


def _record(societe: int, event: _Event) -> Record:
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", f"{societe}/E{societe}{event.id}/{event.revision}".encode()),
        ("ce_source", SOURCE.encode()),
        ("ce_type", Ecriture.ce_type.encode()),
        ("ce_time", event.time),
        ("content-type", b"application/json"),
    )
    value = f'{{"societe_id":{societe},"ecriture_id":"E{societe}'.encode() + event.tail
    return Record(str(societe).encode(), value, headers, event.lines)


def global_activation(artefacts: Path) -> Record:
    """Store a model for all companies, trained on one ledger, and return the marker that puts it in force."""
    ledger = generate_ledger(entries=GLOBAL_ENTRIES, seed=SEED, societe_id=TEMPLATE_COMPANY)
    return _activation(ArtefactStore(artefacts), GLOBAL, _forest(ledger.events), GLOBAL_MODEL)


def _forest(events: Sequence[Ecriture]) -> IsolationForest:
    return IsolationForestService(seed=SEED).fit(entry_frame(Collected(entries=events))).forest


def _activation(store: ArtefactStore, societe: int, forest: IsolationForest, modele_id: int | None = None) -> Record:
    """Store a company's model, and return the marker that puts it in force."""
    version = store.save(
        forest.dump(),
        societe_id=societe,
        modele_id=modele_id or societe,
        version=1,
        type_modele=TypeModele.ISOLATION_FOREST,
    )
    marker = Activation(societe_id=societe, version=version)
    headers = event_headers(marker, id_=f"{societe}/1", source=SOURCE, time=_EPOCH)
    return Record(
        str(societe).encode(), msgspec.json.encode(marker), tuple((name, value or b"") for name, value in headers)
    )


def _mixed(ledgers: dict[int, list[_Event]]) -> Iterator[tuple[int, _Event]]:
    """Yield all entries in the order of their arrival; each company's stay in order."""
    rng = random.Random(SEED)
    arriving = []
    for societe, events in ledgers.items():
        begin = rng.random() / 2
        step = (1.0 - begin) / max(1, len(events))
        arriving += [(begin + step * (k + rng.random()), societe, k) for k in range(len(events))]
    arriving.sort()
    for _, societe, k in arriving:
        yield societe, ledgers[societe][k]
