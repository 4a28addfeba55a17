"""What the demo shows of a company's cash: its forecast, what was unlike it, whether it will last."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from schemas import CodeMotif, Prediction
from wisebook_ml.cli.cash_texts import TEXTS, amount, day
from wisebook_ml.cli.show import glued, put, reading_console, show_detections
from wisebook_ml.controls.texts import count_en
from wisebook_ml.demo.cash import CashSeen
from wisebook_ml.treasury.plot_texts import days_text

__all__ = ["cash_json", "show_cash"]

AHEAD = (7, 30, 90)
"""Days ahead that are told."""

SHOWN = 2
"""Detections that are shown: the most serious."""


def show_cash(cash: CashSeen, console: Console, lang: str) -> None:
    """Print what the topics told of a company's cash."""
    console.print(f"\n[bold]Cash of company {cash.societe_id} in {cash.devise}[/bold]")
    said = count_en(cash.positions, "position", "positions")
    accounts = count_en(cash.accounts, "account", "accounts")
    source = "derived from the cash accounts of the ledger" if cash.derived else "as its bank reports them"
    console.print(
        f"  {said} of {accounts} until {cash.until.isoformat()} ({source}); after each day a forecast of the next 90, "
        f"{cash.forecasts:,} in all"
    )
    if cash.balance is None:
        console.print(
            "  no forecast: there is too little history for one, or nothing moves (log of the treasury worker)"
        )
    else:
        put(reading_console(), _table(cash.balance, cash.until, lang))
    warning = cash.warning
    counts = _counts(cash)
    if counts:
        told = ", ".join(f"{number} {code}" for code, number in counts.items())
        console.print(f"  {count_en(len(cash.detections), 'open detection', 'open detections')}: {told}")
    elif cash.balance is not None:
        console.print("  no day was unlike its forecast")
    shown = [one for one in cash.detections if one is not warning][:SHOWN]
    if warning is not None:
        shown.insert(0, warning)
        console.print("  [bold red]liquidity warning[/bold red], an alert on `alerts`, too:")
    if shown:
        show_detections(shown, {}, lang)
    if warning is None and cash.balance is not None:
        console.print("  no liquidity warning: the balance will probably stay above zero for the next 90 days")


def cash_json(cash: CashSeen) -> dict[str, object]:
    """Return the same as one JSON object, with the whole forecast as it stands on its topic."""
    warning = cash.warning
    return {
        "societe_id": cash.societe_id,
        "devise": cash.devise,
        "positions": cash.positions,
        "accounts": cash.accounts,
        "until": cash.until.isoformat(),
        "derived": cash.derived,
        "forecasts": cash.forecasts,
        "balance": [
            {"days": ahead, "date": date.isoformat(), "expected": value, "interval_80": [low, high]}
            for ahead, date, value, low, high in ([] if cash.balance is None else _ahead(cash.balance, cash.until))
        ],
        "prediction": None if cash.balance is None else msgspec.to_builtins(cash.balance),
        "detections": _counts(cash),
        "most_serious": msgspec.to_builtins(cash.detections[:SHOWN]),
        "liquidity_warning": None if warning is None else msgspec.to_builtins(warning),
        "alerts": msgspec.to_builtins(cash.alerts),
    }


def _table(balance: Prediction, until: dt.date, lang: str) -> Table:
    said = TEXTS[lang]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, head in enumerate(said["horizons"][:4]):
        table.add_column(head, justify="left" if at < 2 else "right")
    for ahead, date, value, low, high in _ahead(balance, until):
        table.add_row(
            days_text(ahead, lang),
            day(date, lang),
            glued(amount(value, lang)),
            glued(f"{amount(low, lang)} {'et' if lang == 'fr' else 'and'} {amount(high, lang)}"),
        )
    return table


def _ahead(balance: Prediction, until: dt.date) -> Iterator[tuple[int, dt.date, float, float, float]]:
    """Yield days ahead, date, expected balance and the bounds of its 80 % interval."""
    for ahead in AHEAD:
        date = until + dt.timedelta(days=ahead)
        key = date.isoformat()
        if key in balance.valeurs:
            yield ahead, date, balance.valeurs[key], balance.bas[key], balance.haut[key]


def _counts(cash: CashSeen) -> dict[str, int]:
    """Return how many detections have which main reason, the most frequent first."""
    counts: Counter[CodeMotif] = Counter(one.motifs[0].code for one in cash.detections)
    return {code.value: count for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0].value))}
