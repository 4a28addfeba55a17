"""The same windows by other means: from all events at once, without duplicates, with plain dicts and no state."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from wisebook_ml.windows.events import Counted, Detected, Judged

HOUR, DAY = 3_600, 86_400
KEPT = {"HEURE": 8 * DAY, "JOUR": 400 * DAY}
KEPT_AHEAD = 3 * 366 * DAY

Window = dict[str, Any]
Place = tuple[int, str, str, int]
"""Company, journal, kind, beginning."""


def paris_day(at: int) -> int:
    local = dt.datetime.fromtimestamp(at, ZoneInfo("Europe/Paris"))
    return int(local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp())


def places(company: int, journal: str, at: int) -> list[Place]:
    found = [(company, "", "HEURE", at // HOUR * HOUR), (company, "", "JOUR", paris_day(at))]
    return found + [(company, journal, pas, debut) for _, _, pas, debut in found if journal]


def recompute(
    blocks: Iterable[Counted], detections: Iterable[Detected], verdicts: Iterable[Judged]
) -> tuple[dict[Place, Window], dict[int, int]]:
    """Return the windows that are kept at the end, with what was counted; and how far each company's clock is."""
    windows: dict[Place, Window] = defaultdict(
        lambda: {
            "ecritures": 0,
            "lignes": 0,
            "cents": 0,
            "scores": [0] * 20,
            "detections": defaultdict(int),
            "severites": defaultdict(int),
            "avis": defaultdict(int),
            "latences": 0,
            "tardives": 0,
            "en_avance": 0,
        }
    )
    clocks: dict[int, int] = {}
    for block in {(one.societe_id, one.depuis): one for one in blocks}.values():
        company = block.societe_id
        good = [one for one in block.slices if block.now is None or one.hour <= block.now + DAY]
        ahead = sum(one.ecritures for one in block.slices) - sum(one.ecritures for one in good)
        late = 0
        for one in good:
            clocks[company] = max(clocks.get(company, one.hour), one.hour)
        for one in good:
            if paris_day(one.hour) + KEPT["JOUR"] <= clocks[company]:
                late += one.ecritures
                continue
            for place in places(company, one.journal, one.hour):
                window = windows[place]
                window["ecritures"] += one.ecritures
                window["lignes"] += one.lignes
                window["cents"] += one.cents
                window["scores"] = [a + b for a, b in zip_longest(window["scores"], one.scores, fillvalue=0)]
        if late or ahead:
            assert block.now is not None
            for place in places(company, "", clocks.get(company, block.now)):
                windows[place]["tardives"] += late
                windows[place]["en_avance"] += ahead
    for found in {(one.societe_id, one.topic, one.offset, one.print): one for one in detections}.values():
        for place in places(found.societe_id, found.journal, found.at):
            windows[place]["detections"][found.code] += 1
            windows[place]["severites"][found.severity] += 1
            windows[place]["latences"] += found.latency is not None
    for verdict in {(one.societe_id, one.print): one for one in verdicts}.values():
        for place in places(verdict.societe_id, "", verdict.at):
            windows[place]["avis"][verdict.verdict] += 1
    last: dict[int, int] = {}
    for company, _, pas, debut in windows:
        if pas == "HEURE":
            last[company] = max(last.get(company, debut), debut)
    return {place: one for place, one in windows.items() if _kept(place, clocks, last)}, clocks


def _kept(place: Place, clocks: dict[int, int], last: dict[int, int]) -> bool:
    company, _, pas, debut = place
    if debut <= clocks.get(company, -1):
        return debut + KEPT[pas] > clocks[company]
    return debut + KEPT_AHEAD > last.get(company, debut)
