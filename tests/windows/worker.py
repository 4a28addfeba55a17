"""A worker without Kafka: a log of the table's values of which the end can be lost, and sources that come again."""

from collections.abc import Sequence

from schemas import Fenetre
from wisebook_ml.windows.calendar import is_over, seconds
from wisebook_ml.windows.events import Event, Tick
from wisebook_ml.windows.fold import Change, WindowFold
from wisebook_ml.windows.keys import cle_of
from wisebook_ml.windows.pane import apart, decode_window, encode_window, further

from .recomputation import Place, Window

Log = list[tuple[bytes, bytes | None]]


class Deployment:
    """What outlives a worker: its log, and how far each source is committed."""

    def __init__(self, sources: dict[str, Sequence[Event]]) -> None:
        self.sources = sources
        self.log: Log = []
        self.safe = 0
        self.committed = dict.fromkeys(sources, 0)
        self.published: list[tuple[bytes, Fenetre]] = []
        self.start()

    def start(self) -> None:
        """Start a worker: it recovers its table from the log."""
        self.at = dict(self.committed)
        self.table: dict[bytes, bytes] = {}
        for key, value in self.log:
            if value is None:
                self.table.pop(key, None)
            elif key in self.table:
                self.table[key] = encode_window(further(decode_window(self.table[key]), decode_window(value)))
            else:
                self.table[key] = value
        self.fold = WindowFold(self.table.get)
        self.fold.restore(self.table.items())

    def write(self, changes: Sequence[Change]) -> None:
        """Write values; they are safe only once they are acknowledged."""
        for key, value in changes:
            self.log.append((key, value))
            if value is None:
                del self.table[key]
            else:
                self.table[key] = value

    def batch(self, source: str, records: int) -> None:
        """Process the next records of a source."""
        start = self.at[source]
        todo: list[Event] = []
        for event in self.sources[source][start : start + records]:
            todo.append(event)
            if isinstance(event, Tick):
                self.write(self.fold.fold(todo))
                todo = []
                self.publish()
        self.write(self.fold.fold(todo))
        rows, changes = self.fold.over(at_most=7)
        self.published += [(row.key, row.window) for row in rows]
        self.write(changes)
        self.at[source] = start + len(self.sources[source][start : start + records])

    def publish(self) -> None:
        """Publish what has changed."""
        rows = self.fold.unpublished()
        self.published += [(row.key, row.window) for row in rows]
        self.write(self.fold.published(rows))

    def commit(self) -> None:
        """All that was written is acknowledged, and the sources are committed."""
        self.safe = len(self.log)
        self.committed = dict(self.at)

    def crash(self, lost: int, again: dict[str, int]) -> None:
        """Lose so many of the last values that were not acknowledged, and get so many records of each source again."""
        del self.log[max(self.safe, len(self.log) - lost) :]
        self.committed = {source: max(0, at - again.get(source, 0)) for source, at in self.committed.items()}
        self.start()

    def stale(self, position: int) -> None:
        """A worker that was replaced writes once more what it wrote before."""
        if self.safe:
            self.log.insert(self.safe, self.log[position % self.safe])
            self.safe += 1

    def windows(self) -> dict[Place, Window]:
        """Return what readers see."""
        found = {cle_of(key): decode_window(value) for key, value in self.table.items()}
        clocks: dict[int, int] = {}
        for cle, window in found.items():
            if cle.pas.value == "HEURE" and window.depuis is not None:
                clocks[cle.societe_id] = max(cle.debut, clocks.get(cle.societe_id, 0))
        return {
            (cle.societe_id, window.journal_code, cle.pas.value, cle.debut): told(window)
            for cle, both in found.items()
            for window in apart(both)
            if not is_over(cle.pas, cle.debut, clocks.get(cle.societe_id))
        }


def told(window: Fenetre) -> Window:
    """Return a window's counts as the recomputation has them."""
    assert window.debut.tzinfo is not None
    assert seconds(window.debut) % 3600 == 0
    euros, cents = window.montant.lstrip("-").split(".")
    return {
        "ecritures": window.ecritures,
        "lignes": window.lignes,
        "cents": (int(euros) * 100 + int(cents)) * (-1 if window.montant.startswith("-") else 1),
        "scores": [*window.scores, *[0] * (20 - len(window.scores))],
        "detections": window.detections,
        "severites": window.severites,
        "avis": window.avis,
        "latences": sum(window.latences),
        "tardives": window.tardives,
        "en_avance": window.en_avance,
    }
