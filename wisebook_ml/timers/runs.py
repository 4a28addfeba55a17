"""What the topic knows of timers: the last run of each, and the record of a new one."""

import logging
from typing import cast

import msgspec

from schemas import ExecutionMinuterie, StatutExecution
from topics import TIMER_RUNS
from wisebook_ml.messaging.events import Decoder, Outgoing, Undecodable, event_headers
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.timers.works import SOURCE, record_id

__all__ = ["last_runs", "run_event"]

LOGGER = logging.getLogger(__name__)


def last_runs(bootstrap: str, prefix: str) -> dict[str, ExecutionMinuterie]:
    """Return the last committed record of each timer; reads the topic, which is small, to its end.

    Raises
    ------
    ReadError
        Where the topic is missing or cannot be read.
    """
    topic = TIMER_RUNS.full_name(prefix)
    decoder, last = Decoder(TIMER_RUNS), dict[str, ExecutionMinuterie]()
    for partition, (start, end) in end_offsets(bootstrap, topic).items():
        for run in read_partition(bootstrap, topic, partition, start, end):
            for raw in run:
                try:
                    record = cast(ExecutionMinuterie, decoder.decode(raw))
                except Undecodable as error:
                    LOGGER.warning("%s offset %d is passed over: %s", topic, raw.offset, error)
                else:
                    last[record.minuterie] = record
    return last


def run_event(run: ExecutionMinuterie) -> Outgoing:
    """Return the record of a run; a due time has one id for its success, and one for each failed attempt."""
    step = run.statut.value
    if run.statut is StatutExecution.ECHEC:
        step = f"{step}/{run.tentative}/{run.debut.isoformat()}"
    id_ = record_id(f"{run.minuterie}/{step}", run.echeance)
    headers = event_headers(run, id_=id_, source=SOURCE, time=run.debut)
    return Outgoing(TIMER_RUNS, run.minuterie.encode(), msgspec.json.encode(run), headers)
