"""``wisebook-ml treasury``: what a company will have in the bank, and what it would have under a scenario."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from threadpoolctl import threadpool_limits

from wisebook_ml.cli.cash_files import cash_from_files
from wisebook_ml.cli.cash_tables import Stated, scenario_json, show_forecast, show_scenario
from wisebook_ml.cli.cash_texts import TEXTS, amount
from wisebook_ml.cli.cash_texts import day as day_text
from wisebook_ml.cli.scenario_changes import FLOW, INVEST, LATE, LOAN, Late
from wisebook_ml.cli.show import show_rejected
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import SettingsStore, StorageError, open_database
from wisebook_ml.treasury.books.open_items import expected_payments, open_items, usual_delays
from wisebook_ml.treasury.exceptions import TreasuryError
from wisebook_ml.treasury.forecasting.forecast import HORIZON, Forecast
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.models import DEFAULT
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.late import late_payment
from wisebook_ml.treasury.plot import draw_forecast
from wisebook_ml.treasury.plot_texts import days_text
from wisebook_ml.treasury.report import forecast_json, models_json
from wisebook_ml.treasury.rules import USUAL, Rules
from wisebook_ml.treasury.scenarios import Change, LatePayment, apply
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries
from wisebook_ml.treasury_desk.rules import rules_of
from wisebook_ml.treasury_desk.source import Cash, cash_from_topics, series_of

__all__ = ["treasury"]

DONE, SOME_REFUSED = 0, 1

SLOW = ("prophet", "lstm")
"""Candidates that take minutes, and the extra `train`."""

THREADS = 1
"""Of each library: the trees are so small that threads spend their time waiting for each other, several times what the
work takes where other processes want the cores too."""

LONG_REST = 10
"""Days without any movement that are nothing odd: a bank holiday and the days around it."""

PICTURES = frozenset({".png", ".svg", ".pdf"})

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

F = TypeVar("F", bound=Callable[..., None])


def _common(command: F) -> F:
    """Add what both commands are told: where the cash is read from, and how the forecast is shown."""
    options = [
        click.argument("societe", type=click.IntRange(min=1)),
        click.option("--file", type=FILE, help="Positions: CSV or JSON Lines, as `publish treasury` takes them."),
        click.option("--ledger", type=FILE, help="Books: a FEC or entry events (.jsonl)."),
        click.option(
            "--horizon", type=click.IntRange(1, HORIZON), default=HORIZON, show_default=True, help="Days ahead."
        ),
        click.option(
            "--plancher", type=float, help="Floor that the balance should not pass; by default what is set, or 0."
        ),
        click.option("--devise", default="EUR", show_default=True, help="Currency; the others are left out."),
        click.option("--compte", default=ALL_ACCOUNTS, help="One bank account; by default all of the currency."),
        click.option("--country", help="Whose public holidays the company keeps; by default what is set, or FR."),
        click.option(
            "--with", "slow", type=click.Choice(SLOW), multiple=True, help="Candidates besides; they take minutes."
        ),
        click.option(
            "--by", type=click.Choice(["week", "month"]), default="week", show_default=True, help="Rows of the table."
        ),
        click.option(
            "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into a .png, .svg or .pdf."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every day."),
        click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Language."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def treasury() -> None:
    """Forecast a company's cash, also under stated changes."""


@treasury.command()
@_common
@click.pass_context
def forecast(
    context: click.Context, societe: int, file: Path | None, ledger: Path | None, horizon: int, plancher: float | None,
    devise: str, compte: str, country: str | None, slow: tuple[str, ...], by: str, plot: Path | None, as_json: bool,
    lang: str,
) -> None:  # fmt: skip
    """Forecast the cash of company SOCIETE: balance, in- and outflows, and the risk of passing a floor.

    Positions are read from the topic, or from --file. A company without any has them derived from its books (the topic
    of entries, or --ledger). What the books have open (customers and suppliers that are not settled) is part of the
    forecast, as far as it has foretold past days. Models compete on the company's own past, and none is taken that does
    not beat the best baseline. Exit status: 0; 1 if positions were refused (the forecast is made of the others), or if
    there is too little history for one, which is said.
    """
    _check(plot, plancher)
    with _errors(lang):
        cash = _cash(societe, file, ledger, lang)
        rules = _rules(societe, file, ledger)
        plancher, country = _stated(rules, devise, plancher, country)
        series, model, coming = _forecast(cash, devise, compte, country, slow, horizon, lang)
        if plot is not None:
            draw_forecast(series, coming, plot, plancher=plancher, lang=lang, fiscal=country == "FR")
    if as_json:
        told = forecast_json(series, coming, plancher, derived=cash.derived, probabilite_alerte=rules.probabilite) | {
            "modeles": models_json(model)
        }
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        show_forecast(series, model, coming, plancher, by=by, lang=lang, derived=cash.derived, seuil=rules.probabilite)
        _say_plot(plot, lang)
    context.exit(SOME_REFUSED if cash.rejected else DONE)


@treasury.command()
@_common
@click.option(
    "--late",
    type=LATE,
    multiple=True,
    help="A client pays so many days later; * is all of them, as far as they are not overdue yet.",
)
@click.option("--loan", type=LOAN, multiple=True, help="Money lent; RATE is percent a year. Instalments are monthly.")
@click.option("--invest", type=INVEST, multiple=True, help="Something bought, and what it brings a month.")
@click.option("--flow", type=FLOW, multiple=True, help="Anything else; what goes out is negative. Repeats are monthly.")
@click.pass_context
def scenario(
    context: click.Context, societe: int, file: Path | None, ledger: Path | None, horizon: int, plancher: float | None,
    devise: str, compte: str, country: str | None, slow: tuple[str, ...], by: str, plot: Path | None, as_json: bool,
    lang: str,
    late: tuple[Late, ...], loan: tuple[Change, ...], invest: tuple[Change, ...], flow: tuple[Change, ...],
) -> None:  # fmt: skip
    """Forecast the cash of company SOCIETE under stated changes, beside what is expected without them.

    Each change may be stated several times. What a client owes is read from the books (the topic of entries, or
    --ledger): open items of 411 accounts, on the day it usually pays. Exit status as that of `forecast`; 1 too if a
    change cannot be applied.
    """
    _check(plot, plancher)
    if not (late or loan or invest or flow):
        raise click.UsageError("state a change: --late, --loan, --invest or --flow")
    if late and file is not None and ledger is None:
        raise click.UsageError("--late needs the books for what the client owes: name them with --ledger")
    with _errors(lang):
        cash = _cash(societe, file, ledger, lang)
        rules = _rules(societe, file, ledger)
        plancher, country = _stated(rules, devise, plancher, country)
        series, _, coming = _forecast(cash, devise, compte, country, slow, horizon, lang)
        stated = [*_late(late, cash, series), *(Stated(change) for change in (*loan, *invest, *flow))]
        changed = apply(coming, [one.change for one in stated])
        if plot is not None:
            fiscal = country == "FR"
            draw_forecast(series, coming, plot, plancher=plancher, changed=changed, lang=lang, fiscal=fiscal)
    _say_doubts(stated, coming, lang)
    if as_json:
        told = scenario_json(series, coming, changed, stated, plancher, derived=cash.derived, seuil=rules.probabilite)
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        show_scenario(
            series, coming, changed, stated, plancher, by=by, lang=lang, derived=cash.derived, seuil=rules.probabilite
        )
        _say_plot(plot, lang)
    context.exit(SOME_REFUSED if cash.rejected else DONE)


@contextmanager
def _errors(lang: str) -> Iterator[None]:
    """Say what was wrong in a line, whatever part it came from."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise click.ClickException(str(TEXTS[lang]["needs_library"]).format(error.name)) from error
    except TreasuryError as error:
        raise click.ClickException(error.message(lang)) from error
    except (ConnectError, ReadError, MissingLibrary, OSError) as error:
        raise click.ClickException(str(error)) from error


def _check(plot: Path | None, plancher: float | None) -> None:
    """Find before minutes of work what would fail after them."""
    if plot is not None and plot.suffix.lower() not in PICTURES:
        raise click.BadParameter(f"{plot} ends in none of {', '.join(sorted(PICTURES))}", param_hint="--plot")
    if plot is not None and not plot.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {plot.absolute().parent}", param_hint="--plot")
    if plancher is not None and not abs(plancher) < float("inf"):
        raise click.BadParameter(f"{plancher} is no amount", param_hint="--plancher")


def _cash(societe: int, file: Path | None, ledger: Path | None, lang: str) -> Cash:
    if file is not None or ledger is not None:
        cash = cash_from_files(societe, file, ledger, lang)
    else:
        cash = cash_from_topics(societe, get_settings(), books=True, lang=lang)
    show_rejected(cash.rejected, lang)
    return cash


def _rules(societe: int, file: Path | None, ledger: Path | None) -> Rules:
    """Return what the company has set; files are of no deployment that would know."""
    if file is not None or ledger is not None:
        return USUAL
    try:
        return rules_of(SettingsStore(open_database(get_settings().sql_url)), societe)
    except StorageError as error:
        click.echo(f"the settings of company {societe} are left out: {error}", err=True)
        return USUAL


def _stated(rules: Rules, devise: str, plancher: float | None, country: str | None) -> tuple[float, str]:
    """Return floor and country: what is stated, else what is set."""
    return rules.floor(devise) if plancher is None else plancher, rules.pays if country is None else country


def _forecast(
    cash: Cash, devise: str, compte: str, country: str, slow: Sequence[str], horizon: int, lang: str
) -> tuple[DailySeries, TreasuryModel, Forecast]:
    """Return what is known, the model that was learnt from it, and what it expects."""
    series = series_of(cash, devise=devise, compte=compte)
    _say_rest(series, lang)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with (
            threadpool_limits(THREADS),
            Progress(*columns, console=Console(stderr=True), transient=True) as shown,
        ):
            task = shown.add_task("Comparing models", total=1.0)
            model = train(
                series,
                country=country,
                candidates=[*DEFAULT, *slow],
                progress=lambda share: shown.update(task, completed=share),
            )
    except TreasuryError:
        raise
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--country") from error
    return series, model, model.forecast(series, horizon)


def _late(late: Sequence[Late], cash: Cash, series: DailySeries) -> Iterator[Stated]:
    if not late:
        return
    day = series.last
    expected = expected_payments(open_items(cash.entries, day), usual_delays(cash.entries, day), day)
    for one in late:
        yield Stated(late_payment(*one, expected), one[0])


def _say_plot(plot: Path | None, lang: str) -> None:
    if plot is not None:
        click.echo(str(TEXTS[lang]["plot"]).format(plot))


def _say_doubts(stated: Sequence[Stated], coming: Forecast, lang: str) -> None:
    """Say which changes change nothing, and which take away what no forecast has."""
    end = coming.dates[-1]
    for one in stated:
        days = [day for day, _ in one.change.movements()]
        if min(days) > end:
            told = str(TEXTS[lang]["beyond"]).format(day=day_text(min(days), lang), end=day_text(end, lang))
            click.echo(told, err=True)
        elif isinstance(one.change, LatePayment):
            open_ = sum(payment.montant for payment in one.change.payments if payment.date <= end) / 100
            inflows = float(coming.entrees.mean.sum())
            if open_ > inflows:
                sums = (amount(value, lang, coming.devise) for value in (open_, inflows))
                click.echo(str(TEXTS[lang]["too_much"]).format(*sums), err=True)


def _say_rest(series: DailySeries, lang: str) -> None:
    """Say that nothing moved lately where something used to: a forecast goes on from what is known."""
    moved = np.flatnonzero(series.entrees | series.sorties)
    if not len(moved):
        return
    rest = len(series) - 1 - int(moved[-1])
    if rest > max(LONG_REST, int(np.diff(moved, prepend=moved[0]).max())):
        day = series.last - dt.timedelta(days=rest)
        click.echo(str(TEXTS[lang]["rest"]).format(day=day_text(day, lang), rest=days_text(rest, lang)), err=True)
