"""Errors as result lines: one a name, quantity and window, and the targets."""

from collections.abc import Mapping

from bench.evaluate.treasury.rolling import CHOSEN, FLOWS, WINDOWS, Errors
from bench.results import Results, line_of
from wisebook_ml.treasury.forecasting.conformal import COVERAGES
from wisebook_ml.treasury.forecasting.forecast import QUANTITIES

__all__ = ["pooled", "report", "report_targets"]

Table = Mapping[tuple[str, str, str], Errors]

UNDER_NAIVE, UNDER_BOOSTING = 0.35, 0.95
"""Largest error relative to the naive forecast, and to calendar boosting."""

TOLERANCE = 0.03
"""How far a coverage may be from what it says."""


def pooled(errors: Table, name: str, window: str) -> Errors:
    """Return the errors of both flows together."""
    whole = Errors()
    for flow in FLOWS:
        whole.add(errors[name, flow, window])
    return whole


def report(results: Results, prefix: str, errors: Table, details: Mapping[str, int]) -> None:
    """Add WAPE, MASE, pinball loss (relative to the mean size of a day) and coverage of all."""
    names = list(dict.fromkeys(name for name, _, _ in errors))
    for name in names:
        for window in WINDOWS:
            one = pooled(errors, name, window)
            line = line_of(
                f"{prefix}.{name}.wape.{window}",
                one.wape,
                "share",
                mase=one.scaled / max(one.days, 1),
                pinball=one.pinball / one.size if one.size else 0.0,
                days=one.days,
                entrees=errors[name, "entrees", window].wape,
                sorties=errors[name, "sorties", window].wape,
            )
            results.add({**line, **details})
    for quantity in QUANTITIES:
        for window in WINDOWS:
            one = errors[CHOSEN, quantity, window]
            for coverage in COVERAGES:
                share = one.inside[coverage] / max(one.days, 1)
                results.add(
                    line_of(
                        f"{prefix}.coverage_{round(100 * coverage)}.{quantity}.{window}",
                        share,
                        "share",
                        off=share - coverage,
                        within=abs(share - coverage) <= TOLERANCE,
                        of_open_days=one.open_inside[coverage] / max(one.open_days[coverage], 1.0),
                    )
                )


def report_targets(results: Results, prefix: str, errors: Table) -> None:
    """Add how the chosen forecast compares with each other one, and whether intervals hold over all flows."""
    for window in WINDOWS:
        ours = pooled(errors, CHOSEN, window).wape
        for name, limit in (("naive", UNDER_NAIVE), ("calendar_boosting", UNDER_BOOSTING), ("prophet", 1.0)):
            if (name, FLOWS[0], window) in errors:
                ratio = ours / pooled(errors, name, window).wape
                results.add(line_of(f"{prefix}.to_{name}.{window}", ratio, "x", at_most=limit, compared_with=name))
    for coverage in COVERAGES:
        one = pooled(errors, CHOSEN, "90d")
        off = abs(one.inside[coverage] / one.days - coverage)
        results.add(line_of(f"{prefix}.off_coverage_{round(100 * coverage)}", off, "share", at_most=TOLERANCE))
        one = errors[CHOSEN, "solde", "90d"]
        off = abs(one.inside[coverage] / one.days - coverage)
        results.add(line_of(f"{prefix}.off_coverage_{round(100 * coverage)}_balance", off, "share", at_most=TOLERANCE))
