"""Making a replay's results hold: as markers among the entries, by which the scoring role publishes them."""

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from schemas import DetectionReprise, Reprise
from topics import ENTRIES
from topics.incoming import NOON
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.groups import group_has_passed, group_is_at_work, group_name
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.messaging.transactions import TransactionalProducer
from wisebook_ml.replay.comparison import Change
from wisebook_ml.replay.exceptions import ReplayError

__all__ = ["MAX_OF_COMPANY", "SOURCE", "markers_of", "promotable", "promote_partition", "wait_for_scoring"]

SOURCE = "wisebook-ml/replay"
"""CloudEvents source of what a replay puts among the entries."""

PART_BYTES = 512 * 1024
"""Of the detections of one marker: far below what the topic takes, and few enough to be decoded at once."""

MAX_OF_COMPANY = 50_000
"""Detections of a company that are promoted at once: they are published in one transaction, and held until then."""

CAUGHT_UP_SECONDS = 300.0
POLL_SECONDS = 0.25

ENCODE = msgspec.json.encode


def promotable(changes: Iterable[Change], *, missing_only: bool, changes_versions: bool) -> Iterator[Change]:
    """Yield the changes that can be made to hold.

    Findings about accounts, journals and third parties are numbered by the state that tells them. Where the replay had
    versions of its own, that state is not the live one's, which would go on to give the same numbers to other values:
    so these stay as they are, and what the live state tells next of them holds.

    Parameters
    ----------
    changes : iterable of Change
        Of a comparison.
    missing_only : bool
        Only what nothing is published of: a backfill.
    changes_versions : bool
        Whether the replay had models or settings of its own.
    """
    for one in changes:
        if (one.is_of_entry or not changes_versions) and (one.missing or not missing_only):
            yield one


def markers_of(changes: Iterable[Change], reprise_id: str, partition: int, now: dt.datetime) -> list[Outgoing]:
    """Return the markers by which changes of one partition hold: a company's follow one another, in parts.

    Raises
    ------
    ReplayError
        Where they are more of a company than can be published at once.
    """
    by_company: dict[int, list[DetectionReprise]] = {}
    for one in changes:
        by_company.setdefault(one.publish.societe_id, []).append(_item(one))
    outgoing: list[Outgoing] = []
    for company, items in sorted(by_company.items()):
        if len(items) > MAX_OF_COMPANY:
            raise ReplayError(
                f"{len(items):,} detections of company {company} would change, and {MAX_OF_COMPANY:,} can be promoted "
                "at once: replay a shorter range, and the rest after it"
            )
        parts = list(_parts(items))
        for number, part in enumerate(parts, start=1):
            marker = Reprise(
                societe_id=company, reprise_id=reprise_id, numero=number, nombre=len(parts), detections=part
            )
            id_ = f"{reprise_id}/{company}/{number}"
            headers = event_headers(marker, id_=id_, source=SOURCE, time=now)
            outgoing.append(Outgoing(ENTRIES, str(company).encode(), ENCODE(marker), headers, partition))
    return outgoing


def _item(one: Change) -> DetectionReprise:
    return DetectionReprise(decalage=one.decalage, instant=_instant(one), detection=one.publish)


def _instant(one: Change) -> dt.datetime:
    try:
        told = dt.datetime.fromisoformat(one.instant)
    except ValueError:  # a detection whose headers somebody has left out
        day = one.publish.ecriture_date or dt.date(1970, 1, 1)
        return dt.datetime.combine(day, NOON)
    return told if told.tzinfo is not None else told.replace(tzinfo=dt.UTC)


def _parts(items: list[DetectionReprise]) -> Iterator[list[DetectionReprise]]:
    part, size = list[DetectionReprise](), 0
    for item in items:
        length = len(ENCODE(item))
        if part and size + length > PART_BYTES:
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part


def promote_partition(
    bootstrap: str, prefix: str, partition: int, changes: Iterable[Change], reprise_id: str
) -> Mapping[int, int]:
    """Put the changes of a partition among its entries, in one transaction; return how many of each company.

    Raises
    ------
    ReplayError
        Where they are too many at once.
    PublishError
        Where the brokers do not take them; none takes effect then.
    """
    changes = list(changes)
    markers = markers_of(changes, reprise_id, partition, utc_now())
    producer = TransactionalProducer(bootstrap, prefix, f"{prefix}replay-{partition}")
    try:
        producer.publish(markers)
    finally:
        producer.close()
    counts: dict[int, int] = {}
    for one in changes:
        counts[one.publish.societe_id] = counts.get(one.publish.societe_id, 0) + 1
    return counts


def wait_for_scoring(
    bootstrap: str,
    prefix: str,
    *,
    seconds: float = CAUGHT_UP_SECONDS,
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """Wait until the scoring role has finished what is on `entries` now: what it publishes of that is published then.

    Raises
    ------
    ReplayError
        Where no worker of it is at work, or it does not get there in time.
    ReadError
        Where the brokers do not tell.
    """
    group, topic = group_name(prefix, "scoring"), ENTRIES.full_name(prefix)
    ends = {partition: end for partition, (_, end) in end_offsets(bootstrap, topic).items()}
    deadline, told = time.monotonic() + seconds, False
    while not group_has_passed(bootstrap, group, topic, ends):
        if not group_is_at_work(bootstrap, group):
            raise ReplayError(
                "no scoring worker is at work, and it is they who publish what is promoted: start one (`wisebook-ml "
                "worker scoring`), and promote again"
            )
        if time.monotonic() > deadline:
            raise ReplayError(
                f"the scoring workers have not caught up within {seconds:.0f} s (`wisebook-ml doctor` tells their "
                "lag); promote again when they have: what was promoted is not promoted twice"
            )
        if not told:
            waiting()
            told = True
        time.sleep(POLL_SECONDS)
