"""What is published of a window: its counts, and the shares and times that follow from them."""

import datetime as dt
import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import msgspec

from schemas import Fenetre, Statistique, Verdict
from topics import STATISTICS
from wisebook_ml.feedback.reliability import CONTROL, VERSION, Reliability
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.windows.calendar import end_of, moment, seconds
from wisebook_ml.windows.fold import Row

__all__ = ["NO_RATES", "Rates", "quantile", "rates_of", "statistic", "statistic_event"]

SOURCE = "wisebook-ml/statistics"

ID_BYTES = 16

MEDIAN, P99 = 0.5, 0.99


class Rates(NamedTuple):
    """What the verdicts of a company say that stand: shares of false positives by control and by model (its id).

    `avis` are those verdicts themselves, by the time when they were given.
    """

    controles: Mapping[str, float]
    modeles: Mapping[str, float]
    avis: Sequence[tuple[dt.datetime, Verdict]] = ()


NO_RATES = Rates({}, {})


def rates_of(figures: Iterable[Reliability]) -> Rates:
    """Return the rates of a company's controls and models; of a model, all of its versions together.

    Examples
    --------
    >>> def figure(genre, nom, avis, rejets):
    ...     return Reliability(genre=genre, nom=nom, journal_code=None, avis=avis, rejets=rejets, taux=rejets / avis,
    ...                        bas=0.0, haut=1.0)
    >>> rates_of([figure("control", "DOUBLON", 4, 1), figure("version", "3/1", 2, 2), figure("version", "3/2", 6, 2)])
    Rates(controles={'DOUBLON': 0.25}, modeles={'3': 0.5}, avis=())
    """
    controls, models = dict[str, float](), dict[str, list[int]]()
    for one in figures:
        if one.journal_code is not None:
            continue
        if one.genre == CONTROL:
            controls[one.nom] = one.taux
        elif one.genre == VERSION:
            cell = models.setdefault(one.nom.partition("/")[0], [0, 0])
            cell[0] += one.avis
            cell[1] += one.rejets
    return Rates(controls, {name: rejets / avis for name, (avis, rejets) in models.items()})


def statistic(window: Fenetre, journaux: Mapping[str, int], rates: Rates = NO_RATES) -> Statistique:
    """Return what is published of a company's window.

    Parameters
    ----------
    window : Fenetre
        One of the whole company.
    journaux : mapping
        Entries by journal.
    rates : Rates
        What the verdicts say that stand. `taux_faux_positifs` and `precision` are shares of those among them that were
        given in the window; `avis` of the window counts all that were given, also what was refused or replaced.
    """
    fin = moment(end_of(window.pas, seconds(window.debut)))
    judged, dismissed = _judged(rates.avis, window.debut, fin)
    return Statistique(
        societe_id=window.societe_id,
        debut=window.debut,
        fin=fin,
        ecritures=window.ecritures,
        detections=window.detections,
        avis=window.avis,
        taux_faux_positifs=dismissed / judged if judged else None,
        precision=(judged - dismissed) / judged if judged else None,
        taux_controles=dict(rates.controles),
        taux_modeles=dict(rates.modeles),
        severites=window.severites,
        journaux=dict(journaux),
        lignes=window.lignes,
        montant=window.montant,
        scores=window.scores,
        latence_mediane_ms=quantile(window.latences, MEDIAN),
        latence_p99_ms=quantile(window.latences, P99),
        tardives=window.tardives,
        en_avance=window.en_avance,
    )


def _judged(avis: Sequence[tuple[dt.datetime, Verdict]], since: dt.datetime, until: dt.datetime) -> tuple[int, int]:
    """Return how many detections were judged in a stretch of time, and how many of them dismissed."""
    first, last = (bisect_left(avis, moment, key=itemgetter(0)) for moment in (since, until))
    verdicts = Counter(verdict for _, verdict in avis[first:last])
    return verdicts.total() - verdicts[Verdict.MANQUEE], verdicts[Verdict.FAUX_POSITIF]


def statistic_event(
    row: Row, partition: int, now: dt.datetime | None, rates_of_company: Callable[[int], Rates]
) -> Outgoing:
    """Return the record of a row; the same row has the same id, whoever publishes it and how often.

    Parameters
    ----------
    row : Row
        What has changed.
    partition : int
        Of the window.
    now : datetime, optional
        When the signal to publish was given; without, the end of the window.
    rates_of_company : callable
        Returns what all verdicts of a company say.
    """
    window = row.window
    one = statistic(window, row.journaux, rates_of_company(window.societe_id))
    value = msgspec.json.encode(one)
    id_ = hashlib.blake2b(value, digest_size=ID_BYTES, key=b"%d/%b" % (partition, row.key)).hexdigest()
    headers = event_headers(one, id_=id_, source=SOURCE, time=now or one.fin)
    return Outgoing(STATISTICS, str(window.societe_id).encode(), value, headers)


def quantile(bars: Sequence[int], share: float) -> float | None:
    """Return a quantile of latencies in ms from their bars (`latency_bucket`), as if they were even within each.

    Examples
    --------
    A hundred of less than a millisecond, and one of 127 to 255 ms:

    >>> quantile([100, 0, 0, 0, 0, 0, 0, 1], 0.5), quantile([100, 0, 0, 0, 0, 0, 0, 1], 1.0)
    (0.505, 255.0)
    >>> quantile([], 0.5) is None
    True
    """
    wanted = share * sum(bars)
    if not wanted:
        return None
    before = 0
    for k, count in enumerate(bars):
        if before + count >= wanted and count:
            low, high = (1 << k) - 1, (2 << k) - 1
            return round(low + (wanted - before) / count * (high - low), 3)
        before += count
    return None
