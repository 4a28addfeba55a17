"""One window while it is added to; what it has counted once it does not count again."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from schemas import CauseComptee, Fenetre, FenetreJournal, Pas
from schemas.money import MAX_TOTAL_MINOR, from_minor, to_minor
from wisebook_ml.windows.calendar import moment
from wisebook_ml.windows.events import Detected, Judged, Slice
from wisebook_ml.windows.keys import WHOLE, Cle

__all__ = [
    "MOST_JOURNALS",
    "Pane",
    "apart",
    "as_published",
    "decode_window",
    "encode_window",
    "further",
    "latency_bucket",
]

decode_window = msgspec.json.Decoder(Fenetre).decode
encode_window = msgspec.json.Encoder().encode

MOST_JOURNALS = 256
"""Journals of a window that are told apart; what others have counts for the company only. A publisher that makes up a
code for each entry must not make a value that no record has room for."""

MOST_VERDICTS = 1_024
"""Verdicts whose hash is remembered: the same verdict published again counts once if it comes within so many of its
window. What is delivered again is known by its offset, however long ago it was."""

EMPTY = Fenetre(societe_id=1, pas=Pas.HEURE, debut=moment(0))


class Pane:
    """A window that can be added to.

    Three streams meet in it: blocks of counts, detections and verdicts. Of each it knows how far it has counted, so
    that delivering a stretch of a stream again, from wherever, changes nothing. Its journals are counted together with
    it, and so as far.

    Parameters
    ----------
    cle : Cle
        Which window.
    record : Fenetre, optional
        What was counted so far.
    """

    def __init__(self, cle: Cle, record: Fenetre | None = None) -> None:
        self.cle = cle
        self._debut = moment(cle.debut)
        known = record or EMPTY
        self._record = record
        self._whole = FenetreJournal(
            ecritures=known.ecritures,
            lignes=known.lignes,
            centimes=to_minor(known.montant),
            scores=list(known.scores),
            detections=dict(known.detections),
            severites=dict(known.severites),
            latences=list(known.latences),
        )
        self._journals = dict(known.journaux)
        self.avis = dict(known.avis)
        self.tardives = known.tardives
        self.en_avance = known.en_avance
        self.depuis = known.depuis
        self.jusque = known.jusque
        self.causes = {topic: (cause.offset, set(cause.vues)) for topic, cause in known.causes.items()}
        self.avis_jusque = known.avis_jusque
        self.avis_vus = dict.fromkeys(known.avis_vus)
        self.publiee = known.publiee
        self.changed = False

    def add_block(
        self, depuis: int, jusque: int, slices: Sequence[Slice], *, tardives: int = 0, en_avance: int = 0
    ) -> bool:
        """Add what a block [depuis, jusque) has of this window; False where that was counted before."""
        if depuis < self.jusque:
            return False
        whole = self._whole
        for _, journal, ecritures, lignes, cents, scores in slices:
            part = self._journals.get(journal) or self._new_journal(journal)
            for one in (whole,) if part is None else (whole, part):
                one.ecritures += ecritures
                one.lignes += lignes
                # A record has room for so much, and a sum that nobody believes must not be what nobody can read back.
                one.centimes = max(-MAX_TOTAL_MINOR, min(MAX_TOTAL_MINOR, one.centimes + cents))
                _add(one.scores, scores)
        if slices and self.depuis is None:
            self.depuis = depuis
        self.tardives += tardives
        self.en_avance += en_avance
        self.jusque = jusque
        self._changed()
        return True

    def add_detection(self, one: Detected) -> None:
        """Add a detection; those of a topic come in the order of their causes."""
        offset, prints = self.causes.get(one.topic, (-1, set[int]()))
        if one.offset < offset or (one.offset == offset and one.print in prints):
            return
        self.causes[one.topic] = (one.offset, {one.print} | (prints if one.offset == offset else set()))
        part = self._journals.get(one.journal) or self._new_journal(one.journal)
        for of in (self._whole,) if part is None else (self._whole, part):
            _count(of.detections, one.code)
            _count(of.severites, one.severity)
            if one.latency is not None:
                _add(of.latences, [0] * latency_bucket(one.latency) + [1])
        self._changed()

    def add_verdict(self, one: Judged) -> None:
        """Add a verdict."""
        if one.offset < self.avis_jusque or one.print in self.avis_vus:
            return
        self.avis_jusque = one.offset + 1
        self.avis_vus[one.print] = None
        if len(self.avis_vus) > MOST_VERDICTS:
            del self.avis_vus[next(iter(self.avis_vus))]
        _count(self.avis, one.verdict)
        self._changed()

    def published(self) -> None:
        """Note that it is published as it is."""
        self.publiee = True
        if self._record is not None:
            self._record = msgspec.structs.replace(self._record, publiee=True)

    def record(self) -> Fenetre:
        """Return what was counted; the same counts are the same record, in whatever order they came.

        Its journals go on being counted: it is for encoding, or for what the company has, and no copy.
        """
        if self._record is None:
            self._record = self._made()
        return self._record

    def _made(self) -> Fenetre:
        whole, causes = self._whole, self.causes
        return Fenetre(
            societe_id=self.cle.societe_id,
            pas=self.cle.pas,
            debut=self._debut,
            ecritures=whole.ecritures,
            lignes=whole.lignes,
            montant=from_minor(whole.centimes),
            scores=whole.scores.copy(),
            detections=whole.detections.copy(),
            severites=whole.severites.copy(),
            avis=self.avis.copy(),
            latences=whole.latences.copy(),
            tardives=self.tardives,
            en_avance=self.en_avance,
            depuis=self.depuis,
            jusque=self.jusque,
            causes={
                topic: CauseComptee(offset=causes[topic][0], vues=sorted(causes[topic][1])) for topic in sorted(causes)
            },
            avis_jusque=self.avis_jusque,
            avis_vus=list(self.avis_vus),
            journaux=self._journals,
            publiee=self.publiee,
        )

    def _new_journal(self, journal: str) -> FenetreJournal | None:
        if journal == WHOLE or len(self._journals) >= MOST_JOURNALS:
            return None
        part = FenetreJournal()
        self._journals[journal] = part
        _sort(self._journals)
        return part

    def _changed(self) -> None:
        self.changed = True
        self.publiee = False
        self._record = None


def as_published(value: bytes) -> bytes:
    """Return an encoded window that is not published as one that is: `publiee` is the last field of a record.

    Examples
    --------
    >>> import datetime as dt
    >>> from schemas import Pas
    >>> one = Fenetre(societe_id=7, pas=Pas.HEURE, debut=dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC), ecritures=12)
    >>> decode_window(as_published(encode_window(one))) == msgspec.structs.replace(one, publiee=True)
    True
    """
    return value[:-1] + b',"publiee":true}'


def apart(window: Fenetre) -> Iterator[Fenetre]:
    """Yield a window of a company as it is read: the company's, and then that of each of its journals.

    Examples
    --------
    >>> import datetime as dt
    >>> from schemas import Pas
    >>> noon = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
    >>> both = Fenetre(societe_id=7, pas=Pas.HEURE, debut=noon, ecritures=12,
    ...                journaux={"VE": FenetreJournal(ecritures=9)})
    >>> [(one.journal_code, one.ecritures) for one in apart(both)]
    [('', 12), ('VE', 9)]
    """
    yield msgspec.structs.replace(window, journaux={})
    for code, part in window.journaux.items():
        yield Fenetre(
            societe_id=window.societe_id,
            journal_code=code,
            pas=window.pas,
            debut=window.debut,
            ecritures=part.ecritures,
            lignes=part.lignes,
            montant=from_minor(part.centimes),
            scores=part.scores,
            detections=part.detections,
            severites=part.severites,
            latences=part.latences,
        )


def further(one: Fenetre, other: Fenetre) -> Fenetre:
    """Return what both of two values of a window have counted together.

    Each stream is counted in its order, so of two values of a window one has counted all of a stream that the other
    has, whichever was written first. A process that was replaced and writes once more, behind its successor, has
    counted less of every stream; or more of one, where its successor has not come so far yet.

    Examples
    --------
    >>> import datetime as dt
    >>> from schemas import Pas
    >>> noon = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
    >>> late = Fenetre(societe_id=7, pas=Pas.HEURE, debut=noon, ecritures=12, jusque=90)
    >>> stale = Fenetre(societe_id=7, pas=Pas.HEURE, debut=noon, ecritures=10, jusque=80, avis={"CONFIRMEE": 1},
    ...                 avis_jusque=3)
    >>> both = further(late, stale)
    >>> both.ecritures, both.avis
    (12, {'CONFIRMEE': 1})
    """
    blocks = one if one.jusque >= other.jusque else other
    detections = one if sum(one.detections.values()) >= sum(other.detections.values()) else other
    verdicts = one if one.avis_jusque >= other.avis_jusque else other
    both = msgspec.structs.replace(
        blocks,
        detections=detections.detections,
        severites=detections.severites,
        latences=detections.latences,
        causes=detections.causes,
        avis=verdicts.avis,
        avis_jusque=verdicts.avis_jusque,
        avis_vus=verdicts.avis_vus,
        publiee=False,
        journaux={code: _journal(blocks, detections, code) for code in sorted({*one.journaux, *other.journaux})},
    )
    # What was published is a value like this one, or it was not this one.
    told = any(msgspec.structs.replace(value, publiee=False) == both for value in (one, other) if value.publiee)
    return msgspec.structs.replace(both, publiee=told)


def _journal(blocks: Fenetre, detections: Fenetre, code: str) -> FenetreJournal:
    found = detections.journaux.get(code, FenetreJournal())
    return msgspec.structs.replace(
        blocks.journaux.get(code, FenetreJournal()),
        detections=found.detections,
        severites=found.severites,
        latences=found.latences,
    )


def latency_bucket(milliseconds: int) -> int:
    """Return the bar of a latency: each is twice as wide as the one before, [0, 1), [1, 3), [3, 7) ... ms.

    Examples
    --------
    >>> [latency_bucket(ms) for ms in (0, 1, 2, 3, 200)]
    [0, 1, 1, 2, 7]
    """
    return (milliseconds + 1).bit_length() - 1


def _count(counts: dict[str, int], name: str) -> None:
    if name in counts:
        counts[name] += 1
    else:
        counts[name] = 1
        _sort(counts)


def _sort(by_name: dict[str, Any]) -> None:
    """Put a dict into the order of its names again, in place."""
    if len(by_name) > 1:
        sorted_ = sorted(by_name.items())
        by_name.clear()
        by_name.update(sorted_)


def _add(into: list[int], more: Sequence[int]) -> None:
    if len(into) < len(more):
        into.extend([0] * (len(more) - len(into)))
    for k, value in enumerate(more):
        into[k] += value
