"""Whose positions count: those of a company's banks, or those that were derived from its books; never both."""

import datetime as dt
from collections.abc import Sequence

from schemas import PositionTresorerie, SourcePosition
from wisebook_ml.treasury.positions import AHEAD

__all__ = ["prevailing"]


def prevailing(positions: Sequence[PositionTresorerie], today: dt.date) -> list[PositionTresorerie]:
    """Return the positions of one company that count: the banks', where there are any, else the derived ones.

    They are about the same money under account numbers that need not be the same, so they are never mixed. In the
    stream it is the first position of a bank from which on the derived ones no longer count (`state.py`). One of a
    day to come is refused there, so it replaces nothing here.
    """
    banks = [one for one in positions if one.source is SourcePosition.BANQUE]
    if any(one.date <= today + AHEAD for one in banks):
        return banks
    return [one for one in positions if one.source is SourcePosition.COMPTABILITE] or banks
