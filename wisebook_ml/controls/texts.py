"""How figures read to an accountant, in French and in English."""

import datetime as dt

__all__ = ["date_en", "date_fr", "euros_en", "euros_fr", "number_fr"]

NARROW_SPACE = "\u202f"
"""French groups digits with a narrow no-break space, and sets one before the euro sign."""


def euros_fr(cents: int) -> str:
    """Return an amount as a French reader writes it.

    Examples
    --------
    >>> euros_fr(-123456789).replace(NARROW_SPACE, " ")
    '-1 234 567,89 €'
    """
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", NARROW_SPACE)
    return f"{'-' if cents < 0 else ''}{grouped},{rest:02d}{NARROW_SPACE}€"


def euros_en(cents: int) -> str:
    """Return an amount as an English reader writes it.

    Examples
    --------
    >>> euros_en(-123456789)
    '-€1,234,567.89'
    """
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}€{whole:,}.{rest:02d}"


def number_fr(value: float, decimals: int = 1) -> str:
    """Return a number with a decimal comma."""
    return f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")


def date_fr(day: dt.date) -> str:
    """Return a date as 31/12/2024."""
    return f"{day:%d/%m/%Y}"


def date_en(day: dt.date) -> str:
    """Return a date as 2024-12-31."""
    return day.isoformat()
