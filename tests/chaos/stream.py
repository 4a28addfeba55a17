"""What is published while workers come and go: ledgers with all that makes a partition's state hard to recover."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from types import TracebackType

import msgspec
from msgspec.structs import replace

from schemas import Activation, Ecriture, Operation, TypeModele, VersionModele
from tests.acceptance.deployment import SOURCE, Deployment, with_gaps
from topics import ENTRIES
from topics.incoming import entry_event
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.services.isolation_forest import IsolationForestService

COMPANIES = (1, 2, 3, 4, 5, 7, 16, 17, 20)
"""Of every partition one company, of one partition two."""

MODELLED = (1, 4)
"""Companies for which a model takes effect in mid-stream, and a second version later."""

DELETED_EVERY = 40
DELETED_AFTER = 25
"""Of entries without a later revision, each fortieth is deleted so many events later."""

UNREADABLE_EVERY = 1_500
"""Records that are no entries, for the dead letters."""

CHUNK = 20
"""Records published at once."""


def make_stream(deployment: Deployment, entries: int) -> list[Outgoing]:
    """Return records in the order in which they are published: each company's day, one company after the other.

    There are revisions, deletions, a model that is activated half way and its next version later, and some records
    that are none.
    """
    store = ArtefactStore.of(deployment.settings)
    ledgers = [_ledger(store, societe_id, entries) for societe_id in COMPANIES]
    records: list[Outgoing] = []
    for day in zip_longest(*ledgers):
        records += [record for record in day if record is not None]
    for place in range(UNREADABLE_EVERY, len(records), UNREADABLE_EVERY):
        records.insert(place, Outgoing(ENTRIES, records[place].key, b'{"societe_id":', []))
    return records


def _ledger(store: ArtefactStore, societe_id: int, entries: int) -> list[Outgoing]:
    events = with_gaps(generate_ledger(entries=entries, seed=100 + societe_id, societe_id=societe_id).events)
    records = [entry_event(event, SOURCE) for event in _with_deletions(events)]
    if societe_id in MODELLED:
        for version, share in ((1, 0.4), (2, 0.7)):
            place = int(share * len(records))
            records.insert(place, _activation(store, events, societe_id, version))
    return records


def _with_deletions(events: Sequence[Ecriture]) -> Iterator[Ecriture]:
    revisions: dict[str, int] = defaultdict(int)
    for event in events:
        revisions[event.ecriture_id] += 1
    due: dict[int, Ecriture] = {}
    seen = 0
    for place, event in enumerate(events):
        yield event
        if revisions[event.ecriture_id] == 1:
            seen += 1
            if seen % DELETED_EVERY == 0:
                due[place + DELETED_AFTER] = event
        if place in due:
            yield replace(due[place], revision=2, operation=Operation.SUPPRESSION)


def _activation(store: ArtefactStore, events: Sequence[Ecriture], societe_id: int, version: int) -> Outgoing:
    forest = IsolationForestService(seed=version).fit(entry_frame(Collected(entries=events))).forest
    saved: VersionModele = store.save(
        forest.dump(),
        societe_id=societe_id,
        modele_id=80 + societe_id,
        version=version,
        type_modele=TypeModele.ISOLATION_FOREST,
    )
    marker = Activation(societe_id=societe_id, version=saved)
    headers: list[tuple[str, bytes | None]] = [("ce_type", Activation.ce_type.encode())]
    return Outgoing(ENTRIES, str(societe_id).encode(), msgspec.json.encode(marker), headers)


class Feed:
    """Publishes records all the while, in their order, up to a mark that the test moves on; a context manager.

    Parameters
    ----------
    deployment : Deployment
        Where to.
    records : sequence of Outgoing
        What.
    per_second : float
        How fast.
    chunk : int
        How many records at once.
    """

    def __init__(
        self, deployment: Deployment, records: Sequence[Outgoing], per_second: float, chunk: int = CHUNK
    ) -> None:
        self._deployment = deployment
        self._records = records
        self._chunk = chunk
        self.pace(per_second)
        self._mark = self._done = 0
        self._ended = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def __enter__(self) -> "Feed":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def up_to(self, share: float) -> None:
        """Go on up to this share of the records."""
        self._mark = int(share * len(self._records))

    def pace(self, per_second: float) -> None:
        """Publish so fast from now on."""
        self._pause = self._chunk / per_second

    @property
    def done(self) -> int:
        """How many records the brokers have."""
        return self._done

    def finish(self) -> None:
        """Publish what is left, and wait until the brokers have it."""
        self.up_to(1.0)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        due = time.monotonic()
        try:
            with EventProducer(self._deployment.bootstrap, self._deployment.settings.topic_prefix) as producer:
                while self._done < len(self._records) and not self._ended.is_set():
                    chunk = self._records[self._done : min(self._done + self._chunk, self._mark)]
                    for record in chunk:
                        producer.send(record)
                    producer.flush()
                    self._done += len(chunk)
                    # What was late is not made up for.
                    due = max(due + self._pause, time.monotonic())
                    time.sleep(max(0.0, due - time.monotonic()))
        except Exception as error:
            self._error = error
