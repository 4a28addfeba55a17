"""Amounts and numbers as French and English readers write them; imports nothing, so that any role may tell figures."""

__all__ = ["NARROW_SPACE", "count_en", "count_fr", "euros_en", "euros_fr", "number_en", "number_fr"]

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
    """Return a number with a decimal comma.

    Examples
    --------
    >>> number_fr(0.25, 2), number_fr(1261, 0).replace(NARROW_SPACE, " ")
    ('0,25', '1 261')
    """
    return f"{value:,.{decimals}f}".replace(",", NARROW_SPACE).replace(".", ",")


def number_en(value: float, decimals: int = 1) -> str:
    """Return a number as an English reader writes it."""
    return f"{value:,.{decimals}f}"


def count_fr(count: int, one: str, many: str) -> str:
    """Return a number with its noun; none is singular in French.

    Examples
    --------
    >>> count_fr(0, "jour", "jours"), count_fr(3, "jour", "jours")
    ('0 jour', '3 jours')
    """
    return f"{number_fr(count, 0)} {one if count < 2 else many}"


def count_en(count: int, one: str, many: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count_en(0, "day", "days"), count_en(1, "day", "days")
    ('0 days', '1 day')
    """
    return f"{number_en(count, 0)} {one if count == 1 else many}"
