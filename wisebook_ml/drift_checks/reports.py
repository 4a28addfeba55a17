"""The reports that are on the topic, for who has no database that keeps them."""

import logging
from collections.abc import Callable

from schemas import Derive
from topics import DRIFT
from wisebook_ml.messaging.events import Decoder, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["last_reports"]

LOGGER = logging.getLogger(__name__)


def last_reports(
    bootstrap: str, prefix: str, wanted: Callable[[Derive], bool] = lambda report: True
) -> dict[int, Derive]:
    """Return the last report of each model among those that are wanted; reads the topic, a year of them, to its end.

    Raises
    ------
    ReadError
        Where the topic is missing or cannot be read.
    """
    topic, decoder = DRIFT.full_name(prefix), Decoder(DRIFT)
    last: dict[int, Derive] = {}
    for partition, (start, end) in end_offsets(bootstrap, topic).items():
        for run in read_partition(bootstrap, topic, partition, start, end):
            for raw in run:
                try:
                    report = decoder.decode(raw)
                except Undecodable as error:
                    LOGGER.warning("%s offset %d is passed over: %s", topic, raw.offset, error)
                    continue
                assert isinstance(report, Derive)  # what DRIFT declares
                if wanted(report):
                    last[report.modele_id] = report
    return {modele_id: last[modele_id] for modele_id in sorted(last)}
