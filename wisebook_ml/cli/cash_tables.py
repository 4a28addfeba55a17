"""A forecast of cash, and one under a scenario, as tables on a terminal and as JSON."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from wisebook_ml.cli.cash_texts import TEXTS, amount, counted, day, model_name, percent, signed
from wisebook_ml.cli.show import glued, put, reading_console
from wisebook_ml.controls.texts import number_fr
from wisebook_ml.treasury.forecasting.forecast import Expected, Forecast
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.late import EVERYONE
from wisebook_ml.treasury.liquidity import ALERT_PROBABILITY, Liquidity, liquidity
from wisebook_ml.treasury.plot_texts import MONTHS, days_text
from wisebook_ml.treasury.report import choices, forecast_json, gain_of
from wisebook_ml.treasury.scenarios import Change, Investment, LatePayment, Loan, Movement
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries

__all__ = ["Stated", "scenario_json", "show_forecast", "show_scenario"]

AHEAD = (7, 30, 90)
"""Days ahead that the first table tells."""

COVERAGES = (0.8, 0.95)


@dataclass(frozen=True, slots=True)
class Stated:
    """A change, and the name under which it was stated."""

    change: Change
    name: str = ""


def show_forecast(
    series: DailySeries,
    model: TreasuryModel,
    forecast: Forecast,
    plancher: float,
    *,
    by: str,
    lang: str,
    derived: bool,
    seuil: float = ALERT_PROBABILITY,
) -> None:
    """Print a forecast: the balance ahead, what comes and goes by week or month, the risk, and who says so."""
    console = reading_console()
    _head(console, series, forecast, lang, derived=derived)
    put(console, _horizons(forecast, lang))
    put(console, _flows(forecast, by, lang))
    _risk(console, liquidity(forecast, plancher, seuil), forecast, lang)
    put(console, _models(model, lang))


def show_scenario(
    series: DailySeries,
    forecast: Forecast,
    changed: Forecast,
    stated: Sequence[Stated],
    plancher: float,
    *,
    by: str,
    lang: str,
    derived: bool,
    seuil: float = ALERT_PROBABILITY,
) -> None:
    """Print a forecast beside the one under some changes."""
    console, said = reading_console(), TEXTS[lang]
    _head(console, series, forecast, lang, derived=derived)
    put(console, Text(f"\n{said['scenario']}", style="bold"))
    for one in stated:
        put(console, glued(f"  • {_told(one, forecast.devise, lang)}"))
    put(console, _compared(forecast, changed, lang))
    put(console, _effects(forecast, changed, by, lang))
    for name, either in (("before", forecast), ("after", changed)):
        put(console, Text(str(said[name]), style="bold"))
        _risk(console, liquidity(either, plancher, seuil), either, lang)


def _head(console: Console, series: DailySeries, forecast: Forecast, lang: str, *, derived: bool) -> None:
    said = TEXTS[lang]
    compte = said["accounts"] if series.compte == ALL_ACCOUNTS else str(said["account"]).format(series.compte)
    title = str(said["title"]).format(societe=series.societe_id, compte=compte, devise=series.devise)
    told = glued(title)
    told.stylize("bold")
    put(console, told)
    known = str(said["known"]).format(
        day=day(forecast.origin, lang),
        balance=amount(forecast.solde_initial, lang, forecast.devise),
        days=counted(len(series), "known_days", lang),
        first=day(series.first, lang),
        derived=said["derived"] if derived else "",
    )
    put(console, glued(known))


def _table(heads: Sequence[str], left: int = 1) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for at, head in enumerate(heads):
        table.add_column(head, justify="left" if at < left else "right")
    return table


def _between(expected: Expected, place: int, coverage: float, lang: str) -> Text:
    low, high = (float(bound[place]) for bound in expected.bounds[coverage])
    return glued(f"{amount(low, lang)} {'et' if lang == 'fr' else 'and'} {amount(high, lang)}")


def _places(forecast: Forecast) -> list[int]:
    """Return the days ahead that are told: a week, a month, a quarter, and the end where that is another."""
    return sorted({ahead for ahead in (*AHEAD, len(forecast)) if ahead <= len(forecast)})


def _horizons(forecast: Forecast, lang: str) -> RenderableType:
    table = _table(TEXTS[lang]["horizons"], left=2)
    for ahead in _places(forecast):
        table.add_row(
            days_text(ahead, lang),
            day(forecast.dates[ahead - 1], lang),
            glued(amount(float(forecast.solde.mean[ahead - 1]), lang)),
            *(_between(forecast.solde, ahead - 1, coverage, lang) for coverage in COVERAGES),
        )
    return table


def _periods(forecast: Forecast, by: str) -> Iterator[tuple[dt.date, list[int]]]:
    """Yield weeks or months: their first day, and the places of their days in the forecast."""

    def start(place: int) -> dt.date:
        date = forecast.dates[place]
        return date - dt.timedelta(days=date.weekday()) if by == "week" else date.replace(day=1)

    for first, places in groupby(range(len(forecast)), key=start):
        yield first, list(places)


def _period(first: dt.date, by: str, lang: str) -> str:
    if by == "week":
        return day(first, lang)
    return f"{MONTHS[lang][first.month - 1]} {first.year}"


def _flows(forecast: Forecast, by: str, lang: str) -> RenderableType:
    table = _table(TEXTS[lang][by])
    came, went = forecast.entrees.mean, forecast.sorties.mean
    for first, places in _periods(forecast, by):
        coming, going = float(came[places].sum()), float(went[places].sum())
        table.add_row(
            _period(first, by, lang),
            *(glued(amount(value, lang)) for value in (coming, going)),
            glued(signed(coming - going, lang)),
            glued(amount(float(forecast.solde.mean[places[-1]]), lang)),
            _between(forecast.solde, places[-1], COVERAGES[0], lang),
        )
    table.add_section()
    total = float(came.sum()), float(went.sum())
    table.add_row(
        str(TEXTS[lang]["total"]),
        *(glued(amount(one, lang)) for one in total),
        glued(signed(total[0] - total[1], lang)),
    )
    return table


def _risk(console: Console, dry: Liquidity, forecast: Forecast, lang: str) -> None:
    said, devise, when = TEXTS[lang], forecast.devise, dry.date()
    floor, days = amount(dry.plancher, lang, devise), days_text(len(forecast), lang)
    # It is a share of paths that were seen: none of them is not never.
    risk = percent(min(max(dry.probabilite, 0.001), 0.999), lang)
    if forecast.solde_initial < dry.plancher:
        text, style = str(said["under"]).format(floor=floor), "bold red"
    elif when is not None:
        ahead = days_text((when - dry.origin).days, lang)
        text = str(said["alert"]).format(floor=floor, day=day(when, lang), ahead=ahead, risk=risk, days=days)
        style = "bold red"
    else:
        text, style = str(said["safe"]).format(floor=floor, days=days, risk=risk), ""
    told = glued(text)
    told.stylize(style)
    put(console, told)
    put(console, glued(str(said["low"]).format(low=amount(dry.lowest, lang, devise), day=day(dry.lowest_date, lang))))


def _models(model: TreasuryModel, lang: str) -> RenderableType:
    table = _table(TEXTS[lang]["models"], left=3)
    for what, choice in choices(model):
        gain = gain_of(choice)
        better = TEXTS[lang]["reference"] if gain is None else str(TEXTS[lang]["better"]).format(percent(gain, lang))
        names = model_name(choice.names, lang), model_name((choice.baseline,), lang)
        table.add_row(str(TEXTS[lang][what]), *names, glued(str(better)))
    return table


def _compared(forecast: Forecast, changed: Forecast, lang: str) -> RenderableType:
    table = _table(TEXTS[lang]["compare"], left=2)
    for ahead in _places(forecast):
        before, after = (float(one.solde.mean[ahead - 1]) for one in (forecast, changed))
        table.add_row(
            days_text(ahead, lang),
            day(forecast.dates[ahead - 1], lang),
            *(glued(amount(value, lang)) for value in (before, after)),
            glued(signed(after - before, lang)),
            _between(changed.solde, ahead - 1, COVERAGES[0], lang),
        )
    return table


def _effects(forecast: Forecast, changed: Forecast, by: str, lang: str) -> RenderableType:
    table = _table(TEXTS[lang][f"effect_{by}"])
    for first, places in _periods(forecast, by):
        before, after = (float(one.solde.mean[places[-1]]) for one in (forecast, changed))
        texts = signed(after - before, lang), amount(before, lang), amount(after, lang)
        table.add_row(_period(first, by, lang), *map(glued, texts))
    return table


def _told(stated: Stated, devise: str, lang: str) -> str:
    """Return a change as a sentence."""
    said, change = TEXTS[lang], stated.change
    if isinstance(change, LatePayment):
        count = counted(len(change.payments), "payments", lang)
        total = amount(sum(payment.montant for payment in change.payments) / 100, lang, devise)
        overdue = sum(payment.montant for payment in change.payments if payment.en_retard) / 100
        if overdue:
            total += str(said["overdue"]).format(amount(overdue, lang, devise))
        form = str(said["late_all" if stated.name == EVERYONE else "late"])
        return form.format(client=stated.name, days=days_text(change.jours, lang), count=count, sum=total)
    if isinstance(change, Loan):
        rate = f"{number_fr(100 * change.taux, 2)}\u202f%" if lang == "fr" else f"{100 * change.taux:.2f} %"
        total = amount(change.montant, lang, devise)
        months = counted(change.mois, "instalments", lang)
        return str(said["loan"]).format(sum=total, day=day(change.date, lang), months=months, rate=rate)
    if isinstance(change, Investment):
        text = str(said["invest"]).format(sum=amount(change.montant, lang, devise), day=day(change.date, lang))
        if change.mois:
            months = counted(change.mois, "months", lang)
            text += str(said["brings"]).format(sum=amount(change.retours, lang, devise), months=months)
        return text
    assert isinstance(change, Movement)
    sign = "+" if change.montant > 0 else ""
    text = str(said["flow"]).format(sum=sign + amount(change.montant, lang, devise), day=day(change.date, lang))
    return text + (str(said["times"]).format(times=change.fois) if change.fois > 1 else "")


def scenario_json(
    series: DailySeries,
    forecast: Forecast,
    changed: Forecast,
    stated: Sequence[Stated],
    plancher: float,
    *,
    derived: bool,
    seuil: float = ALERT_PROBABILITY,
) -> dict[str, object]:
    """Return both forecasts, and what was stated."""
    return {
        "hypotheses": [_told(one, forecast.devise, "fr") for one in stated],
        "sans": forecast_json(series, forecast, plancher, derived=derived, probabilite_alerte=seuil),
        "avec": forecast_json(series, changed, plancher, derived=derived, probabilite_alerte=seuil),
    }
