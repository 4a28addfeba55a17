"""From measured books to lines, and to a table of the kinds."""

from collections.abc import Callable, Sequence

import numpy as np

from bench.evaluate.detections.figures import Figure, average_precision, mean_of, pooled_precision, share_of
from bench.evaluate.detections.kinds import ABSENT, GROUPS, STATISTICAL, group_of
from bench.evaluate.detections.measure import OURS, MeasuredBook, MeasuredCase
from bench.results import Results, line_of
from schemas import CodeMotif

__all__ = ["ranked_by_us", "report", "table_of_kinds", "table_of_misses"]

RECALL = {"rules": 0.98, "statistical": 0.80, "absent": 0.90}
ALERTS = 0.015
TWINS = 0.05
FALSE_A_YEAR = 1.0


def report(
    results: Results, name: str, high: Sequence[MeasuredBook], low: Sequence[MeasuredBook],
    clean: Sequence[MeasuredBook], *, precision: float, seed: int,
) -> None:  # fmt: skip
    """Add the lines of one source: generated books, or one real ledger.

    Parameters
    ----------
    results : Results
    name : str
        How its lines begin.
    high, low, clean : sequence of MeasuredBook
        With 1 % and 0.5 % planted, and with nothing.
    precision : float
        Target of the average precision.
    seed : int
        Of the resampling.
    """

    def add(what: str, figure: Figure, **details: object) -> None:
        extent: dict[str, object] = {"low": figure.low, "high": figure.high, "n": figure.n}
        results.add(line_of(f"{name}.{what}", figure.value, "", **{**extent, **details}))  # type: ignore[arg-type]

    add("average_precision", mean_of(high, _ranked(OURS), seed), at_least=precision, planted="1 %")
    add("average_precision.entries", mean_of(high, _ranked_entries, seed), planted="1 %")
    add("average_precision.low", mean_of(low, _ranked(OURS), seed), planted="0.5 %")
    _add_peers(results, name, high, seed)
    add("recall", share_of(_cases(high), _found, seed), planted="1 %")
    add("precision", mean_of(high, lambda book: book.precision, seed), planted="1 %")
    add("alert_rate", mean_of(high, lambda book: book.alert_rate, seed), planted="1 %")
    both = [*high, *low]
    for group, codes in GROUPS.items():
        books = low if codes is STATISTICAL else both
        figure = share_of([case for case in _cases(books) if case.code in codes], _found, seed)
        if figure.n:
            add(f"recall.{group}", figure, at_least=RECALL[group])
    twins = [case for book in both for case in book.cases if case.jumeau]
    add("twins_flagged", share_of([case for case in twins if case.dealt], _found, seed), at_most=TWINS)
    if ordinary := [case for case in twins if not case.dealt]:
        add("twins_flagged.of_ordinary_life", share_of(ordinary, _found, seed))
    years = [*both, *clean]
    if any(case.code in ABSENT for case in _cases(both)):
        false = mean_of(years, lambda book: book.absent_false / book.years, seed)
        add("absent_false_alarms", false, at_most=FALSE_A_YEAR, per="company and year")
    if clean:
        add("alert_rate.clean", mean_of(clean, lambda book: book.alert_rate, seed), at_most=ALERTS, planted="nothing")
    _add_kinds(results, name, high, low, seed)


def _add_peers(results: Results, name: str, books: Sequence[MeasuredBook], seed: int) -> None:
    peers = [method for method in (books[0].innocent if books else ()) if method != OURS]
    if not peers:
        return
    figures = {peer: mean_of(books, _ranked(peer), seed) for peer in peers}
    for peer, figure in figures.items():
        results.add(
            line_of(
                f"{name}.average_precision.{peer}", figure.value, "", low=figure.low, high=figure.high, n=len(books)
            )
        )
    best = max(peers, key=lambda peer: figures[peer].value or 0.0)
    reached = figures[best].value or 0.0
    ours = mean_of(books, _ranked(OURS), seed)
    results.add(
        line_of(
            f"{name}.average_precision.beyond_best",
            ours.value,
            "",
            at_least=1 - (1 - reached) / 2,
            compared_with=best,
            note="half of what the best peer lacks to 1",
        )
    )


def _add_kinds(
    results: Results, name: str, high: Sequence[MeasuredBook], low: Sequence[MeasuredBook], seed: int
) -> None:
    both = [*high, *low]
    for code in CodeMotif:
        cases = [case for case in _cases(both) if case.code is code]
        twins = [case for book in both for case in book.cases if case.jumeau and case.code is code]
        if not cases and not twins:
            continue
        recall, flagged = share_of(cases, _found, seed), share_of(twins, _found, seed)
        ranked = pooled_precision(high, OURS, _is(code), seed)
        results.add(
            line_of(
                f"{name}.kind.{code.value}",
                recall.value,
                "",
                group=group_of(code),
                low=recall.low,
                high=recall.high,
                n=recall.n,
                named=share_of(cases, lambda case: case.named, seed).value,
                average_precision=ranked.value,
                average_precision_low=ranked.low,
                average_precision_high=ranked.high,
                precision=_precision_of(both, code),
                twins=flagged.n,
                twins_flagged=flagged.value,
            )
        )


def _two(value: float | None) -> str:
    """Return a share as a table shows it."""
    return "" if value is None else f"{value:.2f}"


def _precision_of(books: Sequence[MeasuredBook], code: CodeMotif) -> float | None:
    """Return of what this kind is the first reason for and should be: found cases among them and wrong ones."""
    right = sum(case.named for case in _cases(books) if case.code is code)
    wrong = sum(reason == code.value for book in books for _, reason in book.wrong)
    return right / (right + wrong) if right + wrong else None


def _cases(books: Sequence[MeasuredBook]) -> list[MeasuredCase]:
    return [case for book in books for case in book.cases if not case.jumeau]


def _found(case: MeasuredCase) -> bool:
    return case.found


def _is(code: CodeMotif) -> Callable[[MeasuredCase], bool]:
    return lambda case: case.code is code and not case.jumeau


def _ranked(method: str) -> Callable[[MeasuredBook], float]:
    def of(book: MeasuredBook) -> float:
        scores = np.array([case.scores[method] for case in book.cases if not case.jumeau])
        return average_precision(scores, book.innocent[method])

    return of


ranked_by_us = _ranked(OURS)
"""Average precision of a book, over its cases."""


def _ranked_entries(book: MeasuredBook) -> float:
    return average_precision(book.guilty[OURS], book.innocent[OURS])


def table_of_kinds(results: Results, name: str) -> str:
    """Return the kinds of one source as a table: recall with its interval, average precision, precision, twins."""
    rows = [("kind", "group", "recall", "of", "95 %", "named", "AP", "precision", "twins", "flagged")]
    prefix = f"{name}.kind."
    lines = [line for line in results.lines if line["name"].startswith(prefix)]
    for line in sorted(lines, key=lambda line: list(GROUPS).index(line["group"])):
        interval = "" if line["low"] is None else f"{line['low']:.2f}–{line['high']:.2f}"
        rows.append(
            (
                line["name"].removeprefix(prefix),
                line["group"],
                _two(line["value"]),
                str(line["n"]),
                interval,
                _two(line["named"]),
                _two(line["average_precision"]),
                _two(line["precision"]),
                str(line["twins"]),
                _two(line["twins_flagged"]),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    text = [
        "  ".join(
            cell.ljust(width) if k < 2 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    text.insert(1, "-" * len(text[0]))
    return "\n".join([name, *text])


def table_of_misses(books: Sequence[MeasuredBook]) -> str:
    """Return where it is weak: variants that are missed, twins that are flagged, and what is flagged wrongly."""
    text = []
    for title, twin in (("missed, by variant", False), ("twins flagged, by variant", True)):
        tally: dict[tuple[str, str], list[bool]] = {}
        for book in books:
            for case in book.cases:
                if case.jumeau is twin:
                    tally.setdefault((case.code.value, case.variante), []).append(case.found is twin)
        weak = sorted((sum(its) / len(its), key, sum(its), len(its)) for key, its in tally.items() if any(its))
        text.append(f"{title}:")
        text += [f"  {code:<26} {variante:<30} {count} of {of}" for _, (code, variante), count, of in reversed(weak)]
    wrong: dict[str, int] = {}
    for book in books:
        for _, reason in book.wrong:
            wrong[reason] = wrong.get(reason, 0) + 1
    entries = sum(book.entries for book in books)
    text.append("flagged wrongly, by first reason (of 1,000 entries):")
    text += [
        f"  {reason:<26} {1000 * count / entries:.2f}" for reason, count in sorted(wrong.items(), key=lambda kv: -kv[1])
    ]
    return "\n".join(text)
